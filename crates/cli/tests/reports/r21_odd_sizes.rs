//! R21: disks whose size is no whole number of MiB, or of sectors.

use crate::fixture::{KIB, MIB, sha256};
use crate::support::Workshop;

/// A fixed VHD of 20 MiB + 512 KiB and its footer is taken, to the byte; encrypted, it reads back equal; written as VHD
/// again, its footer is right and its disk the same.
#[test]
fn r21_a_fixed_vhd_of_no_whole_mib_is_exact_to_the_byte() {
    let shop = Workshop::new();
    let disk = shop.full_disk("disk.raw", 21, 20 * MIB + 512 * KIB);
    shop.sh("qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on disk.raw source.vhd").ok();
    assert_eq!(shop.read("source.vhd").len() as u64, 20 * MIB + 512 * KIB + 512);

    let copied = shop.json("copy source.vhd sealed.qcow2 --encrypt --verify");
    assert_eq!(copied["virtual_size"], 20 * MIB + 512 * KIB);
    assert_eq!(sha256(&shop.opened_by_qemu("sealed.qcow2")), sha256(&disk));

    for (name, how) in [("dynamic.vhd", ""), ("fixed.vhd", "--preallocate full")] {
        let copied = shop.json(&format!("copy source.vhd {name} --format vhd {how} --no-sync"));
        let file = shop.read(name);
        assert_right_checksum(&file[file.len() - 512..]);
        shop.sh(&format!("qemu-img compare -f vpc -F raw {name} disk.raw")).ok();
        assert_eq!(copied["virtual_size"], 20 * MIB + 512 * KIB, "{name}");
    }
    // `source.vhd` is fixed already: without a wish for another kind the copy keeps every byte.
    shop.must("copy source.vhd kept.vhd --no-sync");
    assert_eq!(sha256(&shop.read("kept.vhd")), sha256(&shop.read("source.vhd")));
}

/// A raw image that ends inside a sector is padded with zeros to the next 512 bytes, never cut, and a warning says so.
#[test]
fn r21_a_raw_image_that_ends_inside_a_sector_is_padded_with_a_warning() {
    let shop = Workshop::new();
    let mut disk = shop.full_disk("odd.raw", 21, 1_000_001);
    let copied = shop.json("copy odd.raw sealed.qcow2 --encrypt --verify");
    assert_eq!(copied["virtual_size"], 1_000_448);
    assert!(copied["warnings"].to_string().contains("padded"), "{copied}");
    disk.resize(1_000_448, 0);
    assert_eq!(sha256(&shop.opened_by_qemu("sealed.qcow2")), sha256(&disk));
}

/// The checksum of a footer is the complement of the sum of all bytes, with its own field zero.
fn assert_right_checksum(footer: &[u8]) {
    assert_eq!(&footer[..8], b"conectix");
    let outside = footer.iter().enumerate().filter(|(at, _)| !(64..68).contains(at));
    let sum: u32 = outside.map(|(_, &byte)| u32::from(byte)).sum();
    assert_eq!(footer[64..68], (!sum).to_be_bytes());
}
