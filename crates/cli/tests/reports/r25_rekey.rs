//! R25: swapping a keyslot is not re-encryption.

use crate::fixture::images::poke;
use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

const SECTOR: usize = 512;
/// Workshop and length of the LUKS header with its key material: in a qcow2 with 64 KiB clusters, and in raw LUKS1.
const IN_QCOW2: (u64, usize) = (65_536, 2_068_480);
const IN_LUKS1: (u64, usize) = (0, 2_068_480);

/// By default another key means another master key: the old header with the old secret, put onto the new file, opens
/// not one sector of it, and no sector of ciphertext stays.
#[test]
fn r25_a_new_key_makes_the_old_header_and_secret_worthless() {
    for (format, area) in [("qcow2", IN_QCOW2), ("luks1", IN_LUKS1)] {
        let (shop, disk) = under_two_keys(format, "reencrypt");
        assert_ne!(shop.passphrase("old.img"), shop.passphrase("new.img"), "{format}: the data key stayed");
        let stolen = opened_with_old_header(&shop, area);
        assert_eq!(stolen.len(), disk.len());
        let equal = stolen.chunks(SECTOR).zip(disk.chunks(SECTOR)).filter(|(a, b)| a == b).count();
        assert_eq!(equal, 0, "{format}: sectors that the old key still opens");
        assert_eq!(sha256(&shop.opened_by_qemu("new.img")), sha256(&disk), "{format}: another disk");
        assert_eq!(equal_payload_sectors(&shop, format, disk.len()), 0, "{format}: sectors whose ciphertext stayed");
        assert_eq!(shop.json("inspect new.img")["envelope"]["mode"], "reencrypt", "{format}");
    }
}

/// `rewrap` changes the envelope and the slot only, shows the opposite, and the file says so.
#[test]
fn r25_rewrap_keeps_the_master_key_and_says_so() {
    for (format, area) in [("qcow2", IN_QCOW2), ("luks1", IN_LUKS1)] {
        let (shop, disk) = under_two_keys(format, "rewrap");
        assert_ne!(shop.passphrase("old.img"), shop.passphrase("new.img"), "{format}: the data key stayed");
        assert_eq!(sha256(&shop.opened_by_qemu("new.img")), sha256(&disk), "{format}: another disk");
        assert_eq!(sha256(&opened_with_old_header(&shop, area)), sha256(&disk), "{format}: that was no rewrap");
        assert_eq!(equal_payload_sectors(&shop, format, disk.len()), disk.len() / SECTOR, "{format}: data was written");
        assert_eq!(shop.json("inspect new.img")["envelope"]["mode"], "rewrap", "{format}");
        shop.must("verify new.img");
        // The new data key opens it, the old one does not.
        shop.write("old.pass", shop.passphrase("old.img"));
        let options = shop.image_options("new.img");
        let refused =
            shop.sh(&format!("qemu-io -r -c length --object secret,id=s0,file=old.pass --image-opts {options}"));
        assert!(refused.stderr.contains("Invalid password"), "{format}: {refused:?}");
    }
}

/// `old.img` under one key, and `new.img`, its copy under another.
fn under_two_keys(format: &str, rekey: &str) -> (Workshop, Vec<u8>) {
    let shop = Workshop::new();
    let disk = shop.full_disk("disk.raw", 25, 2 * MIB);
    shop.create_key("one");
    let two = shop.create_key("two");
    shop.must(&format!("copy disk.raw old.img --encrypt --key alias/one --format {format} --threads 1"));
    let copied = shop.json(&format!("copy old.img new.img --encrypt --key alias/two --rekey {rekey} --threads 1"));
    assert_eq!((copied["mode"].as_str(), copied["key_id"].as_str()), (Some(rekey), Some(two.as_str())));
    (shop, disk)
}

/// Sectors of payload that are the same in both files. One worker lays both out alike: after the header area of a qcow2,
/// at 4 MiB in raw LUKS1.
fn equal_payload_sectors(shop: &Workshop, format: &str, len: usize) -> usize {
    let start = if format == "qcow2" { 33 * 65_536 } else { 4 * MIB as usize };
    let (old, new) = (shop.read("old.img"), shop.read("new.img"));
    let sectors = old[start..start + len].chunks(SECTOR).zip(new[start..start + len].chunks(SECTOR));
    sectors.filter(|(a, b)| a == b).count()
}

/// What the old header and the old secret make of the new file's payload.
fn opened_with_old_header(shop: &Workshop, (offset, len): (u64, usize)) -> Vec<u8> {
    let start = usize::try_from(offset).expect("small");
    shop.write("forged.img", shop.read("new.img"));
    poke(&shop.path("forged.img"), offset, &shop.read("old.img")[start..start + len]);
    shop.write("old.pass", shop.passphrase("old.img"));
    let options = shop.image_options("forged.img");
    shop.sh(&format!("qemu-img convert --object secret,id=s0,file=old.pass --image-opts -O raw {options} stolen.raw"))
        .ok();
    shop.read("stolen.raw")
}
