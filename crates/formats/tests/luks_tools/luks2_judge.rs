//! Hostile LUKS2 metadata, object by object: what we say to it, and whether cryptsetup takes it. Where both refuse, the rule is the
//! format's; where only we refuse, it is ours, and the reason in the row says which.

use formats::luks2::{BinaryHeader, decode_headers, encode_header};
use serde_json::{Value, json};

use crate::luks2::{IMAGE_BYTES, ours};
use crate::workshop::Workshop;

const REFUSES: bool = false;
const TAKES: bool = true;

/// Each row replaces one value of our own metadata (`Null` removes it): where, by what, words of our refusal, cryptsetup's verdict.
#[test]
fn hostile_metadata_is_refused_with_a_reason() {
    let slot = ours(512)["keyslots"]["0"].clone();
    let moved = |offset: &str| {
        let mut slot = slot.clone();
        slot["area"]["offset"] = json!(offset);
        slot
    };
    let segment = ours(512)["segments"]["0"].clone();
    let digest = ours(512)["digests"]["0"].clone();
    let argon2 = |time: u64, memory: u64, cpus: u64| json!({"type": "argon2id", "time": time, "memory": memory, "cpus": cpus, "salt": slot["kdf"]["salt"]});
    let cases = [
        // A header that encrypts nothing, or with what nobody checks.
        ("/segments/0/encryption", json!("cipher_null-ecb"), "does not encrypt", TAKES),
        ("/segments/0/encryption", json!("null"), "does not encrypt", TAKES),
        ("/segments/0/encryption", json!("serpent-xts-plain64"), "not supported", TAKES),
        ("/segments/0/encryption", json!("aes-xts-plain64\u{1b}[31m"), "not printable", TAKES),
        ("/keyslots/0/area/encryption", json!("cipher_null-ecb"), "does not encrypt", TAKES),
        ("/keyslots/0/area/key_size", json!(48), "48 bytes", TAKES),
        ("/keyslots/0/key_size", json!(48), "48 bytes", TAKES),
        ("/keyslots/0/key_size", json!(0), "key of 0 bytes", TAKES),
        ("/keyslots/0/key_size", json!(4_294_967_295_u64), "key of 4294967295 bytes", TAKES),
        (
            "/segments/0/integrity",
            json!({"type": "hmac(sha256)", "journal_encryption": "none", "journal_integrity": "none"}),
            "not a plain crypt segment",
            TAKES,
        ),
        // Work that would never end.
        ("/keyslots/0/kdf/iterations", json!(0), "0 iterations", TAKES),
        ("/keyslots/0/kdf/iterations", json!(2_147_483_647), "the limit", TAKES),
        ("/keyslots/0/kdf", argon2(4, 4_194_304, 1), "the limit", TAKES),
        ("/keyslots/0/kdf", argon2(2_147_483_647, 1_048_576, 1), "the limit", TAKES),
        ("/keyslots/0/kdf", argon2(4, 1_048_576, 1000), "the limit", TAKES),
        ("/keyslots/0/kdf", argon2(0, 1_048_576, 1), "the limit", TAKES),
        ("/keyslots/0/kdf/type", json!("scrypt\u{1b}[31m"), "unknown variant `scrypt?[31m`", TAKES),
        ("/digests/0/iterations", json!(0), "0 iterations", TAKES),
        ("/digests/0/iterations", json!(2_147_483_647), "the limit", TAKES),
        ("/keyslots/0/kdf/hash", json!("whirlpool"), "whirlpool", TAKES),
        ("/keyslots/0/af/stripes", json!(1), "not known", TAKES),
        ("/keyslots/0/af/hash", json!("md5"), "md5", TAKES),
        // Places that lie in each other or outside.
        ("/keyslots/0/area/offset", json!("0"), "lies in the headers", REFUSES),
        ("/keyslots/0/area/offset", json!("28672"), "lies in the headers", REFUSES),
        ("/keyslots/0/area/offset", json!("16777216"), "keyslot areas end", REFUSES),
        ("/keyslots/0/area/offset", json!("18446744073709547520"), "after the end", REFUSES),
        ("/keyslots/0/area/offset", json!("18446744073709551616"), "decimal text", REFUSES),
        ("/keyslots/0/area/offset", json!(32768), "string", REFUSES),
        ("/keyslots/0/area/size", json!("4096"), "in an area of 4096", TAKES),
        ("/keyslots/0/area/size", json!("18446744073709551615"), "after the end", REFUSES),
        ("/keyslots/1", moved("32768"), "overlap", REFUSES),
        ("/keyslots/1", moved("286720"), "overlap", REFUSES),
        ("/segments/0/offset", json!("32768"), "not possible", REFUSES),
        ("/segments/0/offset", json!("0"), "not possible", TAKES),
        ("/segments/0/offset", json!("16777217"), "not possible", REFUSES),
        ("/segments/0/offset", json!("17179869184"), "after the end", TAKES),
        ("/segments/0/size", json!("0"), "whole sectors", REFUSES),
        ("/segments/0/size", json!("513"), "whole sectors", REFUSES),
        ("/segments/0/size", json!("-512"), "whole sectors", REFUSES),
        ("/segments/0/size", json!("18446744073709551104"), "after the end", TAKES),
        ("/segments/0/sector_size", json!(0), "sector size", REFUSES),
        ("/segments/0/sector_size", json!(513), "sector size", REFUSES),
        ("/segments/0/sector_size", json!(8192), "sector size", TAKES),
        ("/segments/0/iv_tweak", json!("x"), "decimal text", REFUSES),
        ("/config/json_size", json!("4096"), "the header says", REFUSES),
        ("/config/keyslots_size", json!("8192"), "keyslot areas end", REFUSES),
        ("/config/keyslots_size", json!("16744449"), "keyslot areas", REFUSES),
        ("/config/keyslots_size", json!("16748544"), "not possible", REFUSES),
        // What we do not know, by name.
        ("/config/requirements", json!({"mandatory": ["online-reencrypt-v2"]}), "reencryption is in progress", REFUSES),
        ("/config/requirements", json!({"mandatory": ["warp-drive"]}), "\"warp-drive\" is not known", TAKES),
        ("/config/requirements", json!({"mandatory": ["\u{1b}[31m"]}), "not printable", TAKES),
        ("/keyslots/0/type", json!("reencrypt"), "reencryption is in progress", REFUSES),
        ("/keyslots/0/type", json!("tpm"), "not known", TAKES),
        ("/keyslots/0/area/type", json!("journal"), "not known", REFUSES),
        ("/keyslots/0/af", Value::Null, "no splitter", REFUSES),
        ("/keyslots/0/kdf", Value::Null, "no splitter or no key derivation", REFUSES),
        ("/segments/0/type", json!("linear"), "not a plain crypt segment", TAKES),
        ("/segments/0/flags", json!(["in-reencryption"]), "not a plain crypt segment", TAKES),
        ("/segments/0", Value::Null, "0 segments", REFUSES),
        ("/segments/1", segment, "2 segments", REFUSES),
        // Objects that name others.
        ("/digests/0/type", json!("argon2"), "not of PBKDF2", TAKES),
        ("/digests/0", Value::Null, "exactly one digest", REFUSES),
        ("/digests/1", digest, "exactly one digest", REFUSES),
        ("/digests/0/segments", json!([]), "exactly one digest", REFUSES),
        ("/digests/0/keyslots", json!(["1"]), "does not exist", REFUSES),
        ("/digests/0/salt", json!("A".repeat(200)), "too long", TAKES),
        ("/keyslots/x", moved("290816"), "is no number", REFUSES),
        ("/keyslots/\u{1b}[31m", moved("290816"), "is no number", REFUSES),
        ("/keyslots", Value::Null, "missing field `keyslots`", REFUSES),
        ("/tokens/0/keyslots", json!("0"), "sequence", REFUSES),
    ];
    let workshop = Workshop::new("luks2-judge");
    let mut wrong = Vec::new();
    for (at, value, wanted, verdict) in cases {
        let mut metadata = ours(512);
        replace(&mut metadata, at, value.clone());
        let message = answer(&workshop, metadata.to_string().as_bytes());
        let judged = workshop.cryptsetup_takes("image");
        let is_safe = message.chars().all(|c| !c.is_control()) && message.len() < 300;
        if !message.contains(wanted) || !is_safe || judged != verdict {
            wrong.push(format!("{at} = {value}: {message:?}; cryptsetup takes it: {judged}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Bytes after the JSON object are nobody's; they would be a hiding place in a header that is compared as JSON.
#[test]
fn bytes_after_the_metadata_are_refused() {
    let workshop = Workshop::new("luks2-trailing");
    for tail in ["\0hidden", "{}", "x"] {
        let message = answer(&workshop, (ours(512).to_string() + tail).as_bytes());
        assert!(message.contains("trailing"), "{tail:?}: {message}");
        assert!(!workshop.cryptsetup_takes("image"), "{tail:?}");
    }
}

/// Writes an image with this metadata; returns why we refuse it, or `taken`.
fn answer(workshop: &Workshop, json: &[u8]) -> String {
    workshop.empty("image", IMAGE_BYTES);
    for at in [0, 0x4000] {
        let binary = BinaryHeader {
            header_size: 0x4000,
            sequence: 1,
            label: String::new(),
            uuid: "00000000-0000-4000-8000-000000000001".to_owned(),
            salt: [7; 64],
            offset: at,
        };
        let header = encode_header(&binary, json, at > 0).expect("a header");
        workshop.patch("image", at, &header);
    }
    match decode_headers(&workshop.head("image", 0x8000), IMAGE_BYTES) {
        Ok(_) => "taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn replace(metadata: &mut Value, at: &str, value: Value) {
    let (parent, name) = at.rsplit_once('/').expect("a path");
    let parent = metadata.pointer_mut(parent).and_then(Value::as_object_mut);
    let parent = parent.expect("an object");
    if value.is_null() {
        parent.remove(name);
    } else {
        parent.insert(name.to_owned(), value);
    }
}
