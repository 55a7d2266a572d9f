//! A header that was swapped or touched up (reports.md R26). A header that stays well formed is no error here: the engine compares
//! it with what was pinned when the image was sealed. So what is shown is that no such change stays invisible.

use formats::luks1::Header;
use formats::luks2::{Metadata, decode_headers};
use serde_json::{Value, json};

use crate::made::{FILE_BYTES, HEADER_BYTES, luks1_header, luks2_file, luks2_metadata};

/// R26 (a): a null cipher, under each name that tools have for it, never opens.
#[test]
fn r26_a_a_null_cipher_is_refused_in_plain_words() {
    for (name, mode) in [("cipher_null", "ecb"), ("null", "xts-plain64"), ("aes", "null")] {
        let mut bytes = luks1_header().encode();
        bytes[8..72].fill(0);
        bytes[8..][..name.len()].copy_from_slice(name.as_bytes());
        bytes[40..][..mode.len()].copy_from_slice(mode.as_bytes());
        let error = Header::decode(&bytes, FILE_BYTES).expect_err(name);
        assert!(error.message.contains("does not encrypt"), "{error}");
    }
}

/// The same without any keyslot that could tell the length of the key: an erased header is well formed, a null cipher is not.
#[test]
fn r26_a_a_null_cipher_is_refused_without_keyslots_too() {
    let mut metadata = luks2_metadata();
    metadata["keyslots"] = json!({});
    metadata["digests"]["0"]["keyslots"] = json!([]);
    assert!(pinned(&metadata).is_some(), "erased");
    metadata["segments"]["0"]["encryption"] = json!("cipher_null-ecb");
    assert_eq!(pinned(&metadata), None);
}

/// R26 (b): a slot of somebody else's is in the decoded header, and in what is pinned.
#[test]
fn r26_b_an_added_slot_is_seen() {
    let mut header = luks1_header();
    header.slots[3].active = true;
    header.slots[3].iterations = 1000;
    let found = Header::decode(&header.encode(), FILE_BYTES).expect("a well-formed header");
    assert!(found.slots[3].active && found != luks1_header());

    let mut metadata = luks2_metadata();
    let mut slot = metadata["keyslots"]["0"].clone();
    slot["area"]["offset"] = json!("290816");
    metadata["keyslots"]["1"] = slot;
    assert_ne!(pinned(&metadata), pinned(&luks2_metadata()), "unbound slot");
    metadata["digests"]["0"]["keyslots"] = json!(["0", "1"]);
    assert_ne!(pinned(&metadata), pinned(&luks2_metadata()), "bound slot");
}

/// R26 (c): the payload cannot be moved into the key material or behind the end; elsewhere the move is seen.
#[test]
fn r26_c_a_moved_payload_is_refused_or_seen() {
    for (sectors, wanted) in [
        (0, "reaches into the payload"),
        (4035, "reaches into the payload"),
        (49153, "after the end of the file"),
        (u32::MAX, "after the end of the file"),
    ] {
        let mut header = luks1_header();
        header.payload_offset = sectors;
        let error = Header::decode(&header.encode(), FILE_BYTES).expect_err(wanted);
        assert!(error.message.contains(wanted), "{error}");
    }
    for sectors in [4036, 8191, 8193, 49152] {
        let mut header = luks1_header();
        header.payload_offset = sectors;
        let found = Header::decode(&header.encode(), FILE_BYTES).expect("inside the file");
        assert_ne!(found, luks1_header());
    }
    let mut metadata = luks2_metadata();
    metadata["segments"]["0"]["offset"] = json!("16777728");
    assert_ne!(pinned(&metadata), pinned(&luks2_metadata()));
}

/// R26 (d): an older header has other keys in it. LUKS2 counts updates, but nobody signs the count: the pin tells.
#[test]
fn r26_d_an_older_header_is_seen() {
    let mut older = luks1_header();
    older.slots[0].salt = [0x77; 32];
    let found = Header::decode(&older.encode(), FILE_BYTES).expect("a well-formed header");
    assert_ne!(found, luks1_header());

    let mut metadata = luks2_metadata();
    metadata["keyslots"]["0"]["kdf"]["salt"] = json!("d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c=");
    assert_ne!(pinned(&metadata), pinned(&luks2_metadata()));
}

/// R26 (e), for each of the 4736 bits of a header: refused, or another header. Only the padding after the end of a text means
/// nothing to anybody; the pin of the engine is over all bytes.
#[test]
fn r26_e_no_flipped_bit_of_luks1_goes_unseen() {
    let whole = luks1_header().encode();
    let padding = |at: usize| {
        let field = [8..40, 40..72, 72..104, 168..208].into_iter().find(|field| field.contains(&at));
        field.is_some_and(|field| whole[field.start..at].contains(&0))
    };
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole;
            bytes[at] ^= 1 << bit;
            let is_same = Header::decode(&bytes, FILE_BYTES) == Ok(luks1_header());
            assert_eq!(is_same, padding(at), "bit {bit} of byte {at}");
        }
    }
}

/// The same for each value of LUKS2 metadata: replaced, it is refused or changes the pin. Tokens are the exception: the envelope
/// with the pin is in one.
#[test]
fn r26_e_no_changed_value_of_luks2_goes_unseen() {
    let whole = luks2_metadata();
    let mut leaves = Vec::new();
    collect(&whole, String::new(), &mut leaves);
    assert_eq!(leaves.len(), 35, "all values are looked at");
    for leaf in leaves {
        let mut metadata = whole.clone();
        let value = metadata.pointer_mut(&leaf).expect("a value");
        *value = match &*value {
            Value::String(text) => json!(format!("{text}0")),
            Value::Number(number) => json!(number.as_u64().expect("a number") * 2),
            other => panic!("{other} at {leaf}"),
        };
        let changed = pinned(&metadata);
        let is_token = leaf.starts_with("/tokens");
        assert_eq!(changed == pinned(&whole), is_token, "{leaf}");
    }
}

/// What the engine pins, or `None` when the metadata is refused.
fn pinned(metadata: &Value) -> Option<Vec<u8>> {
    let file = luks2_file(metadata.to_string().as_bytes(), HEADER_BYTES);
    let metadata: Metadata = decode_headers(&file, FILE_BYTES).ok()?.metadata;
    metadata.pinned().ok()
}

fn collect(value: &Value, at: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(field, format!("{at}/{name}"), leaves);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{at}/{index}"), leaves);
            }
        }
        _ => leaves.push(at),
    }
}
