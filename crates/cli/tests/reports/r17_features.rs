//! R17: unsupported features are found before any block is read.

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

const DIRTY: u64 = 1 << 0;
const CORRUPT: u64 = 1 << 1;
const EXTERNAL_DATA: u64 = 1 << 2;
/// Workshop of the incompatible feature bits.
const INCOMPATIBLE: u64 = 72;
const FEATURE_NAMES: u32 = 0x6803_f857;

/// Bits 3 and 4, compression type and extended L2, are supported and come back equal.
#[test]
fn r17_compression_type_and_extended_l2_are_supported() {
    let shop = Workshop::new();
    let disk = shop.full_disk("disk.raw", 17, 2 * MIB);
    for options in ["-o compression_type=zstd -c", "-o extended_l2=on", "-o extended_l2=on,cluster_size=2M"] {
        shop.qcow2_of("disk.raw", "source.qcow2", options);
        shop.must("copy source.qcow2 sealed.qcow2 --encrypt --force");
        assert_eq!(sha256(&shop.opened_by_qemu("sealed.qcow2")), sha256(&disk), "{options}");
    }
}

/// Bit 0, dirty: its refcounts may be wrong, its data is not; it is read, and a warning says so.
#[test]
fn r17_a_dirty_image_is_read_with_a_warning() {
    let shop = Workshop::new();
    let disk = shop.full_disk("disk.raw", 17, 2 * MIB);
    shop.qcow2_of("disk.raw", "clean.qcow2", "-o lazy_refcounts=on");
    shop.change_qcow2("clean.qcow2", "dirty.qcow2", |image| image.put_u64(INCOMPATIBLE, DIRTY));
    let copied = shop.json("copy dirty.qcow2 sealed.qcow2 --encrypt");
    assert!(copied["warnings"].to_string().contains("dirty"), "{copied}");
    assert_eq!(sha256(&shop.opened_by_qemu("sealed.qcow2")), sha256(&disk));
}

/// Bits 1, 2, 5 and 63 are refused at once, by name: known ones by theirs, unknown ones by the table in the file, or
/// by number without one. A byte-for-byte copy refuses them as well.
#[test]
fn r17_other_incompatible_bits_are_refused_by_name() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 17, 2 * MIB);
    shop.qcow2_of("disk.raw", "good.qcow2", "-o compat=1.1");
    let cases: [(u64, Option<&str>, &str); 6] = [
        (CORRUPT, None, "corrupt"),
        (EXTERNAL_DATA, None, "data"),
        (1 << 5, None, "bit 5"),
        (1 << 63, None, "bit 63"),
        (1 << 5, Some("holographic clusters"), "holographic clusters"),
        (1 << 63, Some("time travel"), "time travel"),
    ];
    for (bit, name, wanted) in cases {
        shop.change_qcow2("good.qcow2", "odd.qcow2", |image| {
            image.put_u64(INCOMPATIBLE, bit);
            if let Some(name) = name {
                image.extend(FEATURE_NAMES, &feature_name(bit.trailing_zeros() as u8, name));
            }
        });
        for how in ["--encrypt", "", "--format raw"] {
            let used = shop.measure(&format!("copy odd.qcow2 copy.img {how}"));
            let error = used.outcome.refusal();
            assert!(error.contains(wanted), "bit {bit:#x}, {how:?}: {error}");
            assert!(used.cpu_seconds < 2.0, "bit {bit:#x}: {} s", used.cpu_seconds);
        }
        let inspected = shop.json("inspect odd.qcow2");
        assert!(inspected["refusal"].as_str().is_some_and(|text| text.contains(wanted)), "{inspected}");
        assert!(!shop.exists("copy.img") && !shop.exists("copy.img.partial"), "something was left");
    }
}

/// An entry of the feature name table: kind 0 (incompatible), bit, name padded with zeros.
fn feature_name(bit: u8, name: &str) -> Vec<u8> {
    let mut entry = vec![0, bit];
    entry.extend_from_slice(name.as_bytes());
    entry.resize(48, 0);
    entry
}
