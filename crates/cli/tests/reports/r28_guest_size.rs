//! R28: the guest sees exactly the size of the source; no header eats into it.

use crate::fixture::{GIB, MIB, sha256};
use crate::support::Workshop;

/// Small disks full to the last sector, as LUKS in qcow2, raw LUKS1 and raw LUKS2: every byte is there and none more,
/// as stock tools see it.
#[test]
fn r28_full_disks_keep_their_size_to_the_byte() {
    for (seed, size) in [(1, 10 * MIB), (2, 2 * MIB + 512), (3, 3 * MIB - 512), (4, 512)] {
        let shop = Workshop::new();
        let disk = sha256(&shop.full_disk("disk.raw", seed, size));
        for format in ["qcow2", "luks1", "luks2"] {
            let copied = shop.json(&format!("copy disk.raw {format}.img --encrypt --format {format} --no-sync"));
            assert_eq!(copied["virtual_size"], size, "{format}");
            let opened =
                if format == "luks2" { luks2_opened(&shop) } else { shop.opened_by_qemu(&format!("{format}.img")) };
            assert_eq!(opened.len() as u64, size, "{format}: the guest's size");
            assert_eq!(sha256(&opened), disk, "{format}: the guest's bytes");
        }
    }
}

/// Large disks with data in the first and in the last sector.
#[test]
fn r28_large_disks_keep_their_size_and_their_last_sector() {
    for size in [GIB, GIB + 512, 5 * GIB - 512] {
        let shop = Workshop::new();
        shop.sh(&format!("qemu-img create -q -f raw disk.raw {size}")).ok();
        for (at, byte) in [(0, 0x11), (size - 512, 0x99)] {
            shop.sh(&format!("qemu-io -f raw disk.raw -c 'write -q -P {byte} {at} 512'")).ok();
        }
        shop.must("copy disk.raw sealed.qcow2 --encrypt --verify --no-sync");
        let read = format!("qemu-io --object secret,id=s0,file={{secret}} -c 'read -q -P 153 {} 512'", size - 512);
        let said =
            shop.exec("sealed.qcow2", &format!("{read} --image-opts {}", shop.image_options("sealed.qcow2"))).ok();
        assert!(!said.stdout.contains("Pattern verification failed"), "{size}: {said:?}");
        let info = shop.sh("qemu-img info --output=json sealed.qcow2").ok().json();
        assert_eq!(info["virtual-size"], size);
        shop.must_equal("sealed.qcow2", "disk.raw", "raw");
    }
}

/// The disk in `luks2.img`: QEMU does not read LUKS2, so cryptsetup first makes a LUKS1 header for the same payload.
fn luks2_opened(shop: &Workshop) -> Vec<u8> {
    shop.write("work.img", shop.read("luks2.img"));
    shop.write("luks2.pass", shop.passphrase("luks2.img"));
    shop.sh("cryptsetup token remove --token-id 0 work.img").ok();
    shop.sh("cryptsetup convert -q --type luks1 work.img").ok();
    shop.sh("qemu-img convert --object secret,id=s0,file=luks2.pass --image-opts -O raw \
         driver=luks,file.filename=work.img,key-secret=s0 opened.raw")
        .ok();
    shop.read("opened.raw")
}
