//! The worked example of ../shared/formats.md 1.10, byte for byte, from its fixed inputs.

use std::sync::Mutex;

use blobs::{Overwrite, PageBuffer, PartialFile};
use crypto::digest::sha256;
use crypto::sector::{CipherKind, SectorCipher};
use crypto::{Secret, SeededRandom};

use crate::journal::{CopyId, Header, Journal};
use crate::luks::{LuksKind, NewHeader};
use crate::target::{Qcow2, Qcow2Options, Target, Work};

const SHA256: &str = "d878891e2d0a4f66384d6c1610ff394cf525661dfb14fb8356663e5899a3e1b8";
const UUID: &str = "00000000-0000-4000-8000-000000000001";
const PASSPHRASE: &[u8] = b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const ENVELOPE: &[u8] = br#"{"v":1,"kms":"example","key_id":"k-1","wrapped":"QUJD"}"#;
const MIB: usize = 1 << 20;

/// Header, LUKS area, data, tables: the same code that writes real images makes the example.
#[test]
fn the_worked_example_comes_out_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("example.qcow2");
    let random = SeededRandom::new(b"formats.md");
    let master_key = Secret::from_fn(64, |key| (0..).zip(key).for_each(|(i, byte)| *byte = i));
    let header = NewHeader::create(LuksKind::Luks1InQcow2, UUID, &master_key, &random).unwrap();
    let options = Qcow2Options {
        virtual_size: 8 * MIB as u64,
        cluster_bytes: 64 << 10,
        luks_len: Some(header.area_end()),
        compression: None,
        pitch: MIB as u64,
        preallocate: false,
    };
    let target = Qcow2::new(options, &path).unwrap();
    let file = PartialFile::open(&path, Overwrite::Refuse).unwrap();
    let id = CopyId { source: String::new(), request: String::new() };
    let journal_header = Header { id, boot_id: String::new(), sealing: None };
    let journal = Mutex::new(Journal::create(&dir.path().join("journal"), &journal_header).unwrap());
    let mut cipher = SectorCipher::new(CipherKind::AesXtsPlain64, &master_key).unwrap();
    for (segment, text) in [(0, &b"hello-plain-sector0"[..]), (1, b"sector2048")] {
        let mut work = Work { buffer: PageBuffer::zeroed(MIB), len: MIB, data: vec![true; 16], scratch: Vec::new() };
        work.buffer.bytes_mut()[..text.len()].copy_from_slice(text);
        let placement = target.place(&file, segment, &mut work).unwrap();
        for run in &placement.runs {
            let bytes = &mut work.buffer.bytes_mut()[run.start..run.start + run.len];
            cipher.encrypt(run.host / 512, 512, bytes).unwrap();
            file.write_all_at(bytes, run.host).unwrap();
        }
        journal.lock().unwrap().append(&placement.done).unwrap();
    }
    let finished = target.finish(&file, &journal.lock().unwrap().records()).unwrap();
    let luks = target.luks_offset().unwrap();
    let passphrase = Secret::copy_of(PASSPHRASE);
    let material = header.key_material(&passphrase, &master_key, &random).unwrap();
    file.write_all_at(&header.encode(ENVELOPE, &random).unwrap(), luks).unwrap();
    file.write_all_at(&material, luks + header.key_material_offset()).unwrap();
    file.write_all_at(&target.header(&finished, Some(ENVELOPE)).unwrap().0, 0).unwrap();
    let bytes = std::fs::read(file.partial()).unwrap();
    assert_eq!((bytes.len(), hex::encode(sha256(&bytes)).as_str()), (2_555_904, SHA256));
}
