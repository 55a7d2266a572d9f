//! LUKS2: headers that cryptsetup makes, and headers that we make.

use formats::luks2::{BinaryHeader, Headers, Kdf, Metadata, decode_headers, encode_header};
use formats::{ErrorKind, FormatError};
use serde_json::{Value, json};

use crate::workshop::{QUICK, Workshop};

pub(crate) const IMAGE_BYTES: u64 = 24 << 20;

/// The typed metadata, written again, is the JSON that cryptsetup dumps: nothing is lost and nothing is added.
#[test]
fn metadata_of_cryptsetup_comes_back_whole() {
    let argon2 = "--pbkdf-force-iterations 4 --pbkdf-memory 32 --pbkdf-parallel 1";
    let cases = [
        format!("{QUICK} --sector-size 512"),
        format!("{QUICK} --sector-size 4096 -h sha512"),
        format!("{QUICK} -c aes-xts-plain64 -s 256 --sector-size 1024"),
        format!("{QUICK} -c aes-cbc-essiv:sha256 -s 256 --sector-size 512"),
        format!("{QUICK} --luks2-metadata-size 64k --luks2-keyslots-size 1m"),
        format!("{QUICK} --luks2-metadata-size 4m"),
        format!("--pbkdf argon2id {argon2} --label golden --subsystem images"),
        format!("--pbkdf argon2i {argon2}"),
    ];
    let workshop = Workshop::new("luks2-cryptsetup");
    for options in cases {
        let headers = formatted(&workshop, &options).expect(&options);
        assert_same_as_dump(&workshop, &headers);
        assert_eq!(headers.damage, None);
        let payload = headers.metadata.payload().expect("a payload");
        let slot = &headers.metadata.keyslots["0"];
        let cipher = payload.cipher(slot.key_size).expect("a cipher");
        assert_eq!(cipher.name(), payload.encryption);
        assert_eq!(payload.len(IMAGE_BYTES), IMAGE_BYTES - payload.offset);
        assert!(headers.metadata.payload_digest().is_some());
    }
}

/// Labels are UTF-8 for cryptsetup, so they are for us.
#[test]
fn a_label_that_is_not_ascii_is_taken() {
    let workshop = Workshop::new("luks2-label");
    let headers = formatted(&workshop, &format!("{QUICK} --label größe")).expect("a header");
    assert_eq!(headers.binary.label, "größe");
}

/// A machine with little memory for Argon2 makes many passes over it. That costs as little as few passes over much.
#[test]
fn argon2_with_many_passes_over_little_memory_is_taken() {
    let workshop = Workshop::new("luks2-passes");
    let options = "--pbkdf argon2id --pbkdf-memory 32 --pbkdf-force-iterations 5000 --pbkdf-parallel 1";
    let headers = formatted(&workshop, options).expect("a header");
    let kdf = headers.metadata.keyslots["0"].kdf.clone();
    assert!(matches!(kdf, Some(Kdf::Argon2id { time: 5000, memory: 32, .. })), "{kdf:?}");
}

/// Tokens of others, an unbound key of another size, a preferred slot and flags are ordinary states of a header.
#[test]
fn what_cryptsetup_adds_later_is_kept() {
    let workshop = Workshop::new("luks2-changed");
    formatted(&workshop, QUICK).expect("a header");
    let token = r#"{"type":"foreign","keyslots":["0"],"deep":{"a":[1,2.5,null,"x"]}}"#;
    workshop.write("token", token);
    for change in [
        "token import --token-id 3 --json-file token image".to_owned(),
        "token add --token-id 30 --key-description mine image".to_owned(),
        format!("luksAddKey --unbound --key-size 128 --key-file key {QUICK} image key"),
        format!("-q luksAddKey --key-slot 31 --key-file key {QUICK} image key"),
        "config --priority prefer --key-slot 0 image".to_owned(),
        "-q luksKillSlot --key-file key image 0".to_owned(),
        "-q luksErase image".to_owned(),
    ] {
        workshop.cryptsetup(&change);
        let headers = decode(&workshop).expect(&change);
        assert_same_as_dump(&workshop, &headers);
        assert_eq!(headers.damage, None, "{change}");
    }
    let kept = serde_json::to_value(&decode(&workshop).expect("a header").metadata.tokens["3"]);
    let mut wanted: Value = serde_json::from_str(token).expect("a token");
    wanted["keyslots"] = json!([]);
    assert_eq!(kept.expect("a token"), wanted);
}

/// Both kinds that work on a file: encrypted to encrypted, and plain to encrypted. Half of such an image is in another key.
#[test]
fn a_reencryption_in_progress_is_refused_with_what_to_do() {
    let workshop = Workshop::new("luks2-reencryption");
    for (make, start) in [
        (true, format!("-q reencrypt --init-only {QUICK} --key-file key image")),
        (
            false,
            format!(
                "-q reencrypt --encrypt --init-only --type luks2 {QUICK} --reduce-device-size 16M --key-file key image"
            ),
        ),
    ] {
        workshop.empty("image", IMAGE_BYTES);
        if make {
            workshop.cryptsetup(&format!("-q luksFormat --type luks2 {QUICK} image key"));
        }
        workshop.cryptsetup(&start);
        let error = decode(&workshop).expect_err(&start);
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        assert!(error.message.contains("reencryption is in progress"), "{error}");
        assert!(error.message.contains("cryptsetup reencrypt --resume-only"), "{error}");
    }
}

/// The header that the engine writes: cryptsetup reads every object of it, prints the envelope from its token, finds no damage
/// to repair, and changes no byte.
#[test]
fn our_header_is_accepted_and_left_as_it_is() {
    let workshop = Workshop::new("luks2-ours");
    for sector_bytes in [512, 4096] {
        let json = ours(sector_bytes);
        workshop.empty("image", IMAGE_BYTES);
        let metadata = Metadata::decode(json.to_string().as_bytes(), 0x4000, IMAGE_BYTES).expect("metadata");
        let text = metadata.encode().expect("its JSON");
        for (at, salt) in [(0, [0xa1; 64]), (0x4000, [0xb2; 64])] {
            let binary = BinaryHeader {
                header_size: 0x4000,
                sequence: 7,
                label: "golden".to_owned(),
                uuid: "00000000-0000-4000-8000-000000000001".to_owned(),
                salt,
                offset: at,
            };
            workshop.patch("image", at, &encode_header(&binary, &text, at > 0).expect("a header"));
        }
        let written = workshop.head("image", 0x8000);
        assert_eq!(workshop.dumped_json("image"), json);
        let token = workshop.cryptsetup("token export --token-id 0 image");
        assert_eq!(serde_json::from_str::<Value>(&token).expect("a token"), json["tokens"]["0"]);
        let dump = workshop.cryptsetup("luksDump image");
        for line in ["Version: 2", "Epoch: 7", "Label: golden", "UUID: 00000000-0000-4000-8000-000000000001"] {
            let found = dump.lines().any(|l| l.split_whitespace().eq(line.split(' ')));
            assert!(found, "{line} in {dump}");
        }
        assert!(workshop.head("image", 0x8000) == written, "cryptsetup repaired our header");
        assert_eq!(decode(&workshop).expect("our header").metadata, metadata);
    }
}

pub(crate) fn ours(sector_bytes: u32) -> Value {
    let salt = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    json!({
        "keyslots": {"0": {
            "type": "luks2", "key_size": 64,
            "af": {"type": "luks1", "stripes": 4000, "hash": "sha256"},
            "area": {"type": "raw", "offset": "32768", "size": "258048", "encryption": "aes-xts-plain64", "key_size": 64},
            "kdf": {"type": "pbkdf2", "hash": "sha256", "iterations": 1000, "salt": salt},
        }},
        "tokens": {"0": {"type": "imgenc-kms", "keyslots": ["0"], "envelope": {"v": 1, "kms": "example", "key_id": "k-1", "wrapped": "QUJD"}}},
        "segments": {"0": {
            "type": "crypt", "offset": "16777216", "size": "dynamic", "iv_tweak": "0",
            "encryption": "aes-xts-plain64", "sector_size": sector_bytes,
        }},
        "digests": {"0": {
            "type": "pbkdf2", "keyslots": ["0"], "segments": ["0"],
            "hash": "sha256", "iterations": 1000, "salt": salt, "digest": salt,
        }},
        "config": {"json_size": "12288", "keyslots_size": "16744448"},
    })
}

fn formatted(workshop: &Workshop, options: &str) -> Result<Headers, FormatError> {
    workshop.empty("image", IMAGE_BYTES);
    workshop.cryptsetup(&format!("-q luksFormat --type luks2 {options} image key"));
    decode(workshop)
}

fn decode(workshop: &Workshop) -> Result<Headers, FormatError> {
    decode_headers(&workshop.head("image", formats::luks2::HEADER_READ_MAX), workshop.len("image"))
}

fn assert_same_as_dump(workshop: &Workshop, headers: &Headers) {
    let metadata = serde_json::to_value(&headers.metadata).expect("JSON");
    assert_eq!(metadata, workshop.dumped_json("image"));
    assert_eq!(headers.binary.uuid, workshop.cryptsetup("luksUUID image").trim());
}
