//! Drives a walker over a file and checks what it promises.

use formats::codec::Decompressor;
use formats::{Mapping, READ_LEN_MAX, Step, Walk};

use crate::file::File;

/// A small input may describe a disk of many clusters; this many steps show enough of it.
const STEPS_MAX: usize = 50_000;
/// Compressed units are up to 2 MiB each: the first few show enough.
const UNITS_MAX: usize = 4;

/// Walks the whole disk; returns whether it came to the end.
pub fn walk(walker: &mut dyn Walk, file: &File<'_>, virtual_size: u64) -> bool {
    let mut covered = 0;
    let mut units = 0;
    for _ in 0..STEPS_MAX {
        let Ok(step) = walker.step() else {
            return false;
        };
        match step {
            Step::Read { offset, len } => {
                assert!(len > 0 && len <= READ_LEN_MAX, "a read of {len} bytes");
                if walker.supply(&file.read(offset, len)).is_err() {
                    return false;
                }
            }
            Step::Extent(extent) => {
                assert_eq!(extent.guest.0, covered, "extents are not in guest order");
                assert!(extent.len > 0, "an empty extent at {covered}");
                covered += extent.len;
                assert!(covered <= virtual_size, "an extent goes beyond the disk");
                if let compressed @ Mapping::Compressed { .. } = extent.mapping
                    && units < UNITS_MAX
                {
                    units += 1;
                    decompress(compressed, file);
                }
            }
            Step::End => {
                assert_eq!(covered, virtual_size, "the walk ends before the disk does");
                return true;
            }
        }
    }
    false
}

/// Any outcome but a panic is fine: the bytes are foreign.
fn decompress(mapping: Mapping, file: &File<'_>) {
    let Mapping::Compressed { host, host_len_max, unit_len, codec } = mapping else {
        return;
    };
    let input = file.read_up_to(host.0, (host_len_max as usize).min(READ_LEN_MAX));
    let mut output = vec![0; unit_len as usize];
    let _ = Decompressor::new().decompress(codec, &input, &mut output);
}
