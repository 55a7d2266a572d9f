//! VMDK.

use formats::vmdk;

use crate::file::File;
use crate::walk::walk;

const HEAD_BYTES: usize = 64 << 10;
const TAIL_BYTES: usize = 1024;

/// A VMDK in pieces: header, descriptor, footer, grain directory and tables, grain markers, compressed grains.
pub fn vmdk(bytes: &[u8]) -> bool {
    let file = File::pieced(bytes);
    let head = file.read_up_to(0, HEAD_BYTES);
    let tail = file.read_up_to(file.len().saturating_sub(TAIL_BYTES as u64), TAIL_BYTES);
    let Ok(image) = vmdk::open(&head, &tail, file.len()) else {
        return false;
    };
    let size = image.header.virtual_size;
    assert!(size <= vmdk::VIRTUAL_SIZE_MAX, "a disk of {size} bytes was accepted");
    walk(&mut vmdk::Mapper::new(&image), &file, size)
}
