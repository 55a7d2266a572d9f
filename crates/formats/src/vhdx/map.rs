use super::{ALIGN_BYTES, FORMAT, Image};
use crate::tables::{Claims, Found, Need, Tables, Walker, Window};
use crate::{ErrorKind, Extent, FormatError, GuestOffset, HostOffset, Mapping, Result, Step, Walk};

const BAT_ENTRY_BYTES: u64 = 8;
/// Bits 0 to 2 of an entry.
const STATE_MASK: u64 = 7;
/// Bits 20 to 63: the offset of the block, in bytes because it is a multiple of 1 MiB.
const OFFSET_MASK: u64 = !(ALIGN_BYTES - 1);

/// Walks a fixed or a dynamic disk: both list their blocks.
///
/// Work is bounded by the file: blocks that together would be longer than the file are refused.
pub struct Mapper(Walker<Blocks>);

impl Mapper {
    /// A walker over the image.
    #[must_use]
    pub fn new(image: &Image) -> Self {
        Self(Walker::new(Blocks {
            virtual_size: image.virtual_size,
            block: u64::from(image.block_bytes),
            chunk_blocks: image.chunk_blocks(),
            bat_offset: image.bat.offset,
            bat_end: image.bat.offset.saturating_add(image.bat_bytes()),
            file_len: image.file_len,
            guest: 0,
            claims: Claims::new(image.file_len),
            bat: Window::default(),
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

struct Blocks {
    virtual_size: u64,
    /// Bytes of disk in a block, a power of two.
    block: u64,
    /// Blocks before each sector bitmap entry, a power of two.
    chunk_blocks: u64,
    bat_offset: u64,
    bat_end: u64,
    file_len: u64,
    /// First guest byte that has not been mapped yet.
    guest: u64,
    claims: Claims,
    bat: Window,
}

impl Tables for Blocks {
    const FORMAT: &'static str = FORMAT;
    type Table = ();

    fn find(&mut self) -> Result<Found<()>> {
        if self.guest >= self.virtual_size {
            return Ok(Found::End);
        }
        let index = self.guest.wrapping_shr(self.block.trailing_zeros());
        let bitmaps_before = index.wrapping_shr(self.chunk_blocks.trailing_zeros());
        let at = self.bat_offset.saturating_add(index.saturating_add(bitmaps_before).saturating_mul(BAT_ENTRY_BYTES));
        let Some(entry) = self.bat.le_u64(at) else {
            return Ok(Found::Need(Need::until((), at, self.bat_end)));
        };
        let len = self.block.min(self.virtual_size.saturating_sub(self.guest));
        let extent = Extent { guest: GuestOffset(self.guest), len, mapping: self.map_block(entry, len, at)? };
        self.guest = self.guest.saturating_add(len);
        Ok(Found::Extent(extent))
    }

    fn window(&mut self, (): ()) -> &mut Window {
        &mut self.bat
    }
}

impl Blocks {
    /// `len`: bytes of the block that the disk has. `at`: where the entry lies.
    fn map_block(&mut self, entry: u64, len: u64, at: u64) -> Result<Mapping> {
        let refused = |kind, message: String| Err(FormatError::new(FORMAT, kind, message).at(at));
        match entry & STATE_MASK {
            0 => Ok(Mapping::Unallocated),
            // Undefined, zero, unmapped: whatever lies in the file, none of it is the guest's any more.
            1..=3 => Ok(Mapping::Zero),
            6 => {
                let host = entry & OFFSET_MASK;
                if host < ALIGN_BYTES {
                    return refused(ErrorKind::Invalid, format!("BAT entry {entry:#018x} puts a block in the header"));
                }
                if host.checked_add(len).is_none_or(|end| end > self.file_len) {
                    let message = format!("a block at {host:#x} ends after the end of the file; is the file complete?");
                    return refused(ErrorKind::Truncated, message);
                }
                if !self.claims.take(len) {
                    return refused(ErrorKind::Invalid, "entries of the BAT share a block".to_owned());
                }
                Ok(Mapping::Data(HostOffset(host)))
            }
            state => refused(
                ErrorKind::Invalid,
                format!("BAT entry {entry:#018x} has state {state}, unknown without a parent"),
            ),
        }
    }
}
