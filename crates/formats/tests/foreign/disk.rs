//! Reads a whole image with nothing but the public API and its bytes, as an engine would.

use formats::codec::Decompressor;
use formats::{Extent, Mapping, READ_LEN_MAX, Result, Step, Walk, vhd, vhdx, vmdk};

use crate::workshop::Workshop;

/// Opens and reads the disk of a file.
pub(crate) type Read = fn(&[u8]) -> Result<Vec<u8>>;

pub(crate) fn read_vhd(file: &[u8]) -> Result<Vec<u8>> {
    let image = open_vhd(file)?;
    read(file, &mut vhd::Mapper::new(&image), image.footer.virtual_size())
}

pub(crate) fn open_vhd(file: &[u8]) -> Result<vhd::Image> {
    vhd::open(head(file, 64 << 10), tail(file), file.len() as u64)
}

pub(crate) fn read_vhdx(file: &[u8]) -> Result<Vec<u8>> {
    let image = open_vhdx(file)?;
    read(file, &mut vhdx::Mapper::new(&image), image.virtual_size)
}

pub(crate) fn open_vhdx(file: &[u8]) -> Result<vhdx::Image> {
    let head = vhdx::Head::decode(head(file, vhdx::HEAD_BYTES), file.len() as u64)?;
    let metadata = &file[head.metadata.offset as usize..][..head.metadata_read_bytes()];
    vhdx::Image::decode(&head, metadata)
}

pub(crate) fn read_vmdk(file: &[u8]) -> Result<Vec<u8>> {
    let image = open_vmdk(file)?;
    read(file, &mut vmdk::Mapper::new(&image), image.header.virtual_size)
}

pub(crate) fn open_vmdk(file: &[u8]) -> Result<vmdk::Image> {
    vmdk::open(head(file, 64 << 10), tail(file), file.len() as u64)
}

/// The first `len` bytes, or all that there are.
pub(crate) fn head(file: &[u8], len: usize) -> &[u8] {
    &file[..file.len().min(len)]
}

/// The last 1024 bytes, or all that there are.
pub(crate) fn tail(file: &[u8]) -> &[u8] {
    &file[file.len().saturating_sub(1024)..]
}

/// The bytes of a small virtual disk.
pub(crate) fn read(file: &[u8], walker: &mut dyn Walk, size: u64) -> Result<Vec<u8>> {
    let extents = walk(file, walker, size)?;
    let mut disk = vec![0xdd; usize::try_from(size).expect("a small disk")];
    for extent in &extents {
        let start = extent.guest.0 as usize;
        read_extent(file, extent, &mut disk[start..start + extent.len as usize])?;
    }
    Ok(disk)
}

/// Walks an image. Panics when the walker breaks its own contract, whatever the image says.
pub(crate) fn walk(file: &[u8], walker: &mut dyn Walk, size: u64) -> Result<Vec<Extent>> {
    let (mut extents, mut next) = (Vec::new(), 0);
    loop {
        match walker.step()? {
            Step::Read { offset, len } => {
                assert!((1..=READ_LEN_MAX).contains(&len), "a read of {len} bytes");
                let start = usize::try_from(offset).expect("an offset in memory");
                walker.supply(file.get(start..start + len).expect("a read in the file"))?;
            }
            Step::Extent(extent) => {
                assert_eq!(extent.guest.0, next, "no gap, no overlap");
                assert!(extent.len > 0, "an empty extent at {next}");
                next += extent.len;
                extents.push(extent);
            }
            Step::End => break,
        }
    }
    assert_eq!(next, size, "the whole disk is covered");
    Ok(extents)
}

fn read_extent(file: &[u8], extent: &Extent, to: &mut [u8]) -> Result<()> {
    match extent.mapping {
        Mapping::Zero | Mapping::Unallocated => to.fill(0),
        Mapping::Data(host) => to.copy_from_slice(&file[host.0 as usize..][..to.len()]),
        Mapping::Compressed { host, host_len_max, unit_len, codec } => {
            let stored = &file[host.0 as usize..][..host_len_max as usize];
            let mut unit = vec![0xee; unit_len as usize];
            Decompressor::new().decompress(codec, stored, &mut unit)?;
            to.copy_from_slice(&unit[..to.len()]);
        }
    }
    Ok(())
}

/// Compares what we read in `image` with what QEMU, told its `format`, converts it to.
pub(crate) fn assert_reads_as_qemu(shop: &Workshop, format: &str, read: Read, image: &str, case: &str) {
    shop.qemu_img(&format!("convert -f {format} -O raw {image} judge.raw"));
    let disk = read(&shop.read(image)).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert_same(&disk, &shop.read("judge.raw"), case);
}

/// Names the first byte that differs: megabytes in a message help nobody.
pub(crate) fn assert_same(ours: &[u8], theirs: &[u8], case: &str) {
    assert_eq!(ours.len(), theirs.len(), "{case}: length");
    let first = ours.iter().zip(theirs).position(|(a, b)| a != b);
    assert_eq!(first, None, "{case}: first byte that differs");
}
