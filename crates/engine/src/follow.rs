//! Whoever uses the bytes of a target while it is being made.

use std::ops::Range;

use blobs::PutAhead;

use crate::error::Result;
use crate::stack::Layer;
use crate::transfer::Surroundings;

/// Hears which bytes of a target are there for good: written, and recorded if the copy can be resumed. What a header or a table will
/// take is not told.
pub trait Follower: Sync {
    /// A run begins. `there`: what is there of earlier runs; of what they told, nothing else holds any more. `bytes`: how long the
    /// target becomes, about.
    ///
    /// Errors: the system's, which end the copy.
    fn begin(&self, bytes: u64, there: &mut dyn Iterator<Item = Range<u64>>) -> blobs::Result<()>;

    /// These bytes are there now. Each of them is told once, by any worker.
    fn written(&self, range: Range<u64>);
}

impl Follower for PutAhead {
    fn begin(&self, bytes: u64, there: &mut dyn Iterator<Item = Range<u64>>) -> blobs::Result<()> {
        Self::begin(self, bytes, there)
    }

    fn written(&self, range: Range<u64>) {
        Self::written(self, range);
    }
}

impl Surroundings<'_> {
    /// Tells that nothing of the target is there yet.
    pub(crate) fn begin_anew(&self, bytes: u64) -> Result<()> {
        self.follower.map_or(Ok(()), |follower| Ok(follower.begin(bytes, &mut std::iter::empty())?))
    }
}

/// Data that comes out of a compressed file is seldom more than this many times as long.
const EXPANSION: u64 = 4;

/// About how long the target of a copy becomes: it follows the data, not the disk. Tables of the smallest clusters take 1/50 of it, LUKS headers
/// 16 MiB; the rest is for what interrupted runs left unused.
pub(crate) fn target_bytes(layers: &[Layer]) -> Result<u64> {
    let files = layers.iter().flat_map(|layer| [Some(&*layer.file), layer.data_file.as_ref()]).flatten();
    let mut data = 0u64;
    for file in files {
        data = data.saturating_add(file.allocated_bytes()?);
    }
    let bytes = data.saturating_mul(EXPANSION).min(layers[0].virtual_size);
    Ok(bytes.saturating_add(bytes / 32).saturating_add(64 << 20))
}
