use super::dynamic::bitmap_bytes;
use super::{BAT_UNUSED, FORMAT, Image, SECTOR_BYTES};
use crate::tables::{Claims, Found, Need, Tables, Walker, Window};
use crate::{ErrorKind, Extent, FormatError, GuestOffset, HostOffset, Mapping, Result, Step, Walk};

const BAT_ENTRY_BYTES: u64 = 4;

/// Walks a fixed or a dynamic disk.
///
/// A sector whose bit in the bitmap is clear reads as zeros, as the specification has it. QEMU
/// ignores the bitmaps and shows what lies in the file: other writers may leave anything there.
/// Both agree on what QEMU wrote, because it sets all bits of a block at once.
///
/// Work is bounded by the file: blocks that together would be longer than the file are refused.
pub struct Mapper(Inner);

enum Inner {
    /// The one extent of a fixed disk, until it was given.
    Fixed(Option<Extent>),
    Dynamic(Walker<Blocks>),
}

impl Mapper {
    /// A walker over the image.
    #[must_use]
    pub fn new(image: &Image) -> Self {
        let size = image.footer.virtual_size();
        let Some(header) = image.dynamic else {
            let disk = Extent { guest: GuestOffset(0), len: size, mapping: Mapping::Data(HostOffset(0)) };
            return Self(Inner::Fixed((size > 0).then_some(disk)));
        };
        Self(Inner::Dynamic(Walker::new(Blocks {
            virtual_size: size,
            block: u64::from(header.block_bytes),
            bitmap_bytes: bitmap_bytes(header.block_bytes),
            bat_offset: header.bat_offset,
            file_len: image.file_len,
            guest: 0,
            entered: None,
            claims: Claims::new(image.file_len),
            bat: Window::default(),
            bitmap: Window::default(),
        })))
    }
}

impl Walk for Mapper {
    fn step(&mut self) -> Result<Step> {
        match &mut self.0 {
            Inner::Fixed(disk) => Ok(disk.take().map_or(Step::End, Step::Extent)),
            Inner::Dynamic(walker) => walker.step(),
        }
    }

    fn supply(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.0 {
            Inner::Fixed(_) => Ok(()),
            Inner::Dynamic(walker) => walker.supply(bytes),
        }
    }
}

struct Blocks {
    virtual_size: u64,
    /// Bytes of disk in a block, a power of two.
    block: u64,
    bitmap_bytes: u64,
    bat_offset: u64,
    file_len: u64,
    /// First guest byte that has not been mapped yet.
    guest: u64,
    /// Index of the block that was checked and is being walked.
    entered: Option<u64>,
    claims: Claims,
    bat: Window,
    bitmap: Window,
}

#[derive(Clone, Copy)]
enum Table {
    Bat,
    Bitmap,
}

impl Tables for Blocks {
    const FORMAT: &'static str = FORMAT;
    type Table = Table;

    fn find(&mut self) -> Result<Found<Table>> {
        if self.guest >= self.virtual_size {
            return Ok(Found::End);
        }
        let index = self.guest.wrapping_shr(self.block.trailing_zeros());
        let at = self.bat_at(index);
        let Some(entry) = self.bat.be_u32(at) else {
            let end = self.bat_at(self.virtual_size.div_ceil(self.block.max(1)));
            return Ok(Found::Need(Need::until(Table::Bat, at, end)));
        };
        if entry == BAT_UNUSED {
            return Ok(Found::Extent(self.skip_unused(index)));
        }
        self.find_in_block(index, u64::from(entry).saturating_mul(SECTOR_BYTES), at)
    }

    fn window(&mut self, table: Table) -> &mut Window {
        match table {
            Table::Bat => &mut self.bat,
            Table::Bitmap => &mut self.bitmap,
        }
    }
}

impl Blocks {
    fn bat_at(&self, index: u64) -> u64 {
        self.bat_offset.saturating_add(index.saturating_mul(BAT_ENTRY_BYTES))
    }

    /// One run for an unused entry and those after it.
    fn skip_unused(&mut self, index: u64) -> Extent {
        let mut next = index.saturating_add(1);
        while self.bat.be_u32(self.bat_at(next)) == Some(BAT_UNUSED) {
            next = next.saturating_add(1);
        }
        let end = next.saturating_mul(self.block).min(self.virtual_size);
        self.take_until(end, Mapping::Unallocated)
    }

    /// The next run of sectors in a block whose bitmap lies at `host`. `at`: its BAT entry.
    fn find_in_block(&mut self, index: u64, host: u64, at: u64) -> Result<Found<Table>> {
        let start = index.saturating_mul(self.block);
        let end = start.saturating_add(self.block).min(self.virtual_size);
        let data = host.saturating_add(self.bitmap_bytes);
        let bitmap_bytes = usize::try_from(self.bitmap_bytes).unwrap_or(usize::MAX);
        if self.entered != Some(index) {
            self.check_block(host, data.saturating_add(end.saturating_sub(start)), at)?;
            self.entered = Some(index);
        }
        if self.bitmap.bytes(host, bitmap_bytes).is_none() {
            return Ok(Found::Need(Need { table: Table::Bitmap, at: host, len: bitmap_bytes }));
        }
        let bitmap = self.bitmap.bytes(host, bitmap_bytes).unwrap_or_default();
        let first = self.guest.saturating_sub(start).wrapping_div(SECTOR_BYTES);
        let sectors = end.saturating_sub(start).div_ceil(SECTOR_BYTES);
        let (is_set, next) = run(bitmap, first, sectors);
        let mapping = if is_set {
            Mapping::Data(HostOffset(data.saturating_add(self.guest.saturating_sub(start))))
        } else {
            Mapping::Zero
        };
        let run_end = start.saturating_add(next.saturating_mul(SECTOR_BYTES)).min(end);
        Ok(Found::Extent(self.take_until(run_end, mapping)))
    }

    fn check_block(&mut self, host: u64, end: u64, at: u64) -> Result<()> {
        if end > self.file_len {
            let message = format!("a block at {host:#x} ends after the end of the file; is the file complete?");
            return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message).at(at));
        }
        if !self.claims.take(end.saturating_sub(host)) {
            let message = "entries of the block allocation table share a block";
            return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(at));
        }
        Ok(())
    }

    fn take_until(&mut self, end: u64, mapping: Mapping) -> Extent {
        let extent = Extent { guest: GuestOffset(self.guest), len: end.saturating_sub(self.guest), mapping };
        self.guest = end;
        extent
    }
}

/// Whether bit `first` is set, and the first bit after it that differs, `end` at most. The highest
/// bit of a byte comes first.
fn run(bitmap: &[u8], first: u64, end: u64) -> (bool, u64) {
    let byte = |bit: u64| bitmap.get(usize::try_from(bit.wrapping_div(8)).unwrap_or(usize::MAX)).copied().unwrap_or(0);
    let is_set = |bit: u64| byte(bit) & 0x80u8.wrapping_shr((bit % 8) as u32) != 0;
    let value = is_set(first);
    let whole = if value { 0xff } else { 0 };
    let mut next = first.saturating_add(1);
    while next < end {
        if next.is_multiple_of(8) && byte(next) == whole {
            next = next.saturating_add(8);
        } else if is_set(next) == value {
            next = next.saturating_add(1);
        } else {
            break;
        }
    }
    (value, next.min(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs begin and end at any bit, highest bit first.
    #[test]
    fn runs_of_bits_are_found() {
        let bitmap = [0b1110_0000, 0, 0, 0b0000_0001, 0xff, 0xff];
        for (first, end, expected) in [
            (0, 48, (true, 3)),
            (1, 48, (true, 3)),
            (3, 48, (false, 31)),
            (3, 20, (false, 20)),
            (8, 48, (false, 31)),
            (31, 48, (true, 48)),
            (32, 41, (true, 41)),
        ] {
            assert_eq!(run(&bitmap, first, end), expected, "from {first} to {end}");
        }
    }
}
