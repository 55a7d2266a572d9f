//! The one loop through which all data goes: read, look for zeros, place, encrypt, digest, write.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use blobs::{Durability, PageBuffer, PartialFile};
use crypto::digest::{Digest, LeafHasher, TreeKey, ZERO_LEAF};
use crypto::sector::SectorCipher;

use crate::error::{EngineError, Result};
use crate::follow::Follower;
use crate::journal::Journal;
use crate::leaves::{LEAF_BYTES, LeafWriter};
use crate::observe::Meter;
use crate::read::SegmentReader;
use crate::segment::{Segment, Segmenter};
use crate::stack::{Layer, LayerCipher};
use crate::target::{Run, Target, Work, is_zero};
use crate::workers::each_segment;

/// Data between two checkpoints of a durable copy. A crash of the machine costs at most this
/// much work; more often would cost a flush each time.
const CHECKPOINT_BYTES: u64 = 2 << 30;

/// A tree that is being collected, and the key of its digests.
pub(crate) struct Tree {
    pub key: TreeKey,
    pub leaves: LeafWriter,
}

/// Everything that the workers share.
pub(crate) struct Pipeline<'a> {
    pub layers: Arc<Vec<Layer>>,
    pub target: &'a dyn Target,
    pub file: &'a PartialFile,
    /// How the target is encrypted; its sectors are numbered as the target's format says.
    pub cipher: Option<LayerCipher>,
    /// Digests of the guest's plaintext.
    pub guest_tree: Option<&'a Tree>,
    /// Digests of the file as written.
    pub file_tree: Option<&'a Tree>,
    pub journal: &'a Mutex<Journal>,
    /// Who hears of what is recorded.
    pub follower: Option<&'a dyn Follower>,
    /// Segments that an earlier run finished, ascending.
    pub done: Vec<u64>,
    /// Bytes per segment.
    pub pitch: u64,
    pub threads: usize,
    pub durability: Durability,
    /// Measures everything but the writes (benchmark only).
    pub null_sink: bool,
}

struct Worker {
    reader: SegmentReader,
    cipher: Option<SectorCipher>,
    guest: Option<LeafHasher>,
    file: Option<LeafHasher>,
    work: Work,
    digests: Vec<Digest>,
}

impl Pipeline<'_> {
    /// Copies every segment that is not done yet.
    pub(crate) fn run(&self, segments: Segmenter, meter: &Meter<'_>) -> Result<()> {
        let since_checkpoint = AtomicU64::new(0);
        each_segment(
            segments,
            self.threads,
            meter,
            || self.worker(),
            |worker, segment| {
                if self.done.binary_search(&segment.index).is_ok() {
                    return Ok(0);
                }
                let moved = self.copy(worker, segment)?;
                self.checkpoint_after(moved, &since_checkpoint)?;
                Ok(moved)
            },
        )
    }

    fn worker(&self) -> Result<Worker> {
        let cipher = match &self.cipher {
            Some(rule) => Some(SectorCipher::new(rule.kind, &rule.key).map_err(EngineError::crypto("data cipher"))?),
            None => None,
        };
        // One leaf more than a segment: the last leaf of a run is padded in place.
        let buffer = PageBuffer::zeroed((self.pitch + LEAF_BYTES) as usize);
        Ok(Worker {
            reader: SegmentReader::new(Arc::clone(&self.layers))?,
            cipher,
            guest: self.guest_tree.map(|tree| LeafHasher::new(&tree.key)),
            file: self.file_tree.map(|tree| LeafHasher::new(&tree.key)),
            work: Work { buffer, len: 0, data: Vec::new(), scratch: Vec::new() },
            digests: Vec::new(),
        })
    }

    fn copy(&self, worker: &mut Worker, segment: &Segment) -> Result<u64> {
        let unit = self.target.unit_bytes();
        let len = segment.len as usize;
        worker.work.len = segment.len.next_multiple_of(unit) as usize;
        let padded = worker.work.len.next_multiple_of(LEAF_BYTES as usize);
        worker.reader.fill(segment, &mut worker.work.buffer.bytes_mut()[..len])?;
        worker.work.buffer.bytes_mut()[len..padded].fill(0);
        worker.work.data = segment.data_leaves();
        if let (Some(tree), Some(hasher)) = (self.guest_tree, &mut worker.guest) {
            let bytes = &worker.work.buffer.bytes()[..len.next_multiple_of(LEAF_BYTES as usize)];
            digest_leaves(hasher, bytes, &worker.work.data, &mut worker.digests);
            tree.leaves.put(segment.guest / LEAF_BYTES, &worker.digests)?;
        }
        let placement = self.target.place(self.file, segment.index, &mut worker.work)?;
        let mut moved = 0;
        for run in &placement.runs {
            self.write(worker, run)?;
            moved += run.len as u64;
        }
        let done = &placement.done;
        self.journal.lock().expect("a worker that panics ends the process").append(done)?;
        if let Some(follower) = self.follower {
            follower.written(self.target.bytes_of(done.segment, done.host..done.host + done.host_len));
        }
        Ok(moved)
    }

    fn write(&self, worker: &mut Worker, run: &Run) -> Result<()> {
        let bytes = worker.work.buffer.bytes_mut();
        if let (Some(rule), Some(cipher)) = (&self.cipher, &mut worker.cipher) {
            let run_bytes = &mut bytes[run.start..run.start + run.len];
            cipher
                .encrypt(rule.sector_of(run.host), rule.sector_bytes, run_bytes)
                .map_err(EngineError::crypto("encryption"))?;
        }
        if let (Some(tree), Some(hasher)) = (self.file_tree, &mut worker.file) {
            let padded = run.start + run.len.next_multiple_of(LEAF_BYTES as usize);
            bytes[run.start + run.len..padded].fill(0);
            worker.digests.clear();
            worker
                .digests
                .extend(bytes[run.start..padded].chunks(LEAF_BYTES as usize).map(|leaf| digest_leaf(hasher, leaf)));
            tree.leaves.put(run.host / LEAF_BYTES, &worker.digests)?;
        }
        if self.null_sink {
            return Ok(());
        }
        let run_bytes = &bytes[run.start..run.start + run.len];
        let aligned = (run.start | run.len | run.host as usize).is_multiple_of(blobs::PAGE_BYTES);
        if aligned {
            self.file.write_blocks_at(run_bytes, run.host)?;
        } else {
            self.file.write_all_at(run_bytes, run.host)?;
        }
        Ok(())
    }

    /// The worker that crosses the line flushes; the others go on.
    fn checkpoint_after(&self, moved: u64, since: &AtomicU64) -> Result<()> {
        if self.durability == Durability::Cached {
            return Ok(());
        }
        let before = since.fetch_add(moved, Ordering::Relaxed);
        if before / CHECKPOINT_BYTES == (before + moved) / CHECKPOINT_BYTES {
            return Ok(());
        }
        // Held while flushing: what is recorded before the checkpoint is what the flush covers.
        let mut journal = self.journal.lock().expect("a worker that panics ends the process");
        for tree in [self.guest_tree, self.file_tree].into_iter().flatten() {
            tree.leaves.sync()?;
        }
        self.file.sync()?;
        journal.checkpoint()
    }
}

/// Digest of a whole leaf; one of zeros is not computed.
pub(crate) fn digest_leaf(hasher: &mut LeafHasher, leaf: &[u8]) -> Digest {
    if is_zero(leaf) { ZERO_LEAF } else { hasher.leaf(leaf) }
}

/// Digests of the leaves of a segment, of which only those in `data` are looked at.
pub(crate) fn digest_leaves(hasher: &mut LeafHasher, bytes: &[u8], data: &[bool], out: &mut Vec<Digest>) {
    out.clear();
    let leaves = bytes.chunks(LEAF_BYTES as usize).zip(data);
    out.extend(leaves.map(|(leaf, has_data)| if *has_data { digest_leaf(hasher, leaf) } else { ZERO_LEAF }));
}
