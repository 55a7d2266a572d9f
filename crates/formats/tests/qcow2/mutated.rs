//! Real images with bytes changed at random: any answer but a panic, a hang or a flood is right.

use std::sync::OnceLock;

use formats::READ_LEN_MAX;
use formats::qcow2::{Given, Header, decode_snapshots};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::content::mixed_disk;
use crate::disk::{read_extent, walk};
use crate::workshop::Workshop;

/// Images of 300 KiB that QEMU made, one for each way in which entries can look.
fn images() -> &'static [Vec<u8>] {
    static IMAGES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let shop = Workshop::new("mutated");
        shop.write("source.raw", &mixed_disk(300 << 10));
        let options = [
            "-o cluster_size=512",
            "-o cluster_size=4096,compat=0.10",
            "-o cluster_size=64k",
            "-o cluster_size=16k,extended_l2=on",
            "-c -o cluster_size=4096",
            "-c -o cluster_size=64k,compression_type=zstd",
            "-c -o cluster_size=16k,extended_l2=on,compression_type=zstd",
        ];
        let mut images: Vec<Vec<u8>> = Vec::new();
        for option in options {
            shop.qemu_img(&format!("convert -f raw -O qcow2 {option} source.raw made.qcow2"));
            images.push(shop.read("made.qcow2"));
        }
        shop.qemu_img("convert -f raw -O qcow2 -o cluster_size=4096 source.raw made.qcow2");
        shop.qemu_img("snapshot -c one made.qcow2");
        shop.qemu_img("bitmap --add made.qcow2 two");
        images.push(shop.read("made.qcow2"));
        images
    })
}

/// A change where it matters: in a table's first bytes, or anywhere.
#[derive(Debug, Clone)]
struct Change {
    /// Picks a cluster; the tables are among the first.
    cluster: Index,
    offset: usize,
    bytes: Vec<u8>,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let offset = prop_oneof![0..200usize, 0..4096usize];
    let bytes = prop_oneof![vec(any::<u8>(), 1..9), Just(vec![0xff; 8]), Just(vec![0; 8])];
    let change = (any::<Index>(), offset, bytes);
    vec(change.prop_map(|(cluster, offset, bytes)| Change { cluster, offset, bytes }), 1..5)
}

fn change(image: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut file = image.to_vec();
    let cluster_bytes = 1usize << u32::from_be_bytes(image[20..24].try_into().expect("4 bytes"));
    let clusters = (image.len() / cluster_bytes).clamp(1, 8);
    for change in changes {
        let start = change.cluster.index(clusters) * cluster_bytes + change.offset;
        for (place, byte) in file.iter_mut().skip(start).zip(&change.bytes) {
            *place = *byte;
        }
    }
    file
}

/// Reads what a reader would, as far as a test has time. Fails on work out of proportion.
fn read_some(file: &[u8]) -> Result<(), TestCaseError> {
    let given = Given { backing_file: true, data_file: false };
    let Ok(walked) = walk(file, given, None) else { return Ok(()) };
    // Every entry has 8 bytes of its own, and gives one extent, or 32 for its subclusters.
    prop_assert!(walked.extents.len() <= file.len() * 4, "{} extents", walked.extents.len());
    prop_assert!(walked.reads <= file.len() / 512 + 2, "{} reads", walked.reads);
    let start = usize::try_from(walked.header.snapshots_offset).unwrap_or(usize::MAX);
    let table = file.get(start..).unwrap_or_default();
    prop_assert!(decode_snapshots(table, walked.header.snapshot_count).len() <= file.len() / 40);
    for extent in walked.extents.iter().take(100) {
        let mut part = vec![0; extent.len.min(4096) as usize];
        // Damaged data may be an error; that it does not panic is what is shown.
        let _ = read_extent(file, extent, &mut part);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Header, tables and data with a few bytes changed.
    #[test]
    fn changed_images_never_panic_and_are_bounded_work(image in any::<Index>(), changes in changes()) {
        read_some(&change(&images()[image.index(images().len())], &changes))?;
    }

    /// The same, cut off somewhere.
    #[test]
    fn changed_and_cut_images_never_panic(image in any::<Index>(), changes in changes(), end in any::<Index>()) {
        let mut file = change(&images()[image.index(images().len())], &changes);
        file.truncate(end.index(file.len()));
        read_some(&file)?;
    }

    /// A magic and noise, with a version that is decoded.
    #[test]
    fn noise_after_a_magic_never_panics(noise in vec(any::<u8>(), 0..2000), version in 2..4u32) {
        let mut file = [&b"QFI\xfb"[..], &version.to_be_bytes(), &noise].concat();
        let _ = Header::decode(&file[..file.len().min(READ_LEN_MAX)], file.len() as u64);
        // A small file hides most of the decoder behind "ends after the end of the file".
        if let Some(bits) = file.get_mut(20..24) {
            bits.copy_from_slice(&9u32.to_be_bytes());
        }
        let _ = Header::decode(&file, u64::MAX);
    }
}
