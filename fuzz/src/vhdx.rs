//! VHDX, with checksums that are made right: mutations would otherwise stop at them, and an attacker does not.

use std::ops::Range;

use formats::vhdx;

use crate::file::File;
use crate::walk::walk;

/// Two headers and two region tables, each with a CRC-32C of its own in bytes 4 to 7.
const SEALED: [Range<usize>; 4] =
    [64 << 10..68 << 10, 128 << 10..132 << 10, 192 << 10..256 << 10, 256 << 10..320 << 10];

/// A VHDX in pieces: headers, region tables, metadata, block allocation table.
pub fn vhdx(bytes: &[u8]) -> bool {
    let file = File::pieced(bytes);
    let mut head = file.read_up_to(0, vhdx::HEAD_BYTES);
    // As it is; then with right checksums.
    if open_and_walk(&head, &file) {
        return true;
    }
    for range in SEALED {
        if let Some(part) = head.get_mut(range) {
            seal(part);
        }
    }
    open_and_walk(&head, &file)
}

fn open_and_walk(head: &[u8], file: &File<'_>) -> bool {
    let Ok(head) = vhdx::Head::decode(head, file.len()) else {
        return false;
    };
    let metadata = file.read_up_to(head.metadata.offset, head.metadata_read_bytes());
    let Ok(image) = vhdx::Image::decode(&head, &metadata) else {
        return false;
    };
    assert!(image.virtual_size <= vhdx::VIRTUAL_SIZE_MAX, "a disk of {} bytes was accepted", image.virtual_size);
    assert!(image.block_bytes <= vhdx::BLOCK_BYTES_MAX, "blocks of {} bytes were accepted", image.block_bytes);
    walk(&mut vhdx::Mapper::new(&image), file, image.virtual_size)
}

fn seal(part: &mut [u8]) {
    part[4..8].fill(0);
    let crc = crc32c::crc32c(part);
    part[4..8].copy_from_slice(&crc.to_le_bytes());
}
