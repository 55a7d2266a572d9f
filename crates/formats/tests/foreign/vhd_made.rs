//! Files made with our encoders, as an engine would write them.

use formats::vhd::{BLOCK_BYTES_DEFAULT, DynamicHeader, Footer, Layout};
use uuid::Uuid;

const UUID: Uuid = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);
/// Some day in 2026, in seconds since 2000.
const TIME: u32 = 848_000_000;

pub(crate) fn fixed(disk: &[u8]) -> Vec<u8> {
    let footer = Footer::fixed(disk.len() as u64, UUID, TIME).expect("a size for VHD");
    [disk, &footer.encode()].concat()
}

pub(crate) fn dynamic(disk: &[u8]) -> Vec<u8> {
    dynamic_in_blocks(disk, BLOCK_BYTES_DEFAULT)
}

/// Takes blocks in guest order, blocks of zeros not at all.
pub(crate) fn dynamic_in_blocks(disk: &[u8], block_bytes: u32) -> Vec<u8> {
    let layout = Layout::dynamic(disk.len() as u64, block_bytes).expect("a size for VHD");
    let footer = Footer::dynamic(disk.len() as u64, UUID, TIME).expect("a size for VHD").encode();
    let mut file = [&footer[..], &DynamicHeader::of(&layout).encode()].concat();
    let (mut nths, mut count) = (Vec::new(), 0);
    for block in disk.chunks(block_bytes as usize) {
        let is_zero = block.iter().all(|byte| *byte == 0);
        nths.push((!is_zero).then_some(count));
        if !is_zero {
            put(&mut file, layout.bitmap_offset(count), &layout.bitmap());
            put(&mut file, layout.data_offset(count), block);
            count += 1;
        }
    }
    nths.resize(layout.bat_bytes() as usize / 4, None);
    put(&mut file, layout.bat_offset, &layout.encode_bat_window(&nths));
    put(&mut file, layout.footer_offset(count), &footer);
    assert_eq!(file.len() as u64, layout.file_len(count));
    file
}

fn put(file: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let end = at as usize + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at as usize..end].copy_from_slice(bytes);
}
