//! From leaf digests to a root, with memory for one node a level.

use crate::kdf::hkdf;
use crate::secret::Secret;

use super::{Digest, ZERO_LEAF};

/// Children of a node: 4 KiB of digests.
const FANOUT: usize = 128;

/// The same, for counting leaves.
const FANOUT_LEAVES: u64 = FANOUT as u64;

/// Levels of nodes above the leaves: 128^10 is more than the 2^64 leaves that can be counted.
const LEVELS: usize = 10;

/// Stands for the level in the root's input: no node has it.
const ROOT_LEVEL: u64 = u64::MAX;

/// What a tree is over. Trees of different kinds have unrelated digests under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeKind {
    /// The file as it is stored.
    File,
    /// The plaintext that a guest sees.
    Guest,
}

impl TreeKind {
    fn label(self) -> &'static [u8] {
        match self {
            Self::File => b"reseal tree v1 file\0",
            Self::Guest => b"reseal tree v1 guest\0",
        }
    }
}

/// Keys of one tree: without them nobody can compute or check a digest, or learn from one whether
/// two leaves of different images are equal.
pub struct TreeKey {
    pub(super) universal: Secret,
    pub(super) leaf: Secret,
    node: Secret,
}

impl TreeKey {
    /// Derives the keys of the tree `kind` from `master_key`, a data key.
    ///
    /// `salt`: bytes that make trees of the same data key unrelated; empty if they shall be comparable.
    #[must_use]
    pub fn derive(master_key: &Secret, kind: TreeKind, salt: &[u8]) -> Self {
        let derive = |purpose: &[u8]| {
            hkdf(master_key.expose(), salt, &[kind.label(), purpose], 32).expect("32 bytes are within HKDF's limit")
        };
        Self { universal: derive(b"universal"), leaf: derive(b"leaf"), node: derive(b"node") }
    }

    /// The level and its content in one piece, so that BLAKE3 takes all of its chunks side by side.
    fn node(&self, level: u64, content: &[u8]) -> Digest {
        keyed(&self.node, &[&level.to_le_bytes(), content].concat())
    }
}

/// Keyed BLAKE3.
pub(super) fn keyed(key: &Secret, input: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new_keyed(key.expose().first_chunk().expect("tree keys have 32 bytes"));
    hasher.update(input);
    let digest = *hasher.finalize().as_bytes();
    zeroize::Zeroize::zeroize(&mut hasher);
    digest
}

/// Computes a root from leaf digests that come in order.
///
/// Memory: 4 KiB a level that is in use.
pub struct TreeBuilder<'a> {
    key: &'a TreeKey,
    levels: Vec<Level>,
    leaves: u64,
}

struct Level {
    /// Digest of a whole subtree of zero leaves at this level.
    zeros: Digest,
    /// Children of the node that is being filled: fewer than 128 between calls.
    open: Vec<Digest>,
}

impl<'a> TreeBuilder<'a> {
    /// A builder without leaves.
    #[must_use]
    pub fn new(key: &'a TreeKey) -> Self {
        Self { key, levels: Vec::with_capacity(LEVELS), leaves: 0 }
    }

    /// Adds the next leaf. [`ZERO_LEAF`] is a leaf of zeros, as [`TreeBuilder::push_zeros`] adds them.
    pub fn push(&mut self, leaf: &Digest) {
        self.leaves = self.leaves.saturating_add(1);
        self.add(0, *leaf);
    }

    /// Adds `count` leaves of zeros, in time that grows with the logarithm of `count`.
    pub fn push_zeros(&mut self, count: u64) {
        self.leaves = self.leaves.saturating_add(count);
        let mut rest = count;
        let mut level = 0;
        // Up: fill the open node of each level, then go on with whole nodes one level higher.
        let mut tails = Vec::with_capacity(LEVELS);
        while rest > 0 {
            let open = self.level(level).open.len() as u64;
            let fill = if open == 0 { 0 } else { rest.min(FANOUT_LEAVES.saturating_sub(open)) };
            self.add_zeros(level, fill);
            rest = rest.saturating_sub(fill);
            tails.push((level, rest % FANOUT_LEAVES));
            rest /= FANOUT_LEAVES;
            level = level.saturating_add(1);
        }
        // Down: what did not fill a node, largest subtrees first.
        for (level, count) in tails.into_iter().rev() {
            self.add_zeros(level, count);
        }
    }

    /// The root over all leaves, which hold `total_len` bytes.
    #[must_use]
    pub fn finish(mut self, total_len: u64) -> Digest {
        let mut top = Vec::new();
        let mut level = 0;
        while level < self.levels.len() {
            let open = std::mem::take(&mut self.level(level).open);
            let highest = level.saturating_add(1) == self.levels.len();
            match open.as_slice() {
                [] => {}
                [single] if highest => top = vec![*single],
                children => {
                    let node = self.key.node(level as u64, children.as_flattened());
                    self.add(level.saturating_add(1), node);
                }
            }
            level = level.saturating_add(1);
        }
        let [total_len, leaves] = [total_len, self.leaves].map(u64::to_le_bytes);
        self.key.node(ROOT_LEVEL, &[&total_len, &leaves, top.as_flattened()].concat())
    }

    fn add_zeros(&mut self, level: usize, count: u64) {
        let zeros = self.level(level).zeros;
        for _ in 0..count {
            self.add(level, zeros);
        }
    }

    /// Adds a child to the open node at `level`, and the node to the level above when it is full.
    fn add(&mut self, mut level: usize, mut digest: Digest) {
        loop {
            let key = self.key;
            let open = &mut self.level(level).open;
            open.push(digest);
            if open.len() < FANOUT {
                return;
            }
            digest = key.node(level as u64, open.as_flattened());
            open.clear();
            level = level.saturating_add(1);
        }
    }

    fn level(&mut self, level: usize) -> &mut Level {
        while self.levels.len() <= level {
            let zeros = match self.levels.last() {
                None => ZERO_LEAF,
                Some(below) => {
                    let height = self.levels.len().saturating_sub(1) as u64;
                    self.key.node(height, [below.zeros; FANOUT].as_flattened())
                }
            };
            self.levels.push(Level { zeros, open: Vec::with_capacity(FANOUT) });
        }
        self.levels.get_mut(level).expect("the level was just made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TreeKey {
        TreeKey::derive(&Secret::copy_of(&[9; 32]), TreeKind::Guest, b"")
    }

    fn leaf(i: u64) -> Digest {
        let mut digest = [0xa5; 32];
        digest[..8].copy_from_slice(&i.to_le_bytes());
        digest
    }

    /// The definition, written down without streaming: groups of 128, level by level.
    fn defined(key: &TreeKey, leaves: &[Digest], total_len: u64) -> Digest {
        let mut row = leaves.to_vec();
        let mut level = 0;
        while row.len() > 1 {
            row = row.chunks(FANOUT).map(|children| key.node(level, children.as_flattened())).collect();
            level += 1;
        }
        let lengths = [total_len, leaves.len() as u64].map(u64::to_le_bytes);
        key.node(ROOT_LEVEL, &[lengths.as_flattened(), row.as_flattened()].concat())
    }

    /// Streaming gives the root of the definition for every shape around the borders of nodes.
    #[test]
    fn streamed_root_is_the_defined_root() {
        let key = key();
        for count in [0, 1, 2, 127, 128, 129, 255, 256, 257, 16_383, 16_384, 16_385, 20_000] {
            let leaves: Vec<Digest> = (0..count).map(leaf).collect();
            let mut builder = TreeBuilder::new(&key);
            leaves.iter().for_each(|leaf| builder.push(leaf));
            assert_eq!(builder.finish(count * 65_536), defined(&key, &leaves, count * 65_536), "{count} leaves");
        }
    }

    /// Runs of zeros give the root that the same leaves give one by one, wherever they begin and end.
    #[test]
    fn zero_runs_equal_single_zero_leaves() {
        let key = key();
        let runs: [&[(u64, u64)]; 8] = [
            // Leaves with data, then zero leaves, and so on.
            &[(0, 5)],
            &[(0, 128)],
            &[(1, 127), (1, 128)],
            &[(0, 16_384), (1, 0)],
            &[(100, 16_384), (28, 129)],
            &[(3, 40_000), (2, 1)],
            &[(128, 16_384 - 128), (0, 16_384), (1, 300)],
            &[(127, 1), (0, 127), (1, 20_000), (0, 20_000), (5, 7)],
        ];
        for run in runs {
            let (mut fast, mut slow) = (TreeBuilder::new(&key), TreeBuilder::new(&key));
            for &(data, zeros) in run {
                for i in 0..data {
                    fast.push(&leaf(i));
                    slow.push(&leaf(i));
                }
                fast.push_zeros(zeros);
                (0..zeros).for_each(|_| slow.push(&ZERO_LEAF));
            }
            assert_eq!(fast.finish(1), slow.finish(1), "{run:?}");
        }
    }

    /// The largest runs end at once: 2^64 leaves cost some thousand hashes.
    #[test]
    fn enormous_zero_runs_are_cheap() {
        let key = key();
        let roots = [u64::MAX, u64::MAX - 1, 1 << 50].map(|count| {
            let mut builder = TreeBuilder::new(&key);
            builder.push_zeros(count);
            assert!(builder.levels.len() <= LEVELS, "{} levels", builder.levels.len());
            builder.finish(u64::MAX)
        });
        assert!(roots[0] != roots[1] && roots[1] != roots[2]);
    }

    /// Order, position, number and length are bound, and a node does not pass for a leaf.
    #[test]
    fn a_root_binds_order_position_count_and_length() {
        let key = key();
        let root = |leaves: &[Digest], total_len| {
            let mut builder = TreeBuilder::new(&key);
            leaves.iter().for_each(|leaf| builder.push(leaf));
            builder.finish(total_len)
        };
        let (a, b) = (leaf(1), leaf(2));
        let node = key.node(0, [a, b].as_flattened());
        let mut roots = vec![
            root(&[], 10),
            root(&[a], 10),
            root(&[b], 10),
            root(&[a, b], 10),
            root(&[b, a], 10),
            root(&[a, b], 11),
            root(&[a, ZERO_LEAF, b], 10),
            root(&[ZERO_LEAF, a, b], 10),
            root(&[a, b, ZERO_LEAF], 10),
            root(&[ZERO_LEAF], 10),
            root(&[node], 10),
        ];
        let count = roots.len();
        roots.sort_unstable();
        roots.dedup();
        assert_eq!(roots.len(), count, "two different trees have the same root");
    }

    /// Kinds, salts and data keys give unrelated trees; the same three give the same.
    #[test]
    fn trees_of_different_keys_are_unrelated() {
        let root = |data_key: u8, kind, salt: &[u8]| {
            let key = TreeKey::derive(&Secret::copy_of(&[data_key; 32]), kind, salt);
            TreeBuilder::new(&key).finish(0)
        };
        let base = root(1, TreeKind::File, b"s");
        assert_eq!(base, root(1, TreeKind::File, b"s"));
        for other in [root(1, TreeKind::Guest, b"s"), root(1, TreeKind::File, b"t"), root(2, TreeKind::File, b"s")] {
            assert_ne!(base, other);
        }
    }
}
