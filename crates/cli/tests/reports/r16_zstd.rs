//! R16: qcow2 with zstd clusters.

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

/// The same data compressed with zstd and with zlib: both are read, encrypted, and come back byte for byte.
#[test]
fn r16_zstd_and_zlib_clusters_come_back_equal() {
    let shop = Workshop::new();
    let disk = compressible(&shop);
    for codec in ["zstd", "zlib"] {
        shop.qcow2_of("disk.raw", "packed.qcow2", &format!("-c -o compression_type={codec}"));
        let inspected = shop.json("inspect packed.qcow2");
        assert!(inspected["allocation"]["compressed_bytes"].as_u64().expect("a number") >= 4 * MIB, "{inspected}");
        let sealed = format!("{codec}.qcow2");
        shop.must(&format!("copy packed.qcow2 {sealed} --encrypt --verify"));
        assert_eq!(sha256(&shop.opened_by_qemu(&sealed)), sha256(&disk), "{codec}");
    }
}

/// A frame that ends early, or that is damaged, ends the copy with the place of the cluster; zeros never stand in for
/// its data.
#[test]
fn r16_a_truncated_zstd_frame_is_refused_with_its_offset() {
    let shop = Workshop::new();
    compressible(&shop);
    shop.qcow2_of("disk.raw", "packed.qcow2", "-c -o compression_type=zstd");
    for (name, zeroed_from) in [("torn", 40), ("empty", 0)] {
        let mut frame = 0;
        shop.change_qcow2("packed.qcow2", "damaged.qcow2", |image| {
            // 64 KiB clusters: bits 0 to 53 of a compressed entry are the byte offset.
            frame = image.u64(image.l2_entry(1)) & ((1 << 54) - 1);
            let length = 64 << (image.u64(image.l2_entry(1)) >> 54 & 0x7f).min(2);
            image.put(frame + zeroed_from, &vec![0; length]);
        });
        let error = shop.refusal("copy damaged.qcow2 sealed.qcow2 --encrypt");
        assert!(error.contains(&format!("at byte {frame}")), "{name}: {error}");
        assert!(error.contains("zstd") || error.contains("compressed"), "{name}: {error}");
        assert!(!shop.exists("sealed.qcow2") && !shop.exists("sealed.qcow2.partial"), "{name}: something was left");
    }
}

/// A disk whose clusters shrink, each to something else.
fn compressible(shop: &Workshop) -> Vec<u8> {
    let disk: Vec<u8> =
        (0..4 * MIB).map(|at| if at % 97 == 0 { (at >> 9) as u8 } else { (at >> 16) as u8 | 1 }).collect();
    shop.write("disk.raw", &disk);
    disk
}
