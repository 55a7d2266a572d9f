use std::sync::Mutex;

use blobs::PartialFile;
use formats::Codec;
use formats::codec::Compressor;
use formats::qcow2::{
    HeaderFields, L2Entry, Layout, Tail as Qcow2Tail, encode_header, encode_l1_window, encode_refcount_block,
    encode_refcount_table,
};

use super::{Allocator, ByteRange, Finished, Placement, Run, Tail, Target, Work};
use crate::error::{EngineError, Result};
use crate::journal::{Done, Records};
use crate::leaves::LEAF_BYTES;

/// Smallest cluster that holds the header and an envelope of 2 KiB.
const SEALED_CLUSTER_BYTES_MIN: u64 = 4096;
/// Bytes of a table that are in memory at once.
const WINDOW_BYTES: usize = 64 << 10;

/// qcow2, plain or with LUKS inside: data clusters in the order in which they come, tables behind them.
pub(crate) struct Qcow2 {
    layout: Layout,
    /// Bytes per segment.
    pitch: u64,
    /// Encrypted and digested: runs begin on leaf boundaries.
    sealed: bool,
    compression: Option<Codec>,
    preallocate: bool,
    /// Compressors that no worker uses at the moment.
    compressors: Mutex<Vec<Compressor>>,
    allocator: Allocator,
}

/// What kind of qcow2 is made.
#[derive(Clone, Copy)]
pub(crate) struct Qcow2Options {
    pub virtual_size: u64,
    pub cluster_bytes: u64,
    /// Bytes of LUKS header and key material, if encrypted.
    pub luks_len: Option<u64>,
    pub compression: Option<Codec>,
    pub pitch: u64,
    pub preallocate: bool,
}

impl Qcow2 {
    pub(crate) fn new(options: Qcow2Options, path: &std::path::Path) -> Result<Self> {
        let bits = options.cluster_bytes.trailing_zeros();
        if !options.cluster_bytes.is_power_of_two() {
            return Err(EngineError::Unsuitable(format!(
                "a cluster size of {} bytes is no power of two",
                options.cluster_bytes
            )));
        }
        let sealed = options.luks_len.is_some();
        if sealed && options.cluster_bytes < SEALED_CLUSTER_BYTES_MIN {
            return Err(EngineError::Unsuitable(format!(
                "clusters of {} bytes have no room for the envelope; an encrypted qcow2 needs --cluster-size 4K or more",
                options.cluster_bytes
            )));
        }
        let data_align = if sealed { LEAF_BYTES } else { 1 };
        let layout =
            Layout::new(options.virtual_size, bits, options.luks_len, data_align).map_err(EngineError::format(path))?;
        let allocator = Allocator::new(layout.data_start);
        Ok(Self {
            layout,
            pitch: options.pitch,
            sealed,
            compression: options.compression,
            preallocate: options.preallocate,
            compressors: Mutex::new(Vec::new()),
            allocator,
        })
    }

    fn cluster(&self) -> usize {
        self.layout.cluster_bytes() as usize
    }

    /// Moves the clusters that hold data together at the front; returns their places among the units.
    fn compact(&self, work: &mut Work) -> Vec<usize> {
        let cluster = self.cluster();
        let mut kept = Vec::with_capacity(work.len / cluster);
        for unit in 0..work.len / cluster {
            let start = unit * cluster;
            if !self.preallocate && work.is_zero(start..start + cluster) {
                continue;
            }
            let to = kept.len() * cluster;
            if to != start {
                work.buffer.bytes_mut().copy_within(start..start + cluster, to);
            }
            kept.push(unit);
        }
        kept
    }

    /// Compresses the clusters at the front one after the other. Returns, for each, the offset in
    /// the segment's output and the compressed length; length 0: stored as it is.
    ///
    /// Clusters that do not shrink come first, because they must be aligned.
    fn compress(&self, codec: Codec, work: &mut Work, count: usize) -> Result<(Vec<(usize, usize)>, usize)> {
        let cluster = self.cluster();
        let mut compressor = match self.compressors.lock().expect("a worker that panics ends the process").pop() {
            Some(compressor) => compressor,
            None => Compressor::new(codec).map_err(|e| EngineError::Unsuitable(e.to_string()))?,
        };
        let Work { buffer, scratch, .. } = work;
        scratch.resize(count * cluster, 0);
        let (mut packed, mut lens) = (0, Vec::with_capacity(count));
        for unit in buffer.bytes()[..count * cluster].chunks(cluster) {
            // A cluster that saves less than a sector is better stored as it is.
            let room = (packed + cluster - 512).min(scratch.len());
            let len = compressor
                .compress(unit, &mut scratch[packed..room])
                .map_err(|e| EngineError::Unsuitable(e.to_string()))?;
            packed += len.unwrap_or(0);
            lens.push(len);
        }
        self.compressors.lock().expect("a worker that panics ends the process").push(compressor);
        let stored = lens.iter().filter(|len| len.is_none()).count();
        let bytes = buffer.bytes_mut();
        let (mut next_stored, mut next_packed) = (0, stored * cluster);
        let mut places = Vec::with_capacity(count);
        for (unit, len) in lens.into_iter().enumerate() {
            match len {
                None => {
                    // Earlier units have already been compressed or moved: nothing is overwritten.
                    bytes.copy_within(unit * cluster..(unit + 1) * cluster, next_stored);
                    places.push((next_stored, 0));
                    next_stored += cluster;
                }
                Some(len) => {
                    places.push((next_packed, len));
                    next_packed += len;
                }
            }
        }
        bytes[stored * cluster..stored * cluster + packed].copy_from_slice(&scratch[..packed]);
        let total = stored * cluster + packed;
        bytes[total..total.next_multiple_of(cluster)].fill(0);
        Ok((places, total.next_multiple_of(cluster)))
    }

    /// Writes the L2 tables from the records, one after the other from `offset` on.
    /// Returns which L1 entries have one, and for compressed images the users of each host cluster.
    fn write_l2_tables(&self, file: &PartialFile, records: &Records, offset: u64) -> Result<(Vec<u64>, Vec<u16>)> {
        let per_table = self.layout.l2_entries();
        let per_segment = self.pitch / self.layout.cluster_bytes();
        let mut l1_indexes: Vec<u64> = Vec::new();
        let mut users = Vec::new();
        let mut table = vec![0; self.cluster()];
        for done in records.iter() {
            let done = done?;
            for (unit, &entry) in done.entries.iter().enumerate().filter(|(_, entry)| **entry != 0) {
                let index = done.segment * per_segment + unit as u64;
                let l1_index = index / per_table;
                if l1_indexes.last() != Some(&l1_index) {
                    if let Some(nth) = l1_indexes.len().checked_sub(1) {
                        file.write_all_at(&table, offset + nth as u64 * self.layout.cluster_bytes())?;
                        table.fill(0);
                    }
                    l1_indexes.push(l1_index);
                }
                let at = (index % per_table) as usize * 8;
                table[at..at + 8].copy_from_slice(&entry.to_be_bytes());
                if self.compression.is_some() {
                    self.count_users(&mut users, L2Entry(entry));
                }
            }
        }
        if let Some(nth) = l1_indexes.len().checked_sub(1) {
            file.write_all_at(&table, offset + nth as u64 * self.layout.cluster_bytes())?;
        }
        Ok((l1_indexes, users))
    }

    fn count_users(&self, users: &mut Vec<u16>, entry: L2Entry) {
        let Some((first, last)) = entry.host_clusters(&self.layout) else { return };
        for cluster in first..=last.min(self.allocator.next() / self.layout.cluster_bytes()) {
            let cluster = cluster as usize;
            if users.len() <= cluster {
                users.resize(cluster + 1, 0);
            }
            users[cluster] += 1;
        }
    }
}

impl Target for Qcow2 {
    fn unit_bytes(&self) -> u64 {
        self.layout.cluster_bytes()
    }

    /// A preallocated image has a host cluster for every guest cluster, zeros or not.
    fn writes_zeros(&self) -> bool {
        self.preallocate
    }

    fn luks_offset(&self) -> Option<u64> {
        self.layout.luks.map(|luks| luks.offset)
    }

    fn place(&self, file: &PartialFile, segment: u64, work: &mut Work) -> Result<Placement> {
        let cluster = self.cluster();
        let units = work.len / cluster;
        let kept = self.compact(work);
        let mut entries = vec![0; units];
        if kept.is_empty() {
            return Ok(Placement {
                runs: Vec::new(),
                done: Done { segment, host: 0, host_len: 0, entries: Vec::new() },
            });
        }
        let (places, len) = match self.compression {
            Some(codec) => self.compress(codec, work, kept.len())?,
            None => ((0..kept.len()).map(|nth| (nth * cluster, 0)).collect(), kept.len() * cluster),
        };
        let taken = if self.sealed { (len as u64).next_multiple_of(LEAF_BYTES) } else { len as u64 };
        let host = self.allocator.take(file, taken)?;
        for (unit, (offset, compressed_len)) in kept.into_iter().zip(places) {
            let at = host + offset as u64;
            entries[unit] = match compressed_len {
                0 => L2Entry::data(at).0,
                len => L2Entry::compressed(&self.layout, at, len as u64).0,
            };
        }
        let done = Done { segment, host, host_len: len as u64, entries };
        Ok(Placement { runs: vec![Run { start: 0, len, host }], done })
    }

    fn resume_after(&self, _file: &PartialFile, end: u64) -> Result<()> {
        self.allocator.skip_to(end.next_multiple_of(if self.sealed {
            LEAF_BYTES
        } else {
            self.layout.cluster_bytes()
        }));
        Ok(())
    }

    fn finish(&self, file: &PartialFile, records: &Records) -> Result<Finished> {
        let cluster = self.layout.cluster_bytes();
        let data_end = self.allocator.next();
        let gaps = records.gaps(self.layout.data_start, data_end);
        let (l1_indexes, users) = self.write_l2_tables(file, records, data_end)?;
        let tail = Qcow2Tail::plan(&self.layout, data_end, l1_indexes.len() as u64);
        let l1_bytes = (self.layout.l1_entries() * 8).next_multiple_of(cluster);
        for start in (0..l1_bytes).step_by(WINDOW_BYTES) {
            let count = (l1_bytes - start).min(WINDOW_BYTES as u64) / 8;
            let window = encode_l1_window(&self.layout, &tail, &l1_indexes, start / 8, count as usize);
            file.write_all_at(&window, tail.l1_offset + start)?;
        }
        let fixed_end = (self.layout.luks.map_or(0, |luks| luks.len).next_multiple_of(cluster) + cluster) / cluster;
        let counts = Counts {
            fixed_end,
            data: self.layout.data_start / cluster..data_end / cluster,
            end: tail.file_len / cluster,
            gaps: gaps.iter().map(|(start, end)| (start / cluster, end / cluster)).collect(),
            users: self.compression.map(|_| users),
        };
        for block in 0..tail.block_count {
            let bytes = encode_refcount_block(&self.layout, block, |index| counts.of(index));
            file.write_all_at(&bytes, tail.blocks_offset + block * cluster)?;
        }
        file.write_all_at(&encode_refcount_table(&self.layout, &tail), tail.table_offset)?;
        file.set_len(tail.file_len)?;
        Ok(Finished {
            file_len: tail.file_len,
            tables: vec![ByteRange { offset: data_end, len: tail.file_len - data_end }],
            gaps: gaps.into_iter().map(|(start, end)| ByteRange { offset: start, len: end - start }).collect(),
            tail: Tail::Qcow2(tail),
        })
    }

    fn header(&self, finished: &Finished, envelope: Option<&[u8]>) -> Result<(Vec<u8>, Option<u64>)> {
        let Tail::Qcow2(tail) = &finished.tail else {
            return Err(EngineError::Unsuitable("a qcow2 header needs the tail of a qcow2".to_owned()));
        };
        let compression = self.compression.unwrap_or(Codec::Deflate);
        encode_header(&self.layout, tail, HeaderFields { compression, envelope, backing: None })
            .ok_or_else(|| EngineError::Unsuitable("header and envelope do not fit the first cluster".to_owned()))
    }
}

/// How often each host cluster is used.
struct Counts {
    /// End of header and LUKS area.
    fixed_end: u64,
    /// Data clusters.
    data: std::ops::Range<u64>,
    /// End of the file.
    end: u64,
    /// Clusters that nothing uses, ascending ranges.
    gaps: Vec<(u64, u64)>,
    /// Users of host clusters when clusters are shared by compressed ones.
    users: Option<Vec<u16>>,
}

impl Counts {
    fn of(&self, cluster: u64) -> u16 {
        if cluster >= self.end || (self.fixed_end..self.data.start).contains(&cluster) {
            return 0;
        }
        if !self.data.contains(&cluster) {
            return 1;
        }
        if let Some(users) = &self.users {
            return users.get(cluster as usize).copied().unwrap_or(0);
        }
        let next = self.gaps.partition_point(|(_, end)| *end <= cluster);
        let in_gap = self.gaps.get(next).is_some_and(|(start, _)| *start <= cluster);
        u16::from(!in_gap)
    }
}
