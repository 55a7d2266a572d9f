//! VHDs that our encoders made, read by QEMU: 10, and 7.2 where it is installed.

use std::path::PathBuf;

use crate::content::mixed_disk;
use crate::disk::{assert_same, open_vhd, read_vhd};
use crate::vhd_made::{dynamic, dynamic_in_blocks, fixed};
use crate::workshop::Workshop;

/// Sizes whole and odd, as of R21: 20 MiB + 512 KiB, and one that no geometry can say.
const SIZES: [usize; 5] = [512, 1 << 20, 8_390_656, (20 << 20) + (512 << 10), 5_243_392];

fn disk(size: usize) -> Vec<u8> {
    let mut disk = mixed_disk(size);
    let hole = size.min(2 << 20)..size.min(9 << 20);
    disk[hole].fill(0);
    disk
}

/// QEMU 7.2, which takes sizes from the geometry more often than 10 does (scripts/old-qemu.sh).
fn old_qemu_img() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.tools/qemu-7.2/usr/bin/qemu-img")
}

/// R21: each size is kept to the byte, for us, for QEMU 10 and for QEMU 7.2.
#[test]
fn r21_written_disks_keep_size_and_content() {
    let shop = Workshop::new("vhd-written");
    let old = old_qemu_img();
    for size in SIZES {
        let disk = disk(size);
        for (kind, file) in [("fixed", fixed(&disk)), ("dynamic", dynamic(&disk))] {
            let case = format!("{kind} of {size} bytes");
            assert_eq!(open_vhd(&file).expect(&case).warnings, Vec::<String>::new());
            assert_same(&read_vhd(&file).expect(&case), &disk, &case);
            shop.write("ours.vhd", &file);
            let words = "convert -f vpc -O raw ours.vhd judge.raw";
            shop.qemu_img(words);
            assert_same(&shop.read("judge.raw"), &disk, &case);
            let old = old.to_str().expect("a path in UTF-8");
            let output = shop.run(old, words.split(' '));
            assert!(output.status.success(), "{old}: {}", String::from_utf8_lossy(&output.stderr));
            assert_same(&shop.read("judge.raw"), &disk, &format!("{case}, QEMU 7.2"));
        }
    }
}

/// Each block size that we read we can write, and QEMU reads it.
#[test]
fn every_block_size_is_read_by_qemu() {
    let shop = Workshop::new("vhd-block-sizes");
    let disk = disk(5_243_392);
    for bits in [19, 20, 21, 22, 24] {
        let case = format!("blocks of {} bytes", 1 << bits);
        let file = dynamic_in_blocks(&disk, 1 << bits);
        assert_same(&read_vhd(&file).expect(&case), &disk, &case);
        shop.write("ours.vhd", &file);
        shop.qemu_img("convert -f vpc -O raw ours.vhd judge.raw");
        assert_same(&shop.read("judge.raw"), &disk, &case);
    }
}

/// QEMU can also write into our file: it finds where the next block goes, although ours have gaps.
#[test]
fn qemu_goes_on_writing_where_we_stopped() {
    let shop = Workshop::new("vhd-continued");
    let mut disk = disk((20 << 20) + (512 << 10));
    shop.write("ours.vhd", &dynamic(&disk));
    shop.qemu_io("ours.vhd", &["write -P 0x5a 5M 1M", "write -P 0xa5 0 512"]);
    disk[5 << 20..6 << 20].fill(0x5a);
    disk[..512].fill(0xa5);
    let file = shop.read("ours.vhd");
    assert_same(&read_vhd(&file).expect("a VHD"), &disk, "after QEMU wrote");
    shop.qemu_img("convert -f vpc -O raw ours.vhd judge.raw");
    assert_same(&shop.read("judge.raw"), &disk, "as QEMU reads it");
}

/// Stock QEMU knows the dynamic disk by itself, with its size to the byte.
#[test]
fn qemu_detects_a_dynamic_disk() {
    let shop = Workshop::new("vhd-detected");
    shop.write("ours.vhd", &dynamic(&disk(5_243_392)));
    let info = shop.qemu_img("info --output=json ours.vhd");
    assert!(info.contains(r#""format": "vpc""#) && info.contains(r#""virtual-size": 5243392"#), "{info}");
}
