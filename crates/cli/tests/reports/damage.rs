//! `verify` finds every changed byte of a sealed file, and says where it is.

use serde_json::Value;

use crate::fixture::{KIB, MIB, sha256};
use crate::support::Workshop;

const LEAF: u64 = 64 * KIB;
/// Further places that are tried, spread over the file.
const SPREAD: u64 = 12;

/// One place in a file, and the words of which `verify` must use one.
struct Spot {
    name: &'static str,
    offset: u64,
    words: &'static [&'static str],
}

/// Each word that an error about the header may use: it is read and compared before any tree is.
const HEADER: &[&str] = &["header", "magic", "envelope", "LUKS", "luks", "qcow2: ", "keyslot", "not encrypted"];

#[test]
fn verify_locates_changed_bytes_of_a_sealed_qcow2() {
    let spots = |file: &[u8]| {
        let u64_at = |at: usize| u64::from_be_bytes(file[at..at + 8].try_into().expect("8 bytes"));
        let l1 = u64_at(40);
        let l2 = u64_at(l1 as usize) & 0x00ff_ffff_ffff_fe00;
        vec![
            Spot { name: "magic", offset: 0, words: HEADER },
            Spot { name: "virtual size", offset: 30, words: HEADER },
            Spot { name: "autoclear bits", offset: 95, words: HEADER },
            Spot { name: "unused part of cluster 0", offset: 65_000, words: &["qcow2 header"] },
            Spot { name: "LUKS header", offset: 65_536 + 20, words: HEADER },
            Spot { name: "unused part of the LUKS header", offset: 65_536 + 3000, words: HEADER },
            Spot { name: "key material", offset: 65_536 + 4096 + 99, words: HEADER },
            Spot { name: "unused key material", offset: 65_536 + 1_000_000, words: HEADER },
            Spot { name: "slack after the key material", offset: 33 * 65_536 - 1, words: &["LUKS header", "tables"] },
            Spot { name: "first byte of data", offset: 33 * 65_536, words: &["disk"] },
            Spot { name: "a byte of data", offset: 33 * 65_536 + 400_001, words: &["disk"] },
            Spot { name: "L2 entry", offset: l2 + 6, words: &["tables", "disk", "L2"] },
            Spot { name: "unused L2 entry", offset: l2 + 8000 * 8 + 3, words: &["tables", "L2", "qcow2: "] },
            Spot { name: "L1 entry", offset: l1 + 5, words: &["tables", "L1", "L2", "qcow2: "] },
            Spot { name: "refcounts", offset: u64_at(u64_at(48) as usize) + 1, words: &["tables"] },
            Spot { name: "last byte", offset: file.len() as u64 - 1, words: &["tables", "disk"] },
        ]
    };
    every_change_shows("qcow2", spots);
}

#[test]
fn verify_locates_changed_bytes_of_a_sealed_luks1() {
    let spots = |file: &[u8]| {
        vec![
            Spot { name: "magic", offset: 0, words: &["magic", "envelope", "sealed", "raw", "not encrypted"] },
            Spot { name: "cipher", offset: 9, words: HEADER },
            Spot { name: "salt of a slot", offset: 208 + 12, words: HEADER },
            Spot { name: "unused part of the header", offset: 3000, words: HEADER },
            Spot { name: "key material", offset: 4096 + 5, words: HEADER },
            Spot { name: "before the envelope", offset: 3 * MIB - 9, words: &["LUKS header", "tables"] },
            Spot { name: "envelope", offset: 3 * MIB + 30, words: HEADER },
            Spot { name: "behind the envelope", offset: 4 * MIB - 5, words: &["LUKS header", "tables"] },
            Spot { name: "first byte of data", offset: 4 * MIB, words: &["disk"] },
            Spot { name: "last byte", offset: file.len() as u64 - 1, words: &["disk"] },
        ]
    };
    every_change_shows("luks1", spots);
}

#[test]
fn verify_locates_changed_bytes_of_a_sealed_luks2() {
    let spots = |file: &[u8]| {
        vec![
            Spot { name: "magic", offset: 0, words: HEADER },
            Spot { name: "sequence number", offset: 20, words: HEADER },
            Spot { name: "checksum", offset: 450, words: HEADER },
            Spot { name: "metadata", offset: 4096 + 100, words: HEADER },
            Spot { name: "end of the metadata", offset: 16_383, words: HEADER },
            Spot { name: "second header", offset: 16_384 + 200, words: HEADER },
            Spot { name: "key material", offset: 32_768 + 17, words: HEADER },
            Spot { name: "free part of the keyslots", offset: 9 * MIB, words: &["LUKS header", "tables"] },
            Spot { name: "first byte of data", offset: 16 * MIB, words: &["disk"] },
            Spot { name: "last byte", offset: file.len() as u64 - 1, words: &["disk"] },
        ]
    };
    every_change_shows("luks2", spots);
}

/// `--verify` passes on good copies of each kind, and says so.
#[test]
fn good_copies_pass_verify_in_every_mode() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 31, MIB + 512);
    shop.create_key("next");
    for format in ["qcow2", "luks1", "luks2"] {
        let sealed = format!("{format}.img");
        for line in [
            format!("copy disk.raw {sealed} --encrypt --format {format} --verify"),
            format!("copy {sealed} again.{format} --encrypt --key alias/next --verify"),
            format!("copy {sealed} wrapped.{format} --encrypt --key alias/next --rekey rewrap --verify"),
        ] {
            assert_eq!(shop.json(&line)["verified"], true, "{line}");
        }
        for sealed in [sealed, format!("again.{format}"), format!("wrapped.{format}")] {
            assert_eq!(shop.json(&format!("verify {sealed}"))["intact"], true, "{sealed}");
        }
    }
    for line in
        ["copy disk.raw plain.qcow2 --format qcow2 --verify", "copy plain.qcow2 plain.raw --format raw --verify"]
    {
        assert_eq!(shop.json(line)["verified"], true, "{line}");
    }
}

fn every_change_shows(format: &str, spots: impl Fn(&[u8]) -> Vec<Spot>) {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 30, MIB);
    shop.must(&format!("copy disk.raw image --encrypt --format {format} --no-sync"));
    let good = shop.read("image");
    let intact = shop.json("verify image");
    assert_eq!((&intact["intact"], &intact["changes"]), (&Value::Bool(true), &serde_json::json!([])));

    for Spot { name, offset, words } in spots(&good) {
        let mut changed = good.clone();
        changed[offset as usize] ^= 0x20;
        let said = must_fail(&shop, &changed, &format!("{format}: {name}"));
        assert!(words.iter().any(|word| said.text.contains(word)), "{format}: {name}: {}", said.text);
        said.must_cover(offset, name);
    }
    for n in 0..SPREAD {
        let offset = (good.len() as u64 - 1) * (2 * n + 1) / (2 * SPREAD);
        let mut changed = good.clone();
        changed[offset as usize] ^= 0x01;
        must_fail(&shop, &changed, &format!("{format}: byte {offset}")).must_cover(offset, "spread");
    }
    for appended in [0, 0xa5] {
        let mut longer = good.clone();
        longer.push(appended);
        let said = must_fail(&shop, &longer, &format!("{format}: one byte appended"));
        assert!(said.text.contains(&format!("{} bytes long, {} when", longer.len(), good.len())), "{}", said.text);
    }
    for cut in [1, 512, 70_000] {
        let shorter = &good[..good.len() - cut];
        must_fail(&shop, shorter, &format!("{format}: {cut} bytes cut off"));
    }
    shop.write("image", &good);
    shop.must("verify image");
    assert_eq!(sha256(&shop.read("image")), sha256(&good), "verify changed the image");
}

/// What `verify` says of a changed file, for people and for programs.
struct Said {
    text: String,
    json: Option<Value>,
}

fn must_fail(shop: &Workshop, file: &[u8], what: &str) -> Said {
    shop.write("image", file);
    let text = shop.reseal("verify image");
    assert_eq!(text.code, 1, "{what}: verify did not fail: {text:?}");
    assert!(text.stderr.contains("reseal: error: "), "{what}: {text:?}");
    let json = shop.reseal("verify image --json");
    assert_eq!(json.code, 1, "{what}: verify --json did not fail: {json:?}");
    Said { text: text.stderr, json: serde_json::from_str(&json.stdout).ok() }
}

impl Said {
    /// Where the tree was compared, a range with this byte is among the changes.
    fn must_cover(&self, offset: u64, what: &str) {
        let Some(json) = &self.json else { return };
        let changes = json["changes"].as_array().expect("a list");
        let covers = |change: &Value| {
            let (start, len) =
                (change["offset"].as_u64().expect("a number"), change["len"].as_u64().expect("a number"));
            (start..start + len).contains(&offset)
        };
        assert!(changes.iter().any(covers), "{what}: byte {offset} is not in {json}");
        let bytes: u64 = changes.iter().filter_map(|change| change["len"].as_u64()).sum();
        assert!(bytes <= 2 * LEAF, "{what}: one byte was changed, {bytes} are reported: {json}");
    }
}
