//! R26: a hostile LUKS header.
//!
//! Someone who holds the file, but not the key, swaps or edits the LUKS header. Every command that would unlock the image
//! refuses with an integrity error that names it, before a key leaves the key service; `restore-header` puts the pinned
//! header back.

use crate::fixture::images::poke;
use crate::fixture::{MIB, sha256};
use crate::support::Workshop;
use crate::support::dice::Dice;

/// Workshop of the LUKS header in a qcow2 with 64 KiB clusters.
const IN_QCOW2: usize = 65_536;
/// Header and key material of aes-256-xts.
const AREA_BYTES: usize = 2_068_480;

/// Fields of a LUKS1 header.
const CIPHER_NAME: usize = 8;
const CIPHER_MODE: usize = 40;
const PAYLOAD_OFFSET: usize = 104;
const SLOTS: usize = 208;
const SLOT_BYTES: usize = 48;
const SLOT_SALT: usize = 8;
const SLOT_MATERIAL: usize = 40;

/// (a) The header of a null cipher, which would make the machine write plain text.
#[test]
fn r26_a_null_cipher_is_refused() {
    attack(|_, area| {
        area[CIPHER_NAME..CIPHER_NAME + 32].copy_from_slice(&padded("cipher_null"));
        area[CIPHER_MODE..CIPHER_MODE + 32].copy_from_slice(&padded("ecb"));
    });
}

/// (a) A header that cryptsetup made, with the attacker's own passphrase and the image's UUID.
#[test]
fn r26_an_attackers_own_header_is_refused() {
    attack(|shop, area| {
        let uuid = String::from_utf8_lossy(&area[168..204]).into_owned();
        shop.write("attacker.pass", "let me in");
        shop.write("area.luks", vec![0; 4 * MIB as usize]);
        shop.sh(&format!(
            "cryptsetup luksFormat -q --type luks1 --cipher aes-xts-plain64 --key-size 512 --hash sha256 --uuid {uuid} \
             --pbkdf-force-iterations 1000 area.luks attacker.pass"
        ))
        .ok();
        area.copy_from_slice(&shop.read("area.luks")[..AREA_BYTES]);
    });
}

/// (b) A further slot, added by cryptsetup by someone who once knew the passphrase.
#[test]
fn r26_an_added_slot_is_refused() {
    attack(|shop, area| {
        shop.write("own.pass", shop.passphrase("image"));
        shop.write("attacker.pass", "let me in");
        let mut file = area.to_vec();
        file.resize(8 * MIB as usize, 0);
        shop.write("area.luks", file);
        shop.sh("cryptsetup luksAddKey -q --pbkdf-force-iterations 1000 --key-file own.pass area.luks attacker.pass")
            .ok();
        shop.sh("cryptsetup open --test-passphrase --key-file attacker.pass area.luks").ok();
        area.copy_from_slice(&shop.read("area.luks")[..AREA_BYTES]);
    });
}

/// (c) Another payload offset, which would decrypt other bytes.
#[test]
fn r26_a_moved_payload_is_refused() {
    attack(|_, area| area[PAYLOAD_OFFSET + 2] ^= 0x10);
}

/// (d) The header that the image had before it was rewrapped under its present key.
#[test]
fn r26_an_older_header_is_refused() {
    for format in ["qcow2", "luks1"] {
        let shop = sealed(format);
        shop.create_key("later");
        shop.must("copy image later.img --encrypt --key alias/later --rekey rewrap");
        let older = area_of(format, &shop.read("image")).to_vec();
        shop.write("image", shop.read("later.img"));
        refused_and_restored(&shop, format, |_, area| area.copy_from_slice(&older));
    }
}

/// (e) One bit in an unused slot: of its salt, and of its key material.
#[test]
fn r26_one_bit_in_an_unused_slot_is_refused() {
    attack(|_, area| area[SLOTS + 3 * SLOT_BYTES + SLOT_SALT + 5] ^= 0x04);
    attack(|_, area| {
        let field = SLOTS + 5 * SLOT_BYTES + SLOT_MATERIAL;
        let sector = u32::from_be_bytes(area[field..field + 4].try_into().expect("4 bytes"));
        area[sector as usize * 512 + 777] ^= 0x80;
    });
}

/// The same without any header left: noise, and zeros.
#[test]
fn r26_a_destroyed_header_can_be_restored() {
    attack(|_, area| area.copy_from_slice(&Dice::new(26).bytes(AREA_BYTES)));
    attack(|_, area| area[..4096].fill(0));
}

/// The envelope of another image under the same key does not open this one, nor does an edited one.
#[test]
fn r26_a_swapped_envelope_is_refused() {
    for format in ["qcow2", "luks1"] {
        let shop = sealed(format);
        shop.must(&format!("copy disk.raw other.img --encrypt --key alias/own --format {format}"));
        let (own, other) = (shop.read("image"), shop.read("other.img"));
        let (from, to) = (envelope(&own), envelope(&other));
        let mut forged = own.clone();
        forged[from.clone()].copy_from_slice(&other[to]);
        if format == "luks1" {
            // Behind the envelope stands its SHA-256.
            let sum = crypto::digest::sha256(&forged[from.clone()]);
            forged[from.end..from.end + 32].copy_from_slice(&sum);
        }
        shop.write("image", forged);
        all_refuse(&shop, format);
    }
}

/// Runs `change` on the header of a qcow2 and of a raw LUKS1 file.
fn attack(change: impl Fn(&Workshop, &mut [u8])) {
    for format in ["qcow2", "luks1"] {
        refused_and_restored(&sealed(format), format, &change);
    }
}

/// A sealed file `image`, under the key `alias/own`.
fn sealed(format: &str) -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 26, MIB);
    shop.create_key("own");
    shop.must(&format!("copy disk.raw image --encrypt --key alias/own --format {format}"));
    shop
}

fn refused_and_restored(shop: &Workshop, format: &str, change: impl Fn(&Workshop, &mut [u8])) {
    let good = shop.read("image");
    let mut forged = good.clone();
    let start = if format == "qcow2" { IN_QCOW2 } else { 0 };
    change(shop, &mut forged[start..start + AREA_BYTES]);
    assert_ne!(sha256(&forged), sha256(&good), "the attack changed nothing");
    poke(&shop.path("image"), 0, &forged);

    all_refuse(shop, format);
    assert_eq!(sha256(&shop.read("image")), sha256(&forged), "a refusal changed the image");

    shop.must("restore-header image");
    assert_eq!(sha256(&shop.read("image")), sha256(&good), "{format}: not the header that was pinned");
    shop.must("verify image");
    shop.must_equal("image", "disk.raw", "raw");
}

/// Launch (the passphrase), copies of every kind and export all refuse, and no key leaves.
fn all_refuse(shop: &Workshop, format: &str) {
    shop.reseal("key create --alias next");
    let commands = [
        "copy image copy.img --encrypt --key alias/next",
        "copy image copy.img --encrypt --key alias/next --rekey rewrap",
        "copy image copy.img",
        "verify image",
        "exec image -- cat {secret}",
    ];
    for line in commands {
        let outcome = shop.reseal(line);
        assert_eq!(outcome.stdout, "", "`{line}` gave something out");
        let error = outcome.refusal();
        assert!(error.contains("integrity error") && error.contains("image"), "{format}, `{line}`: {error}");
    }
    assert!(!shop.exists("copy.img") && !shop.exists("copy.img.partial"), "something was left");
    // A header that can be read is reported as another one, a header that cannot is refused.
    let inspected = shop.reseal("inspect image --json");
    match inspected.code {
        0 => assert_eq!(inspected.json()["pinned"], false, "{format}: {inspected:?}"),
        _ => assert!(inspected.refusal().contains("integrity error"), "{format}: {inspected:?}"),
    }
}

fn area_of<'a>(format: &str, file: &'a [u8]) -> &'a [u8] {
    let start = if format == "qcow2" { IN_QCOW2 } else { 0 };
    &file[start..start + AREA_BYTES]
}

/// Where the envelope stands, which has one length in all files.
fn envelope(file: &[u8]) -> std::ops::Range<usize> {
    let start = file.windows(5).position(|bytes| bytes == br#"{"v":"#).expect("an envelope");
    let len = u32::from_be_bytes(file[start - 4..start].try_into().expect("4 bytes"));
    start..start + len as usize
}

fn padded(text: &str) -> [u8; 32] {
    let mut field = [0; 32];
    field[..text.len()].copy_from_slice(text.as_bytes());
    field
}
