use std::ops::Range;
use std::sync::Arc;

use blobs::{PartialFile, SourceFile};

use super::{Finished, Placement, Run, Tail, Target, Work};
use crate::error::Result;
use crate::journal::{Done, Records};

/// Granularity of holes in a raw file: a file system block.
const HOLE_BYTES: usize = 4096;

/// When a file gets its blocks.
pub(crate) enum Blocks {
    /// All of them before anything is written.
    Whole,
    /// Those of the data of this file, which is copied byte for byte, before anything is written: workers that each ask for blocks wait for
    /// each other's writes.
    Of(Arc<SourceFile>),
    /// Each run's just before it is written.
    AsWritten,
}

/// Shortest run of a file with holes that gets its blocks beforehand. A file system that has them takes buffered writes almost
/// twice as fast (../shared/perf.md A1); for less than this the extra call costs what it saves.
const RESERVE_BYTES_MIN: usize = 128 << 10;

/// The disk one to one at a fixed place of the file: raw, raw LUKS, fixed VHD.
pub(crate) struct Flat {
    /// First byte of the disk in the file.
    pub start: u64,
    /// Bytes of the disk.
    pub virtual_size: u64,
    /// Bytes per segment.
    pub pitch: u64,
    /// Write everything, zeros too: a hole in a LUKS payload decrypts to noise.
    pub dense: bool,
    /// When the file gets its blocks; a dense one gets all beforehand.
    pub blocks: Blocks,
    /// What follows the disk: the VHD footer.
    pub footer: Vec<u8>,
}

impl Target for Flat {
    fn unit_bytes(&self) -> u64 {
        HOLE_BYTES as u64
    }

    fn writes_zeros(&self) -> bool {
        self.dense
    }

    fn prepare(&self, file: &PartialFile) -> Result<()> {
        match &self.blocks {
            Blocks::Of(source) => reserve_data_of(source, file),
            Blocks::AsWritten if !self.dense => Ok(()),
            _ => Ok(file.reserve(0, self.start + self.virtual_size + self.footer.len() as u64).map(drop)?),
        }
    }

    fn place(&self, file: &PartialFile, segment: u64, work: &mut Work) -> Result<Placement> {
        let host = self.start + segment * self.pitch;
        // The last segment was padded to whole units; the file ends where the disk ends.
        let len = (work.len as u64).min(self.virtual_size - segment * self.pitch) as usize;
        let runs = if self.dense {
            vec![Run { start: 0, len, host }]
        } else {
            let runs = data_runs(work, len, host);
            if matches!(self.blocks, Blocks::AsWritten) {
                reserve(file, &runs)?;
            }
            runs
        };
        Ok(Placement { runs, done: Done { segment, host: 0, host_len: 0, entries: Vec::new() } })
    }

    fn resume_after(&self, _file: &PartialFile, _end: u64) -> Result<()> {
        Ok(())
    }

    fn bytes_of(&self, segment: u64, _taken: Range<u64>) -> Range<u64> {
        let first = segment * self.pitch;
        self.start + first..self.start + (first + self.pitch).min(self.virtual_size)
    }

    fn finish(&self, file: &PartialFile, _records: &Records) -> Result<Finished> {
        let file_len = self.start + self.virtual_size + self.footer.len() as u64;
        file.set_len(file_len)?;
        if !self.footer.is_empty() {
            file.write_all_at(&self.footer, self.start + self.virtual_size)?;
        }
        Ok(Finished { file_len, tables: Vec::new(), gaps: Vec::new(), tail: Tail::None })
    }

    fn header(&self, _finished: &Finished, _envelope: Option<&[u8]>) -> Result<(Vec<u8>, Option<u64>)> {
        Ok((Vec::new(), None))
    }
}

/// Takes the blocks for a copy of what `source` has data for; short pieces get theirs when they are written.
pub(crate) fn reserve_data_of(source: &SourceFile, file: &PartialFile) -> Result<()> {
    let mut at = 0;
    while let Some((start, end)) = source.next_data(at)? {
        if end - start >= RESERVE_BYTES_MIN as u64 {
            file.reserve(start, end - start)?;
        }
        at = end;
    }
    Ok(())
}

fn reserve(file: &PartialFile, runs: &[Run]) -> Result<()> {
    for run in runs.iter().filter(|run| run.len >= RESERVE_BYTES_MIN) {
        file.reserve(run.host, run.len as u64)?;
    }
    Ok(())
}

/// The runs of the first `len` bytes that are not whole blocks of zeros.
pub(crate) fn data_runs(work: &Work, len: usize, host: u64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for start in (0..len).step_by(HOLE_BYTES) {
        let block = start..len.min(start + HOLE_BYTES);
        if work.is_zero(block.clone()) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.start + run.len == start => run.len += block.len(),
            _ => runs.push(Run { start, len: block.len(), host: host + start as u64 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use blobs::PageBuffer;

    use super::*;

    #[test]
    fn blocks_of_zeros_become_holes_and_neighbours_one_run() {
        let len = 5 * HOLE_BYTES + 100;
        let mut work = Work { buffer: PageBuffer::zeroed(len), len, data: vec![true], scratch: Vec::new() };
        let bytes = work.buffer.bytes_mut();
        bytes[HOLE_BYTES] = 1;
        bytes[3 * HOLE_BYTES - 1] = 1;
        bytes[5 * HOLE_BYTES + 99] = 1;
        let runs = data_runs(&work, len, 1 << 20);
        let wanted = [
            Run { start: HOLE_BYTES, len: 2 * HOLE_BYTES, host: (1 << 20) + HOLE_BYTES as u64 },
            Run { start: 5 * HOLE_BYTES, len: 100, host: (1 << 20) + 5 * HOLE_BYTES as u64 },
        ];
        assert_eq!(runs, wanted);
        work.data = vec![false];
        assert!(data_runs(&work, len, 1 << 20).is_empty(), "nobody looks where the source has nothing");
    }
}
