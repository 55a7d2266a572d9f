//! VMDKs as VMware writes them and QEMU does not: the grain directory behind the grains.

use formats::Codec;
use formats::codec::Compressor;

const GRAIN: usize = 64 << 10;
const TABLE_ENTRIES: usize = 512;
const SECTOR: usize = 512;
/// Sectors before the first grain.
const OVERHEAD: usize = 128;

/// A streamOptimized disk that ends in a footer, as in an OVA file.
pub(crate) fn stream_optimized(disk: &[u8]) -> Vec<u8> {
    let mut file = begin("streamOptimized", disk.len(), true, u64::MAX);
    let mut compressor = Compressor::new(Codec::Zlib).expect("a compressor");
    let mut stored = vec![0; 2 * GRAIN];
    let mut directory = Vec::new();
    for (nth, part) in disk.chunks(GRAIN * TABLE_ENTRIES).enumerate() {
        let mut table = Vec::new();
        for (index, grain) in part.chunks(GRAIN).enumerate() {
            if grain.iter().all(|byte| *byte == 0) {
                table.push(0);
                continue;
            }
            // VMware fills the last grain up.
            let mut whole = grain.to_vec();
            whole.resize(GRAIN, 0);
            let len = compressor.compress(&whole, &mut stored).expect("deflate").expect("room");
            let lba = (nth * TABLE_ENTRIES + index) * GRAIN / SECTOR;
            table.push((file.len() / SECTOR) as u32);
            file.extend((lba as u64).to_le_bytes());
            file.extend((len as u32).to_le_bytes());
            file.extend(&stored[..len]);
            pad(&mut file);
        }
        table.resize(TABLE_ENTRIES, 0);
        marker(&mut file, 4, 1);
        directory.push((file.len() / SECTOR) as u32);
        file.extend(table.iter().flat_map(|entry| entry.to_le_bytes()));
    }
    marker(&mut file, (directory.len() * 4).div_ceil(SECTOR) as u64, 2);
    let directory_at = (file.len() / SECTOR) as u64;
    file.extend(directory.iter().flat_map(|entry| entry.to_le_bytes()));
    pad(&mut file);
    marker(&mut file, 1, 3);
    file.extend(header(disk.len(), true, directory_at));
    marker(&mut file, 0, 0);
    file
}

/// A monolithicSparse disk of one grain table: directory at sector 128, table at 129, then grains.
pub(crate) fn sparse(disk: &[u8]) -> Vec<u8> {
    assert!(disk.len() <= GRAIN * TABLE_ENTRIES, "one table");
    let mut file = begin("monolithicSparse", disk.len(), false, OVERHEAD as u64);
    file.extend((OVERHEAD as u32 + 1).to_le_bytes());
    pad(&mut file);
    let table_at = file.len();
    file.resize(table_at + 4 * TABLE_ENTRIES, 0);
    for (index, grain) in disk.chunks(GRAIN).enumerate() {
        if grain.iter().any(|byte| *byte != 0) {
            let sector = (file.len() / SECTOR) as u32;
            file[table_at + 4 * index..][..4].copy_from_slice(&sector.to_le_bytes());
            file.extend(grain);
            pad(&mut file);
        }
    }
    file
}

fn begin(create_type: &str, len: usize, is_stream: bool, directory: u64) -> Vec<u8> {
    let mut file = header(len, is_stream, directory);
    let sectors = len / SECTOR;
    file.extend(
        format!("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"{create_type}\"\n\nRW {sectors} SPARSE \"made.vmdk\"\n")
            .bytes(),
    );
    file.resize(OVERHEAD * SECTOR, 0);
    file
}

fn header(len: usize, is_stream: bool, directory: u64) -> Vec<u8> {
    let (version, flags, compression) = if is_stream { (3u32, 0x3_0001u32, 1u16) } else { (1, 1, 0) };
    let mut header = b"KDMV".to_vec();
    header.extend(version.to_le_bytes());
    header.extend(flags.to_le_bytes());
    for value in [len / SECTOR, GRAIN / SECTOR, 1, 20] {
        header.extend((value as u64).to_le_bytes());
    }
    header.extend((TABLE_ENTRIES as u32).to_le_bytes());
    for value in [0, directory, OVERHEAD as u64] {
        header.extend(value.to_le_bytes());
    }
    header.extend(b"\0\n \r\n");
    header.extend(compression.to_le_bytes());
    header.resize(SECTOR, 0);
    header
}

fn marker(file: &mut Vec<u8>, sectors: u64, kind: u32) {
    file.extend(sectors.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    file.extend(kind.to_le_bytes());
    pad(file);
}

fn pad(file: &mut Vec<u8>) {
    file.resize(file.len().next_multiple_of(SECTOR), 0);
}
