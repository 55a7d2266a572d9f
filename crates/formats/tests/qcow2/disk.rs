//! Reads a whole image with nothing but the public API and its bytes, as an engine would.

use formats::codec::Decompressor;
use formats::qcow2::{Given, Header, Mapper};
use formats::{Extent, Mapping, READ_LEN_MAX, Result, Step, Walk};

/// What a walk over an image came to.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) header: Header,
    pub(crate) extents: Vec<Extent>,
    /// Table reads that the walker asked for.
    pub(crate) reads: usize,
}

/// Opens and walks an image. `data_len`: length of its external data file, if it has one.
///
/// Panics when the walker breaks its own contract, whatever the image says.
pub(crate) fn walk(file: &[u8], given: Given, data_len: Option<u64>) -> Result<Walked> {
    let first = &file[..file.len().min(READ_LEN_MAX)];
    let header = Header::decode(first, file.len() as u64)?;
    header.require_readable(given)?;
    let mut mapper = Mapper::new(&header, file.len() as u64, data_len);
    let (mut extents, mut reads, mut next) = (Vec::new(), 0, 0);
    loop {
        match mapper.step()? {
            Step::Read { offset, len } => {
                assert!((1..=READ_LEN_MAX).contains(&len), "a read of {len} bytes");
                let start = usize::try_from(offset).expect("an offset in memory");
                let bytes = file.get(start..start + len).expect("a read in the file");
                mapper.supply(bytes)?;
                reads += 1;
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
    assert_eq!(next, header.virtual_size, "the whole disk is covered");
    Ok(Walked { header, extents, reads })
}

/// The bytes of one extent. `data`: the file that holds the data clusters.
///
/// Reads zeros after the end of the file, as QEMU does for the last cluster of a plain image.
pub(crate) fn read_extent(data: &[u8], extent: &Extent, to: &mut [u8]) -> Result<()> {
    let from = |offset: u64| data.get(offset as usize..).unwrap_or_default();
    match extent.mapping {
        Mapping::Zero | Mapping::Unallocated => to.fill(0),
        Mapping::Data(host) => {
            let stored = from(host.0);
            let len = stored.len().min(to.len());
            to[..len].copy_from_slice(&stored[..len]);
            to[len..].fill(0);
        }
        Mapping::Compressed { host, host_len_max, unit_len, codec } => {
            let stored = from(host.0);
            let stored = &stored[..stored.len().min(host_len_max as usize)];
            let mut unit = vec![0xee; unit_len as usize];
            Decompressor::new().decompress(codec, stored, &mut unit)?;
            to.copy_from_slice(&unit[..to.len()]);
        }
    }
    Ok(())
}

/// The bytes of the virtual disk of an image that needs no other file.
pub(crate) fn read_image(file: &[u8]) -> Result<Vec<u8>> {
    let walked = walk(file, Given::default(), None)?;
    read_walked(file, &walked)
}

/// The bytes of a small virtual disk. `data`: the file that holds the data clusters.
pub(crate) fn read_walked(data: &[u8], walked: &Walked) -> Result<Vec<u8>> {
    let mut disk = vec![0xdd; usize::try_from(walked.header.virtual_size).expect("a small disk")];
    for extent in &walked.extents {
        let start = extent.guest.0 as usize;
        read_extent(data, extent, &mut disk[start..start + extent.len as usize])?;
    }
    Ok(disk)
}
