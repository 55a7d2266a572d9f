//! Whoever uses the bytes of a target while it is being made.

use std::ops::Range;

use blobs::PutAhead;

use crate::error::Result;
use crate::transfer::Surroundings;

/// Hears which bytes of a target are there for good: written, and recorded if the copy can be resumed. What a header or a table will
/// take is not told.
pub trait Follower: Sync {
    /// A run begins. `there`: what is there of earlier runs; of what they told, nothing else holds any more. `bytes_max`: how long the
    /// target becomes, as far as can be told.
    ///
    /// Errors: the system's, which end the copy.
    fn begin(&self, bytes_max: u64, there: &mut dyn Iterator<Item = Range<u64>>) -> blobs::Result<()>;

    /// These bytes are there now. Each of them is told once, by any worker.
    fn written(&self, range: Range<u64>);
}

impl Follower for PutAhead {
    fn begin(&self, bytes_max: u64, there: &mut dyn Iterator<Item = Range<u64>>) -> blobs::Result<()> {
        Self::begin(self, bytes_max, there)
    }

    fn written(&self, range: Range<u64>) {
        Self::written(self, range);
    }
}

impl Surroundings<'_> {
    /// Tells that nothing of the target is there yet.
    pub(crate) fn begin_anew(&self, bytes_max: u64) -> Result<()> {
        self.follower.map_or(Ok(()), |follower| Ok(follower.begin(bytes_max, &mut std::iter::empty())?))
    }
}

/// How long the target of a copy becomes at most: tables of the smallest clusters take 1/50 of the disk, LUKS headers 16 MiB; the rest is for
/// what interrupted runs left unused.
pub(crate) fn target_bytes_max(disk_bytes: u64) -> u64 {
    disk_bytes.saturating_add(disk_bytes / 32).saturating_add(64 << 20)
}
