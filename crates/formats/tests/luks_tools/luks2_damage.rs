//! LUKS2 keeps its header twice: which copy counts, and what is said about the other one.

use formats::luks2::{BINARY_HEADER_BYTES, Headers, Metadata, decode_headers, encode_header};
use formats::probe::{Format, Probe, probe};

use crate::workshop::{QUICK, Workshop};

const IMAGE_BYTES: u64 = 24 << 20;
const HEADER_BYTES: u64 = 0x4000;

/// One copy is damaged, in turn at its magic, in its binary part, in its checksum and in its JSON. We read the other one and say
/// so; cryptsetup reads the same one, repairs the first, and we have nothing to say any more.
#[test]
fn the_whole_copy_counts_and_the_damaged_one_is_reported() {
    let workshop = Workshop::new("luks2-damage");
    let whole = format(&workshop);
    for (copy, name) in [(0, "primary"), (HEADER_BYTES, "secondary")] {
        for at in [0, 8, 16, 70, 104, 256, 448, BINARY_HEADER_BYTES as u64 + 9] {
            let byte = workshop.head("image", 2 * HEADER_BYTES)[(copy + at) as usize];
            workshop.patch("image", copy + at, &[byte ^ 0x10]);
            let headers = decode(&workshop);
            let damage = headers.damage.unwrap_or_default();
            assert!(damage.contains(name), "byte {at} of the {name} header: {damage:?}");
            assert_eq!((headers.metadata, headers.json), (whole.metadata.clone(), whole.json.clone()));
            assert_eq!(workshop.cryptsetup("luksUUID image").trim(), whole.binary.uuid);
            workshop.cryptsetup("-q repair image");
            let repaired = decode(&workshop);
            assert_eq!((repaired.damage, &repaired.json), (None, &whole.json), "after the repair of byte {at}");
        }
    }
}

/// Without its first 4 KiB a file is still seen to be LUKS2, not taken as a raw disk of noise.
#[test]
fn an_image_without_its_primary_header_is_still_luks2() {
    let workshop = Workshop::new("luks2-wiped");
    format(&workshop);
    workshop.patch("image", 0, &[0; BINARY_HEADER_BYTES]);
    assert_eq!(probe(&workshop.head("image", 64 << 10), &[]), Probe::Known(Format::Luks2));
}

/// Both copies wiped: refused, with the first one's reason.
#[test]
fn an_image_without_any_header_is_refused() {
    let workshop = Workshop::new("luks2-lost");
    format(&workshop);
    workshop.patch("image", 0, &[0; 2 * HEADER_BYTES as usize]);
    let error = decode_headers(&workshop.head("image", 2 * HEADER_BYTES), IMAGE_BYTES).expect_err("no header");
    assert!(error.message.contains("no LUKS2 magic"), "{error}");
}

/// Both copies are whole but of different age: the newer one counts, as for cryptsetup.
#[test]
fn the_newer_copy_counts() {
    for (is_secondary, damage) in [
        (false, "the secondary header differs from the primary one"),
        (true, "the primary header is older than the secondary one"),
    ] {
        let workshop = Workshop::new(&format!("luks2-age-{is_secondary}"));
        let old = format(&workshop);
        let mut newer = old.binary.clone();
        newer.sequence += 1;
        newer.offset = if is_secondary { HEADER_BYTES } else { 0 };
        let mut metadata: Metadata = old.metadata.clone();
        metadata.config.flags = vec!["allow-discards".to_owned()];
        let json = metadata.encode().expect("JSON");
        let bytes = encode_header(&newer, &json, is_secondary).expect("a header");
        workshop.patch("image", newer.offset, &bytes);
        let headers = decode(&workshop);
        assert_eq!((headers.metadata, headers.damage.as_deref()), (metadata.clone(), Some(damage)));
        let judged = workshop.dumped_json("image");
        assert_eq!(judged, serde_json::to_value(&metadata).expect("JSON"));
    }
}

fn format(workshop: &Workshop) -> Headers {
    workshop.empty("image", IMAGE_BYTES);
    workshop.cryptsetup(&format!("-q luksFormat --type luks2 {QUICK} image key"));
    decode(workshop)
}

fn decode(workshop: &Workshop) -> Headers {
    decode_headers(&workshop.head("image", 2 * HEADER_BYTES), IMAGE_BYTES).expect("a header")
}
