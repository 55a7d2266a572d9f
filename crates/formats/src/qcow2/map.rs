use std::collections::VecDeque;

use super::{CryptMethod, FORMAT, Header};
use crate::tables::{Claims, merge};
use crate::{Codec, ErrorKind, Extent, FormatError, GuestOffset, HostOffset, Mapping, Result, Step, Walk};

/// Bytes of an L1 or L2 table that are in memory at once.
const WINDOW_BYTES: u64 = 64 << 10;
/// Bits 9 to 55: a cluster's offset in L1 and L2 entries.
const OFFSET_MASK: u64 = 0x00ff_ffff_ffff_fe00;
/// Bits 0 to 8 and 56 to 62, which an L1 entry must not have.
const L1_RESERVED: u64 = 0x7f00_0000_0000_01ff;
/// Bits 1 to 8 and 56 to 61, which a standard L2 entry must not have.
const L2_RESERVED: u64 = 0x3f00_0000_0000_01fe;
const COPIED: u64 = 1 << 63;
const COMPRESSED: u64 = 1 << 62;
const ZERO: u64 = 1;
const SECTOR_BYTES: u64 = 512;
/// No codec stores a cluster in less: a zstd frame of one repeated byte has about 16 bytes.
const COMPRESSED_BYTES_MIN: u64 = 8;
const SUBCLUSTERS: u64 = 32;

/// Walks the active state of an image.
///
/// Work is bounded by the length of the file, whatever the tables say: each L1 entry is
/// visited once, and no more L2 tables are walked than the file has clusters. Without the
/// second rule one table that all L1 entries name makes a disk of 1 PiB of a small file.
pub struct Mapper {
    geometry: Geometry,
    /// First guest byte that has not been mapped yet.
    guest: u64,
    /// L2 tables that the walk has entered.
    l2_tables: u64,
    /// What clusters of data take of their file.
    claims: Claims,
    l1: Window,
    l2: Window,
    asked: Option<Asked>,
    /// Pieces of one cluster with subclusters.
    pieces: VecDeque<Extent>,
    /// The run that still grows.
    run: Option<Extent>,
}

struct Geometry {
    version: u32,
    cluster_bits: u32,
    cluster: u64,
    l2_entry_bytes: u64,
    virtual_size: u64,
    l1_offset: u64,
    l1_entries: u64,
    codec: Codec,
    encrypted: bool,
    external_data: bool,
    /// Length of the file that holds L2 tables.
    file_len: u64,
    /// Length of the file that holds the data.
    data_len: u64,
}

/// Consecutive bytes of a table. `table`: its offset in the file, which names it.
#[derive(Default)]
struct Window {
    table: u64,
    start: u64,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Asked {
    L1 { start: u64, len: usize },
    L2 { table: u64, start: u64, len: usize },
}

/// What a table walk came to.
enum Found {
    Need(Asked),
    Extent(Extent),
    End,
}

impl Window {
    fn word(&self, table: u64, offset: u64) -> Option<u64> {
        if self.table != table {
            return None;
        }
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(8)?)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl Mapper {
    /// A walker over the image. `data_len`: length of the external data file that the
    /// caller handed in, for images that have one.
    ///
    /// The header must have passed [`Header::require_readable`].
    #[must_use]
    pub fn new(header: &Header, file_len: u64, data_len: Option<u64>) -> Self {
        let geometry = Geometry {
            version: header.version,
            cluster_bits: header.cluster_bits,
            cluster: header.cluster_bytes(),
            l2_entry_bytes: header.l2_entry_bytes(),
            virtual_size: header.virtual_size,
            l1_offset: header.l1_offset,
            l1_entries: u64::from(header.l1_entries),
            codec: header.compression,
            encrypted: header.crypt_method == CryptMethod::Luks,
            external_data: data_len.is_some(),
            file_len,
            data_len: data_len.unwrap_or(file_len),
        };
        // The last cluster may begin in the file and end after it.
        let claims = Claims::new(geometry.data_len.next_multiple_of(geometry.cluster));
        Self {
            geometry,
            guest: 0,
            l2_tables: 0,
            claims,
            l1: Window::default(),
            l2: Window::default(),
            asked: None,
            pieces: VecDeque::new(),
            run: None,
        }
    }

    fn find(&mut self) -> Result<Found> {
        if let Some(piece) = self.pieces.pop_front() {
            return Ok(Found::Extent(piece));
        }
        let g = &self.geometry;
        if self.guest >= g.virtual_size {
            return Ok(Found::End);
        }
        let entries = g.l2_entries();
        let cluster_index = self.guest.wrapping_shr(g.cluster_bits);
        let (l1_index, l2_index) =
            (cluster_index.checked_div(entries).unwrap_or(0), cluster_index.checked_rem(entries).unwrap_or(0));
        let l1_at = l1_index.saturating_mul(8);
        let Some(l1_entry) = self.l1.word(g.l1_offset, l1_at) else {
            let len = g.l1_entries.saturating_mul(8).saturating_sub(l1_at).min(WINDOW_BYTES);
            return Ok(Found::Need(Asked::L1 { start: l1_at, len: len as usize }));
        };
        let table = l1_entry & OFFSET_MASK;
        if table == 0 {
            return Ok(Found::Extent(self.skip_unallocated(l1_index)));
        }
        g.check_l1_entry(l1_entry, l1_index)?;
        let l2_at = l2_index.saturating_mul(g.l2_entry_bytes);
        let Some(entry) = self.l2.word(table, l2_at) else {
            let len = g.cluster.saturating_sub(l2_at).min(WINDOW_BYTES);
            return Ok(Found::Need(Asked::L2 { table, start: l2_at, len: len as usize }));
        };
        if l2_index == 0 {
            self.l2_tables = self.l2_tables.saturating_add(1);
            g.check_l2_tables(self.l2_tables, l1_index)?;
        }
        let at = table.saturating_add(l2_at);
        if g.l2_entry_bytes == 16 {
            let bitmap = self.l2.word(table, l2_at.saturating_add(8)).unwrap_or(0);
            let pieces = g.map_subclusters(self.guest, entry, bitmap, at)?;
            let stored = pieces.iter().map(|piece| piece.mapping).find(|m| g.stored_bytes(*m) > 0);
            self.guest = self.guest.saturating_add(g.cluster);
            self.pieces = pieces;
            self.claim(stored.unwrap_or(Mapping::Unallocated), at)?;
            return self.pieces.pop_front().map_or(Ok(Found::End), |piece| Ok(Found::Extent(piece)));
        }
        let mapping = g.map_cluster(entry, at)?;
        let extent = g.extent(self.guest, g.cluster, mapping);
        self.guest = self.guest.saturating_add(g.cluster);
        self.claim(mapping, at)?;
        Ok(Found::Extent(extent))
    }

    /// Refuses an image that maps more data than its file has: clusters of one disk never share a place (the
    /// specification allows it, no tool does it), and without this limit a small file is work without end (R20).
    fn claim(&mut self, mapping: Mapping, at: u64) -> Result<()> {
        if self.claims.take(self.geometry.stored_bytes(mapping)) {
            return Ok(());
        }
        Err(invalid(
            "more clusters are mapped than the file has: clusters or tables are shared; the image is damaged or hostile",
            at,
        ))
    }

    /// One run for an empty L1 entry and the empty ones after it.
    fn skip_unallocated(&mut self, l1_index: u64) -> Extent {
        let g = &self.geometry;
        let mut next = l1_index.saturating_add(1);
        while self.l1.word(g.l1_offset, next.saturating_mul(8)).is_some_and(|entry| entry & OFFSET_MASK == 0) {
            next = next.saturating_add(1);
        }
        let end = next.saturating_mul(g.l2_entries()).saturating_mul(g.cluster);
        let extent = g.extent(self.guest, end.saturating_sub(self.guest), Mapping::Unallocated);
        self.guest = end;
        extent
    }
}

impl Geometry {
    /// Bytes of the file that a cluster takes at least.
    fn stored_bytes(&self, mapping: Mapping) -> u64 {
        match mapping {
            Mapping::Data(_) => self.cluster,
            Mapping::Compressed { .. } => COMPRESSED_BYTES_MIN,
            Mapping::Zero | Mapping::Unallocated => 0,
        }
    }

    fn l2_entries(&self) -> u64 {
        self.cluster.checked_div(self.l2_entry_bytes).unwrap_or(1)
    }

    /// An extent that ends where the disk ends.
    fn extent(&self, guest: u64, len: u64, mapping: Mapping) -> Extent {
        Extent { guest: GuestOffset(guest), len: len.min(self.virtual_size.saturating_sub(guest)), mapping }
    }

    fn check_l1_entry(&self, entry: u64, index: u64) -> Result<()> {
        let at = self.l1_offset.saturating_add(index.saturating_mul(8));
        let table = entry & OFFSET_MASK;
        if entry & L1_RESERVED != 0 || !self.is_aligned(table) {
            return Err(invalid(
                format!("L1 entry {index} is {entry:#018x}: reserved bits are set, or it is not aligned"),
                at,
            ));
        }
        if table.saturating_add(self.cluster) > self.file_len {
            return Err(truncated(
                format!("L1 entry {index} points to an L2 table at {table:#x}, after the end of the file"),
                at,
            ));
        }
        Ok(())
    }

    /// Every L2 table of an image takes a cluster of its own.
    fn check_l2_tables(&self, tables: u64, l1_index: u64) -> Result<()> {
        if tables > self.file_len.wrapping_shr(self.cluster_bits) {
            let at = self.l1_offset.saturating_add(l1_index.saturating_mul(8));
            let message = "the L1 table names more L2 tables than the file has room for";
            return Err(invalid(message, at));
        }
        Ok(())
    }

    fn map_cluster(&self, entry: u64, at: u64) -> Result<Mapping> {
        if entry & COMPRESSED != 0 {
            return self.map_compressed(entry, at);
        }
        if entry & L2_RESERVED != 0 {
            return Err(invalid(format!("L2 entry {entry:#018x} has reserved bits set"), at));
        }
        let host = entry & OFFSET_MASK;
        if entry & ZERO != 0 {
            if self.version < 3 {
                return Err(invalid("zero cluster in a version 2 image", at));
            }
            return Ok(Mapping::Zero);
        }
        if host == 0 && !(self.external_data && entry & COPIED != 0) {
            return Ok(Mapping::Unallocated);
        }
        self.check_data(host, at)?;
        Ok(Mapping::Data(HostOffset(host)))
    }

    /// The runs of equal subclusters of one cluster with an extended L2 entry.
    fn map_subclusters(&self, guest: u64, entry: u64, bitmap: u64, at: u64) -> Result<VecDeque<Extent>> {
        if entry & COMPRESSED != 0 {
            if bitmap != 0 {
                return Err(invalid("compressed cluster with a subcluster bitmap", at));
            }
            return Ok([self.extent(guest, self.cluster, self.map_compressed(entry, at)?)].into());
        }
        if entry & (L2_RESERVED | ZERO) != 0 {
            return Err(invalid(format!("extended L2 entry {entry:#018x} has reserved bits set"), at));
        }
        let host = entry & OFFSET_MASK;
        let has_host = host != 0 || (self.external_data && entry & COPIED != 0);
        let subcluster = self.cluster.wrapping_div(SUBCLUSTERS);
        let mut pieces: VecDeque<Extent> = VecDeque::new();
        for index in 0..SUBCLUSTERS {
            let offset = index.saturating_mul(subcluster);
            let start = guest.saturating_add(offset);
            if start >= self.virtual_size {
                break;
            }
            let allocated = bitmap.wrapping_shr(index as u32) & 1 == 1;
            let zero = bitmap.wrapping_shr((index as u32).wrapping_add(32)) & 1 == 1;
            let mapping = match (allocated, zero) {
                (true, true) => {
                    return Err(invalid(format!("subcluster {index} is both allocated and zero"), at));
                }
                (false, true) => Mapping::Zero,
                (false, false) => Mapping::Unallocated,
                (true, false) if !has_host => {
                    return Err(invalid(format!("subcluster {index} is allocated in no cluster"), at));
                }
                (true, false) => {
                    self.check_data(host, at)?;
                    Mapping::Data(HostOffset(host.saturating_add(offset)))
                }
            };
            let piece = self.extent(start, subcluster, mapping);
            match pieces.back_mut() {
                Some(last) if let Some(merged) = merge(last, &piece) => *last = merged,
                _ => pieces.push_back(piece),
            }
        }
        Ok(pieces)
    }

    fn map_compressed(&self, entry: u64, at: u64) -> Result<Mapping> {
        if self.encrypted {
            let message = "compressed cluster in an encrypted image: QEMU reads such clusters as plain text, so this image is not encrypted throughout";
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message).at(at));
        }
        if self.external_data {
            return Err(invalid("compressed cluster in an image with an external data file", at));
        }
        let descriptor = entry & !(COPIED | COMPRESSED);
        // 62 - (cluster_bits - 8) bits of offset, the rest counts further sectors.
        let offset_bits = 70u32.wrapping_sub(self.cluster_bits);
        let host = descriptor & 1u64.wrapping_shl(offset_bits).wrapping_sub(1);
        let sectors = descriptor.wrapping_shr(offset_bits).saturating_add(1);
        if host >= self.file_len {
            return Err(truncated(format!("compressed cluster at {host:#x} lies after the end of the file"), at));
        }
        let len = sectors.saturating_mul(SECTOR_BYTES).saturating_sub(host & (SECTOR_BYTES - 1));
        let too_long = || invalid(format!("compressed cluster of {sectors} sectors"), at);
        Ok(Mapping::Compressed {
            host: HostOffset(host),
            host_len_max: u32::try_from(len).map_err(|_| too_long())?,
            unit_len: u32::try_from(self.cluster).map_err(|_| too_long())?,
            codec: self.codec,
        })
    }

    /// A data cluster must begin inside its file. It may end after it: QEMU does not
    /// write the tail of a last cluster, and reads zeros there.
    fn check_data(&self, host: u64, at: u64) -> Result<()> {
        if !self.is_aligned(host) {
            return Err(invalid(format!("data cluster at {host:#x} is not aligned"), at));
        }
        if host >= self.data_len {
            return Err(truncated(format!("data cluster at {host:#x} lies after the end of the file"), at));
        }
        Ok(())
    }

    fn is_aligned(&self, offset: u64) -> bool {
        offset & self.cluster.wrapping_sub(1) == 0
    }
}

impl Walk for Mapper {
    fn step(&mut self) -> Result<Step> {
        loop {
            match self.find()? {
                Found::Need(asked) => {
                    self.asked = Some(asked);
                    let (offset, len) = match asked {
                        Asked::L1 { start, len } => (self.geometry.l1_offset.saturating_add(start), len),
                        Asked::L2 { table, start, len } => (table.saturating_add(start), len),
                    };
                    return Ok(Step::Read { offset, len });
                }
                Found::End => return Ok(self.run.take().map_or(Step::End, Step::Extent)),
                Found::Extent(next) => match self.run.replace(next) {
                    None => {}
                    Some(run) => match merge(&run, &next) {
                        Some(merged) => self.run = Some(merged),
                        None => return Ok(Step::Extent(run)),
                    },
                },
            }
        }
    }

    fn supply(&mut self, bytes: &[u8]) -> Result<()> {
        let (window, table, start, len) = match self.asked.take() {
            Some(Asked::L1 { start, len }) => (&mut self.l1, self.geometry.l1_offset, start, len),
            Some(Asked::L2 { table, start, len }) => (&mut self.l2, table, start, len),
            None => return Ok(()),
        };
        if bytes.len() != len {
            return Err(truncated(
                format!("table read gave {} of {len} bytes", bytes.len()),
                table.saturating_add(start),
            ));
        }
        window.table = table;
        window.start = start;
        window.bytes.clear();
        window.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn invalid(message: impl Into<String>, offset: u64) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message).at(offset)
}

fn truncated(message: impl Into<String>, offset: u64) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Truncated, message).at(offset)
}
