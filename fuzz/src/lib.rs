//! One function for each decoder of foreign bytes, and for what reaches the server from strangers: `cargo fuzz` calls it with what
//! libFuzzer invents, `tests/smoke.rs` with the kept corpus and mutations of it.
//!
//! A function returns whether the bytes were accepted to the end, so that a corpus that no longer reaches the whole decoder is
//! noticed. It panics when a promise is broken: a read outside of the file, an extent out of order, bytes that do not come back.

mod file;
mod vhd;
mod vhdx;
mod vmdk;
mod walk;
mod wire;

use formats::envelope::Envelope;
use formats::luks1;
use formats::luks2;
use formats::qcow2;

use file::File;
use walk::walk;

pub use vhd::vhd;
pub use vhdx::vhdx;
pub use vmdk::vmdk;
pub use wire::{encryption_context, import, parameters, policy, signature_v3, ssh_key};

/// A decoder and its name, which is also the name of its corpus.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All of them.
pub const TARGETS: &[Target] = &[
    ("qcow2", qcow2),
    ("vhd", vhd),
    ("vhdx", vhdx),
    ("vmdk", vmdk),
    ("luks1", luks1),
    ("luks2_json", luks2_json),
    ("envelope", envelope),
    ("parameters", parameters),
    ("signature_v3", signature_v3),
    ("policy", policy),
    ("encryption_context", encryption_context),
    ("import", import),
    ("ssh_key", ssh_key),
];

/// A whole qcow2 file, or one in pieces: header, snapshots, LUKS header, allocation map, compressed clusters.
pub fn qcow2(bytes: &[u8]) -> bool {
    let file = if bytes.starts_with(&qcow2::MAGIC) { File::flat(bytes) } else { File::pieced(bytes) };
    let head = file.read_up_to(0, formats::READ_LEN_MAX);
    let Ok(header) = qcow2::Header::decode(&head, file.len()) else {
        return false;
    };
    let table = file.read_up_to(header.snapshots_offset, qcow2::SNAPSHOT_TABLE_READ_MAX as usize);
    let snapshots = qcow2::decode_snapshots(&table, header.snapshot_count);
    assert!(snapshots.len() <= header.snapshot_count as usize, "more snapshots than the header counts");
    if let Some(luks) = header.luks {
        luks1(&file.read_up_to(luks.offset, luks1::HEADER_BYTES));
    }
    let given = qcow2::Given { backing_file: true, data_file: true };
    if header.require_readable(given).is_err() {
        return false;
    }
    // Its data may lie anywhere in the other file, which is as long as a file can sensibly be.
    let external = qcow2::Feature::ExternalDataFile.is_in(header.incompatible).then_some(1 << 50);
    walk(&mut qcow2::Mapper::new(&header, file.len(), external), &file, header.virtual_size)
}

/// A LUKS1 header, and the envelope area of raw files, which stands behind it in the input.
pub fn luks1(bytes: &[u8]) -> bool {
    if let Some(area) = bytes.get(luks1::HEADER_BYTES..)
        && let Ok(Some(envelope)) = luks1::decode_envelope_area(area)
    {
        assert!(area.starts_with(&luks1::encode_envelope_area(envelope)), "an envelope area does not come back");
    }
    // An area of any length: what does not fit into it is another test's concern.
    let Ok(header) = luks1::Header::decode(bytes, u64::MAX) else {
        return false;
    };
    let again = luks1::Header::decode(&header.encode(), u64::MAX);
    assert_eq!(again.as_ref(), Ok(&header), "a LUKS1 header does not come back");
    true
}

/// Both headers of a LUKS2 file with their checksums, or the JSON alone.
pub fn luks2_json(bytes: &[u8]) -> bool {
    const FILE_BYTES: u64 = 64 << 20;
    const HEADER_BYTES: u64 = 16 << 10;
    let metadata = if bytes.first() == Some(&b'{') {
        luks2::Metadata::decode(bytes, HEADER_BYTES, FILE_BYTES)
    } else {
        luks2::decode_headers(bytes, FILE_BYTES).map(|headers| headers.metadata)
    };
    let Ok(metadata) = metadata else {
        return false;
    };
    let json = metadata.encode().expect("what was decoded can be encoded");
    let again = luks2::Metadata::decode(&json, HEADER_BYTES, FILE_BYTES).expect("what was encoded can be decoded");
    assert_eq!(again, metadata, "LUKS2 metadata does not come back");
    let segment = metadata.payload().expect("accepted metadata has a payload");
    let digest = metadata.payload_digest().expect("accepted metadata has a digest of the volume key");
    digest.hash().expect("accepted metadata names a known hash");
    assert!(segment.len(FILE_BYTES) <= FILE_BYTES, "a payload that is longer than its file");
    true
}

/// A KMS envelope.
pub fn envelope(bytes: &[u8]) -> bool {
    let Ok(envelope) = Envelope::decode(bytes) else {
        return false;
    };
    let json = envelope.encode().expect("what was decoded can be encoded");
    assert_eq!(Envelope::decode(&json).as_ref(), Ok(&envelope), "an envelope does not come back");
    assert!(envelope.mac_input().is_ok(), "an accepted envelope has no MAC input");
    true
}
