//! VHD, with checksums that are made right: mutations would otherwise stop at them, and an attacker does not.

use formats::vhd;

use crate::file::File;
use crate::walk::walk;

const HEAD_BYTES: usize = 64 << 10;
const FOOTER_CHECKSUM: usize = 64;
const DYNAMIC_CHECKSUM: usize = 36;
const DYNAMIC_OFFSET_FIELD: usize = 16;

/// A VHD in pieces: footer, its copy, dynamic header, block allocation table, sector bitmaps.
pub fn vhd(bytes: &[u8]) -> bool {
    let file = File::pieced(bytes);
    let mut head = file.read_up_to(0, HEAD_BYTES);
    let mut tail = file.read_up_to(file.len().saturating_sub(vhd::FOOTER_BYTES as u64), vhd::FOOTER_BYTES);
    // As it is; then with right checksums, as far as these fields are there.
    if open_and_walk(&head, &tail, &file) {
        return true;
    }
    seal(&mut tail, 0, vhd::FOOTER_BYTES, FOOTER_CHECKSUM);
    let dynamic = dynamic_offset(&head);
    seal(&mut head, 0, vhd::FOOTER_BYTES, FOOTER_CHECKSUM);
    seal(&mut head, dynamic, vhd::DYNAMIC_HEADER_BYTES, DYNAMIC_CHECKSUM);
    open_and_walk(&head, &tail, &file)
}

fn open_and_walk(head: &[u8], tail: &[u8], file: &File<'_>) -> bool {
    let Ok(image) = vhd::open(head, tail, file.len()) else {
        return false;
    };
    let size = image.footer.virtual_size();
    assert!(size <= vhd::VIRTUAL_SIZE_MAX, "a disk of {size} bytes was accepted");
    walk(&mut vhd::Mapper::new(&image), file, size)
}

fn dynamic_offset(head: &[u8]) -> usize {
    let field = head.get(DYNAMIC_OFFSET_FIELD..DYNAMIC_OFFSET_FIELD + 8);
    let offset = field.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or(usize::MAX)
}

/// Writes the one's complement of the sum of all bytes into the checksum field.
fn seal(bytes: &mut [u8], start: usize, len: usize, field: usize) {
    let Some(part) = start.checked_add(len).and_then(|end| bytes.get_mut(start..end)) else {
        return;
    };
    part[field..field + 4].fill(0);
    let sum = part.iter().fold(0u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    part[field..field + 4].copy_from_slice(&(!sum).to_be_bytes());
}
