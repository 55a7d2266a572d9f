use super::open::ENTRY_BYTES;
use super::{FORMAT, Image, SECTOR_BYTES};
use crate::tables::{Claims, Found, Need, Tables, Walker, Window};
use crate::{Codec, ErrorKind, Extent, FormatError, GuestOffset, HostOffset, Mapping, Result, Step, Walk};

/// Bytes of the marker before a compressed grain: its first sector (u64), its stored bytes (u32).
const MARKER_BYTES: usize = 12;
/// The table entry of a grain of zeros, where the header says that there are such.
const ZEROED: u32 = 1;

/// Walks a sparse or a stream optimized disk.
///
/// Of each compressed grain the marker is read, which says how long it is and which grain. Work
/// is bounded by the file: grains and tables that together would be longer than it are refused.
pub struct Mapper(Walker<Grains>);

impl Mapper {
    /// A walker over the image.
    #[must_use]
    pub fn new(image: &Image) -> Self {
        let header = &image.header;
        Self(Walker::new(Grains {
            virtual_size: header.virtual_size,
            grain: header.grain_bytes,
            table_reach: header.table_reach(),
            table_bytes: u64::from(header.table_entries).saturating_mul(ENTRY_BYTES),
            directory_at: image.directory_offset,
            is_compressed: header.is_compressed,
            has_zeroed_grains: header.has_zeroed_grains,
            file_len: image.file_len,
            guest: 0,
            entered: None,
            claims: Claims::new(image.file_len),
            directory: Window::default(),
            table: Window::default(),
            marker: Window::default(),
        }))
    }
}

impl Walk for Mapper {
    fn step(&mut self) -> Result<Step> {
        self.0.step()
    }

    fn supply(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.supply(bytes)
    }
}

struct Grains {
    virtual_size: u64,
    /// Bytes of a grain, a power of two.
    grain: u64,
    /// Bytes of disk behind one grain table, a power of two.
    table_reach: u64,
    table_bytes: u64,
    directory_at: u64,
    is_compressed: bool,
    has_zeroed_grains: bool,
    file_len: u64,
    /// First guest byte that has not been mapped yet.
    guest: u64,
    /// Index of the grain table that was checked and is being walked.
    entered: Option<u64>,
    claims: Claims,
    directory: Window,
    table: Window,
    marker: Window,
}

#[derive(Clone, Copy)]
enum Table {
    Directory,
    Grains,
    Marker,
}

impl Tables for Grains {
    const FORMAT: &'static str = FORMAT;
    type Table = Table;

    fn find(&mut self) -> Result<Found<Table>> {
        if self.guest >= self.virtual_size {
            return Ok(Found::End);
        }
        let index = self.guest.wrapping_shr(self.table_reach.trailing_zeros());
        let at = self.directory_entry_at(index);
        let Some(sector) = self.directory.le_u32(at) else {
            let end = self.directory_entry_at(self.virtual_size.div_ceil(self.table_reach.max(1)));
            return Ok(Found::Need(Need::until(Table::Directory, at, end)));
        };
        if sector == 0 {
            return Ok(Found::Extent(self.skip_tables(index)));
        }
        let table_at = u64::from(sector).saturating_mul(SECTOR_BYTES);
        if self.entered != Some(index) {
            self.claim(table_at, self.table_bytes, "grain table", at)?;
            self.entered = Some(index);
        }
        let offset = self.guest & self.table_reach.wrapping_sub(1);
        let entry_at =
            table_at.saturating_add(offset.wrapping_shr(self.grain.trailing_zeros()).saturating_mul(ENTRY_BYTES));
        let Some(entry) = self.table.le_u32(entry_at) else {
            let end = table_at.saturating_add(self.table_bytes);
            return Ok(Found::Need(Need::until(Table::Grains, entry_at, end)));
        };
        self.find_grain(entry, entry_at)
    }

    fn window(&mut self, table: Table) -> &mut Window {
        match table {
            Table::Directory => &mut self.directory,
            Table::Grains => &mut self.table,
            Table::Marker => &mut self.marker,
        }
    }
}

impl Grains {
    fn directory_entry_at(&self, index: u64) -> u64 {
        self.directory_at.saturating_add(index.saturating_mul(ENTRY_BYTES))
    }

    /// One run for a table that is not there and those after it.
    fn skip_tables(&mut self, index: u64) -> Extent {
        let mut next = index.saturating_add(1);
        while self.directory.le_u32(self.directory_entry_at(next)) == Some(0) {
            next = next.saturating_add(1);
        }
        let end = next.saturating_mul(self.table_reach);
        self.take(end.saturating_sub(self.guest), Mapping::Unallocated)
    }

    /// One run for a grain that is not there and those after it in the same table.
    fn skip_grains(&mut self, entry_at: u64) -> Extent {
        let left = self.table_reach.saturating_sub(self.guest & self.table_reach.wrapping_sub(1));
        let mut len = self.grain;
        let mut next = entry_at.saturating_add(ENTRY_BYTES);
        while len < left && self.table.le_u32(next) == Some(0) {
            len = len.saturating_add(self.grain);
            next = next.saturating_add(ENTRY_BYTES);
        }
        self.take(len, Mapping::Unallocated)
    }

    fn find_grain(&mut self, entry: u32, entry_at: u64) -> Result<Found<Table>> {
        let host = u64::from(entry).saturating_mul(SECTOR_BYTES);
        if entry == 0 {
            return Ok(Found::Extent(self.skip_grains(entry_at)));
        }
        if entry == ZEROED && self.has_zeroed_grains {
            return Ok(Found::Extent(self.take(self.grain, Mapping::Zero)));
        }
        if self.is_compressed {
            return self.find_compressed(host, entry_at);
        }
        let used = self.grain_len();
        self.claim(host, used, "grain", entry_at)?;
        Ok(Found::Extent(self.take(used, Mapping::Data(HostOffset(host)))))
    }

    fn find_compressed(&mut self, host: u64, entry_at: u64) -> Result<Found<Table>> {
        let data = host.saturating_add(MARKER_BYTES as u64);
        let (sector, len) = match (self.marker.le_u64(host), self.marker.le_u32(host.saturating_add(8))) {
            (Some(sector), Some(len)) => (sector, len),
            _ if data > self.file_len => return Err(truncated("grain", host, entry_at)),
            _ => return Ok(Found::Need(Need { table: Table::Marker, at: host, len: MARKER_BYTES })),
        };
        let expected = self.guest.wrapping_div(SECTOR_BYTES);
        if sector != expected {
            let message = format!("the grain for sector {expected} is marked as that of sector {sector}");
            return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(host));
        }
        // A stream that does not shrink grows by a few bytes in a thousand; more is no zlib stream.
        if len == 0 || u64::from(len) > self.grain.saturating_mul(2) {
            let message = format!("a compressed grain of {len} bytes for {}", self.grain);
            return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(host));
        }
        self.claim(host, u64::from(len).saturating_add(MARKER_BYTES as u64), "grain", entry_at)?;
        // QEMU compresses of the last grain only what the disk has of it.
        let used = self.grain_len();
        let mapping = Mapping::Compressed {
            host: HostOffset(data),
            host_len_max: len,
            unit_len: u32::try_from(used).unwrap_or(u32::MAX),
            codec: Codec::Zlib,
        };
        Ok(Found::Extent(self.take(used, mapping)))
    }

    /// Bytes of the grain at `guest` that the disk has.
    fn grain_len(&self) -> u64 {
        self.grain.min(self.virtual_size.saturating_sub(self.guest))
    }

    fn claim(&mut self, host: u64, len: u64, what: &str, at: u64) -> Result<()> {
        if host.saturating_add(len) > self.file_len {
            return Err(truncated(what, host, at));
        }
        if !self.claims.take(len) {
            let message = format!("table entries share a {what}, or overlap");
            return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(at));
        }
        Ok(())
    }

    /// The next `len` bytes of the disk, as far as it goes.
    fn take(&mut self, len: u64, mapping: Mapping) -> Extent {
        let len = len.min(self.virtual_size.saturating_sub(self.guest));
        let extent = Extent { guest: GuestOffset(self.guest), len, mapping };
        self.guest = self.guest.saturating_add(len);
        extent
    }
}

fn truncated(what: &str, host: u64, at: u64) -> FormatError {
    let message = format!("a {what} at {host:#x} ends after the end of the file; is the file complete?");
    FormatError::new(FORMAT, ErrorKind::Truncated, message).at(at)
}
