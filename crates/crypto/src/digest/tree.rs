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
            hkdf(master_key.expose(), salt, &[kind.label(), purpose], 32)
                .expect("32 bytes are within HKDF's limit")
        };
        Self {
            universal: derive(b"universal"),
            leaf: derive(b"leaf"),
            node: derive(b"node"),
        }
    }

    fn node(&self, level: u64, content: &[u8]) -> Digest {
        keyed(&self.node, &[&level.to_le_bytes(), content])
    }
}

/// Keyed BLAKE3 over the parts joined.
pub(super) fn keyed(key: &Secret, parts: &[&[u8]]) -> Digest {
    let mut hasher =
        blake3::Hasher::new_keyed(key.expose().first_chunk().expect("tree keys have 32 bytes"));
    for part in parts {
        hasher.update(part);
    }
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
        Self {
            key,
            levels: Vec::with_capacity(LEVELS),
            leaves: 0,
        }
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
            let fill = if open == 0 {
                0
            } else {
                rest.min(FANOUT_LEAVES.saturating_sub(open))
            };
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
        self.key.node(
            ROOT_LEVEL,
            &[&total_len, &leaves, top.as_flattened()].concat(),
        )
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
            self.levels.push(Level {
                zeros,
                open: Vec::with_capacity(FANOUT),
            });
        }
        self.levels.get_mut(level).expect("the level was just made")
    }
}
