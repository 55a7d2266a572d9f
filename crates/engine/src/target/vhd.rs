use std::sync::atomic::{AtomicU32, Ordering};

use blobs::PartialFile;
use formats::FormatError;
use formats::vhd::{BLOCK_BYTES_DEFAULT, DynamicHeader, Footer, Layout, TIME_ZERO_UNIX_SECS};
use uuid::Uuid;

use super::flat::data_runs;
use super::{ByteRange, Finished, Placement, Run, Tail, Target, Work};
use crate::error::{EngineError, Result};
use crate::journal::{Done, Records};

/// Entries of the block allocation table that are in memory at once.
const WINDOW_ENTRIES: u32 = 16 << 10;

/// A dynamic VHD: one block a segment, in the order in which they come.
pub(crate) struct VhdDynamic {
    layout: Layout,
    footer: Footer,
    /// Blocks taken so far.
    next: AtomicU32,
}

/// What tells one VHD from another.
#[derive(Clone, Copy)]
pub(crate) struct VhdIdentity {
    pub uuid: Uuid,
    pub unix_seconds: u64,
}

impl VhdIdentity {
    fn timestamp(self) -> u32 {
        u32::try_from(self.unix_seconds.saturating_sub(TIME_ZERO_UNIX_SECS)).unwrap_or(u32::MAX)
    }
}

/// The footer of a fixed VHD.
pub(crate) fn fixed_footer(virtual_size: u64, identity: VhdIdentity) -> Result<Vec<u8>> {
    let footer = Footer::fixed(virtual_size, identity.uuid, identity.timestamp()).map_err(|e| unsuitable(&e))?;
    Ok(footer.encode().to_vec())
}

impl VhdDynamic {
    /// Bytes per block, and so per segment.
    pub(crate) const BLOCK_BYTES: u64 = BLOCK_BYTES_DEFAULT as u64;

    pub(crate) fn new(virtual_size: u64, identity: VhdIdentity) -> Result<Self> {
        let layout = Layout::dynamic(virtual_size, BLOCK_BYTES_DEFAULT).map_err(|e| unsuitable(&e))?;
        let footer = Footer::dynamic(virtual_size, identity.uuid, identity.timestamp()).map_err(|e| unsuitable(&e))?;
        Ok(Self { layout, footer, next: AtomicU32::new(0) })
    }

    /// Writes the table of which block of the disk is where.
    fn write_table(&self, file: &PartialFile, records: &Records<'_>) -> Result<()> {
        let entries = (self.layout.bat_bytes() / 4) as u32;
        let mut found = records.iter().peekable();
        for first in (0..entries).step_by(WINDOW_ENTRIES as usize) {
            let mut window = vec![None; (entries - first).min(WINDOW_ENTRIES) as usize];
            while let Some(done) = found.next_if(|done| {
                done.as_ref().map_or(true, |done| done.segment < u64::from(first) + window.len() as u64)
            }) {
                let done = done?;
                if let Some(nth) = done.entries.first() {
                    window[(done.segment - u64::from(first)) as usize] = Some(*nth as u32);
                }
            }
            let bytes = self.layout.encode_bat_window(&window);
            file.write_all_at(&bytes, self.layout.bat_offset + u64::from(first) * 4)?;
        }
        Ok(())
    }
}

impl Target for VhdDynamic {
    fn unit_bytes(&self) -> u64 {
        512
    }

    fn place(&self, _file: &PartialFile, segment: u64, work: &mut Work) -> Result<Placement> {
        let block = Self::BLOCK_BYTES as usize;
        let mut runs = data_runs(work, work.len, 0);
        if runs.is_empty() {
            return Ok(Placement { runs, done: Done { segment, host: 0, host_len: 0, entries: Vec::new() } });
        }
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        for run in &mut runs {
            run.host += self.layout.data_offset(nth);
        }
        // The bitmap stands before the data in the file, and behind it in the buffer.
        let bitmap = self.layout.bitmap();
        work.buffer.bytes_mut()[block..block + bitmap.len()].copy_from_slice(&bitmap);
        let host = self.layout.bitmap_offset(nth);
        runs.push(Run { start: block, len: bitmap.len(), host });
        let host_len = bitmap.len() as u64 + Self::BLOCK_BYTES;
        Ok(Placement { runs, done: Done { segment, host, host_len, entries: vec![u64::from(nth)] } })
    }

    fn resume_after(&self, file: &PartialFile, end: u64) -> Result<()> {
        // Only what is not zero is written into a block: what an unrecorded one left behind must go.
        file.set_len(end)?;
        // Unrecorded blocks before the last recorded one stay unused: the table does not name them.
        let first = self.layout.data_offset(0);
        let stride = self.layout.data_offset(1) - first;
        let taken = end.saturating_sub(first).div_ceil(stride);
        self.next.store(u32::try_from(taken).unwrap_or(u32::MAX), Ordering::Relaxed);
        Ok(())
    }

    fn finish(&self, file: &PartialFile, records: &Records<'_>) -> Result<Finished> {
        let blocks = self.next.load(Ordering::Relaxed);
        self.write_table(file, records)?;
        let file_len = self.layout.file_len(blocks);
        file.set_len(file_len)?;
        file.write_all_at(&self.footer.encode(), self.layout.footer_offset(blocks))?;
        let table = ByteRange { offset: self.layout.bat_offset, len: self.layout.bat_bytes() };
        Ok(Finished { file_len, tables: vec![table], gaps: Vec::new(), tail: Tail::None })
    }

    fn header(&self, _finished: &Finished, _envelope: Option<&[u8]>) -> Result<(Vec<u8>, Option<u64>)> {
        let mut header = self.footer.encode().to_vec();
        header.extend_from_slice(&DynamicHeader::of(&self.layout).encode());
        Ok((header, None))
    }
}

fn unsuitable(error: &FormatError) -> EngineError {
    EngineError::Unsuitable(error.to_string())
}
