//! Random damage: whatever stands in the bytes, decoding ends in a value that keeps its promises or in an error, never in a panic.

use formats::envelope::Envelope;
use formats::luks1::{Header, decode_envelope_area, encode_envelope_area};
use formats::luks2::decode_headers;
use formats::probe::{Format, Probe, probe, resolve};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::Strategy;

use crate::made::{FILE_BYTES, HEADER_BYTES, luks1_header, luks2_file, luks2_metadata};

/// Bytes to put somewhere. Places are taken modulo the length of what is damaged.
fn damage() -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)
}

fn damaged(mut bytes: Vec<u8>, damage: &[(usize, u8)]) -> Vec<u8> {
    let len = bytes.len();
    for (at, value) in damage {
        bytes[at % len] = *value;
    }
    bytes
}

proptest! {
    /// A header that is taken has its key material and its payload inside the file, in this order, and is written as it was read.
    #[test]
    fn a_damaged_luks1_header_is_refused_or_sound(damage in damage(), file_len in 0..2 * FILE_BYTES) {
        let bytes = damaged(luks1_header().encode().to_vec(), &damage);
        if let Ok(header) = Header::decode(&bytes, file_len) {
            let payload = u64::from(header.payload_offset) * 512;
            prop_assert!(payload <= file_len);
            for slot in header.slots {
                let end = u64::from(slot.key_material_offset) * 512 + header.key_material_bytes();
                prop_assert!(end <= payload);
            }
            prop_assert_eq!(Header::decode(&header.encode(), file_len), Ok(header));
        }
    }

    /// Without right checksums damage to one copy leaves the other one, damage to both none.
    #[test]
    fn damaged_luks2_headers_are_refused_or_the_whole_one_is_read(damage in damage(), file_len in 0..2 * FILE_BYTES) {
        let whole = luks2_file(luks2_metadata().to_string().as_bytes(), HEADER_BYTES);
        let metadata = decode_headers(&whole, FILE_BYTES).expect("a header").metadata;
        let file = damaged(whole.clone(), &damage);
        if let Ok(headers) = decode_headers(&file, file_len) {
            prop_assert_eq!(headers.metadata, metadata);
            prop_assert_eq!(headers.damage.is_some(), file != whole);
        }
    }

    /// With right checksums anything may stand in the JSON. What is taken has areas and payload inside the file, and stays the same
    /// when it is written and read again.
    #[test]
    fn damaged_luks2_metadata_is_refused_or_sound(damage in damage(), is_digits in any::<bool>(), file_len in 0..2 * FILE_BYTES) {
        // Digits keep the JSON well formed, so that the damage gets to the checks behind the parser.
        let whole = luks2_metadata().to_string().into_bytes();
        let json = if is_digits {
            let digits = whole.iter().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect::<Vec<_>>();
            let damage = damage.iter().map(|(at, value)| (digits[at % digits.len()], b'0' + value % 10)).collect::<Vec<_>>();
            damaged(whole, &damage)
        } else {
            // A NUL ends the text and is another test's matter.
            let damage = damage.iter().map(|(at, value)| (*at, (*value).max(1))).collect::<Vec<_>>();
            damaged(whole, &damage)
        };
        if let Ok(headers) = decode_headers(&luks2_file(&json, HEADER_BYTES), file_len) {
            let payload = headers.metadata.payload().expect("a payload");
            prop_assert!(payload.offset.checked_add(payload.len(file_len)).is_some_and(|end| end <= file_len));
            for slot in headers.metadata.keyslots.values() {
                let end = slot.area.offset.checked_add(slot.area.size);
                prop_assert!(end.is_some_and(|end| end <= payload.offset));
                prop_assert!(slot.area.offset >= 2 * HEADER_BYTES);
                prop_assert!(payload.cipher(slot.key_size).is_ok());
            }
            let again = luks2_file(&headers.metadata.encode().expect("its JSON"), HEADER_BYTES);
            prop_assert_eq!(decode_headers(&again, file_len).map(|h| h.metadata), Ok(headers.metadata));
        }
    }

    /// An envelope that is taken is written as it was read; one in an area is the one that was put there.
    #[test]
    fn a_damaged_envelope_is_refused_or_sound(damage in damage()) {
        let envelope = br#"{"v":1,"kms":"example","key_id":"k-1","wrapped":"QUJD","ctx":{"image":"i"},"mode":"rewrap"}"#;
        let area = encode_envelope_area(envelope);
        if let Ok(Some(found)) = decode_envelope_area(&damaged(area, &damage)) {
            prop_assert_eq!(found, envelope);
        }
        if let Ok(envelope) = Envelope::decode(&damaged(envelope.to_vec(), &damage)) {
            prop_assert_eq!(Envelope::decode(&envelope.encode().expect("its JSON")), Ok(envelope));
        }
    }

    /// Detection has an answer for any bytes, and a claim is never overruled.
    #[test]
    fn any_bytes_are_detected_as_something(head in proptest::collection::vec(any::<u8>(), 0..600), tail in proptest::collection::vec(any::<u8>(), 0..1024)) {
        let found = probe(&head, &tail);
        for claim in [Format::Raw, Format::Qcow2, Format::Luks1, Format::Luks2, Format::Vhd, Format::Vhdx, Format::Vmdk] {
            let answer = resolve(Some(claim), found);
            prop_assert_eq!(answer.is_ok(), found == Probe::Known(claim));
        }
    }
}
