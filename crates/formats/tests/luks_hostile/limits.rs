//! Headers that exaggerate: in size, in number, in depth.

use formats::envelope::{ENVELOPE_BYTES_MAX, ENVELOPE_CAPACITY, Envelope};
use formats::luks1::{HEADER_BYTES as LUKS1_HEADER_BYTES, Header};
use formats::luks1::{decode_envelope_area, encode_envelope_area};
use formats::luks2::{BINARY_HEADER_BYTES, decode_headers};
use formats::{ErrorKind, FormatError};
use serde_json::{Value, json};

use crate::made::{FILE_BYTES, HEADER_BYTES, luks1_header, luks2_file, luks2_metadata, luks2_metadata_in_64k};

/// 32 objects of a kind are taken, 33 are not.
#[test]
fn more_objects_than_cryptsetup_makes_are_refused() {
    for kind in ["tokens", "keyslots", "segments", "digests"] {
        let mut metadata = luks2_metadata_in_64k();
        let object = metadata[kind]["0"].clone();
        for index in 0..33 {
            metadata[kind][index.to_string()] = object.clone();
        }
        let error = decode(&metadata.to_string(), 0x1_0000).expect_err("33 objects");
        assert_eq!(error.kind, ErrorKind::TooLarge, "{kind}: {error}");
        if kind == "tokens" {
            metadata[kind].as_object_mut().expect("tokens").remove("32");
            assert_eq!(decode(&metadata.to_string(), 0x1_0000), Ok(()));
        }
    }
}

/// The format allows 4 MiB of metadata. Values that are small as text and large in memory must not get that far: at 256 KiB it ends.
#[test]
fn metadata_beyond_its_limit_is_refused_before_it_is_read() {
    for (len, is_too_large) in [(256 << 10, false), ((256 << 10) + 1, true), ((4 << 20) - 4097, true)] {
        let mut json = luks2_metadata().to_string();
        let fill = "A".repeat(len - json.len() - "\"fill\":\"\",".len());
        json.insert_str(1, &format!("\"fill\":\"{fill}\","));
        assert_eq!(json.len(), len);
        let error = decode(&json, 0x40_0000).expect_err("a keyslot in the headers");
        assert_eq!(error.kind == ErrorKind::TooLarge, is_too_large, "{len}: {error}");
    }
}

/// A tower of lists would overflow the stack of a careless reader: where it is kept it is refused, where nothing is known it is
/// passed over.
#[test]
fn metadata_of_great_depth_does_not_overflow_the_stack() {
    let tower = format!("\"deep\":{}0{},", "[".repeat(20_000), "]".repeat(20_000));
    for (object, is_refused) in [
        ("{\"type\":\"imgenc-kms\"", true),
        ("{\"hash\":\"sha256\",\"iterations\":1000,\"salt\"", true),
        ("{\"config\"", false),
    ] {
        let mut json = luks2_metadata_in_64k().to_string();
        let at = json.find(&object[1..]).expect(object);
        json.insert_str(at, &tower);
        match decode(&json, 0x1_0000) {
            Err(error) => assert!(is_refused && error.message.contains("recursion limit"), "{object}: {error}"),
            Ok(()) => assert!(!is_refused, "{object}"),
        }
    }
}

/// Sizes that would make the reader allocate, and places that are not where they should be. Checksums do not matter: the sizes are
/// looked at before.
#[test]
fn a_binary_header_with_a_size_that_is_not_allowed_is_refused() {
    for size in [0, 4096, 0x4001, 0xc000, 0x80_0000, u64::MAX] {
        let mut file = luks2_file(luks2_metadata().to_string().as_bytes(), HEADER_BYTES);
        file.truncate(HEADER_BYTES as usize);
        file[8..16].copy_from_slice(&u64::to_be_bytes(size));
        let error = decode_headers(&file, FILE_BYTES).expect_err("a size");
        assert!(error.message.contains("is not allowed"), "{size}: {error}");
    }
    let file = luks2_file(luks2_metadata().to_string().as_bytes(), HEADER_BYTES);
    for (at, patch, wanted) in [
        (72, b"sha1\0\0\0".as_slice(), "checksum algorithm \"sha1\""),
        (256, &[0, 0, 0, 0, 0, 0, 0x40, 0], "says that it stands at 0x4000"),
        (168, b"\x1b[31m", "uuid in the header is not printable"),
        (300, &[1], "checksum does not match"),
    ] {
        let mut file = file.clone();
        file[HEADER_BYTES as usize..].fill(0);
        file[at..][..patch.len()].copy_from_slice(patch);
        let error = decode_headers(&file, FILE_BYTES).expect_err(wanted);
        assert!(error.message.contains(wanted), "{error}");
    }
}

/// A file that ends early, at every length of the headers up to their first kilobyte and at each page after.
#[test]
fn headers_that_are_cut_off_are_refused() {
    let file = luks2_file(luks2_metadata().to_string().as_bytes(), HEADER_BYTES);
    let lengths = (0..1024).chain((1024..HEADER_BYTES as usize).step_by(BINARY_HEADER_BYTES / 8));
    for len in lengths {
        assert!(decode_headers(&file[..len], len as u64).is_err(), "{len} bytes");
    }
    let header = luks1_header().encode();
    for len in 0..LUKS1_HEADER_BYTES {
        let error = Header::decode(&header[..len], FILE_BYTES).expect_err("cut off");
        assert_eq!(error.kind, ErrorKind::Truncated, "{len} bytes: {error}");
    }
}

/// Each text and the whole have a limit, and nothing in an envelope can fool a terminal.
#[test]
fn an_envelope_that_exaggerates_is_refused() {
    let envelope = |change: fn(&mut Value)| {
        let mut envelope = json!({"v": 1, "kms": "example", "key_id": "k-1", "wrapped": "QUJD"});
        change(&mut envelope);
        Envelope::decode(envelope.to_string().as_bytes())
    };
    assert!(envelope(|_| ()).is_ok());
    let pairs = |count: u32| -> Value {
        (0..count).map(|i| (i.to_string(), json!(""))).collect::<serde_json::Map<_, _>>().into()
    };
    assert!(Envelope::decode(&with_context(&pairs(16))).is_ok());
    assert_eq!(Envelope::decode(&with_context(&pairs(17))).expect_err("17 pairs").kind, ErrorKind::TooLarge);
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 8] = [
        (|e| e["v"] = json!(2), "version 2 is not supported"),
        (|e| e["v"] = json!(-1), "not readable"),
        (|e| e["wrapped"] = json!("A".repeat(2049)), "too long"),
        (|e| e["wrapped"] = json!("A".repeat(5000)), "the limit is 4096"),
        (|e| e["key_id"] = json!("k\u{1b}[2J"), "not printable"),
        (|e| e["key_id"] = json!("k\u{202e}1"), "not printable"),
        (|e| e["ctx"] = json!({"\u{7f}": ""}), "not printable"),
        (|e| e["mode"] = json!("\u{1b}[2J"), "unknown variant `?[2J`"),
    ];
    for (change, wanted) in cases {
        let error = envelope(change).expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(error.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{error:?}");
    }
}

/// An envelope of ours never outgrows its place: it is refused when it is made.
#[test]
fn an_envelope_beyond_its_place_is_refused_when_made() {
    let mut envelope = Envelope::decode(&with_context(&json!({}))).expect("an envelope");
    let rest = envelope.encode().expect("its JSON").len() - envelope.wrapped.len();
    envelope.wrapped = "A".repeat(ENVELOPE_CAPACITY - rest);
    assert_eq!(envelope.encode_padded().expect("the largest").len(), ENVELOPE_CAPACITY);
    envelope.wrapped.push('A');
    assert_eq!(envelope.encode_padded().expect_err("one more").kind, ErrorKind::TooLarge);
}

/// The length in the envelope area of a raw LUKS1 file is not believed.
#[test]
fn an_envelope_area_with_a_false_length_is_refused() {
    let area = encode_envelope_area(b"{}");
    for (len, wanted) in [
        (u32::MAX, ErrorKind::TooLarge),
        (ENVELOPE_BYTES_MAX as u32 + 1, ErrorKind::TooLarge),
        (ENVELOPE_BYTES_MAX as u32, ErrorKind::Truncated),
        (3, ErrorKind::Truncated),
        (1, ErrorKind::Invalid),
        (0, ErrorKind::Invalid),
    ] {
        let mut area = area.clone();
        area[8..12].copy_from_slice(&len.to_be_bytes());
        assert_eq!(decode_envelope_area(&area).expect_err("a length").kind, wanted, "{len}");
    }
}

fn with_context(context: &Value) -> Vec<u8> {
    json!({"v": 1, "kms": "", "key_id": "", "wrapped": "", "ctx": context}).to_string().into_bytes()
}

fn decode(json: &str, header_bytes: u64) -> Result<(), FormatError> {
    decode_headers(&luks2_file(json.as_bytes(), header_bytes), FILE_BYTES).map(drop)
}
