//! LUKS1: the 592 bytes, alone in a file and inside a qcow2.

use formats::luks::{Cipher, Hash, Iv};
use formats::luks1::{ENVELOPE_AREA_OFFSET, HEADER_BYTES, Header, KEY_MATERIAL_END};
use formats::luks1::{decode_envelope_area, encode_envelope_area};
use formats::{ErrorKind, FormatError, qcow2};
use serde_json::{Value, json};

use crate::workshop::Workshop;

const UUID: &str = "00000000-0000-4000-8000-000000000001";

/// Every number and every salt that `luksDump` prints is what we decode.
#[test]
fn headers_of_cryptsetup_decode_to_what_luksdump_says() {
    let cases = [
        ("aes-xts-plain64", 512, "sha256", Hash::Sha256, xts(512, Iv::Plain64)),
        ("aes-xts-plain64", 256, "sha1", Hash::Sha1, xts(256, Iv::Plain64)),
        ("aes-xts-plain", 512, "sha512", Hash::Sha512, xts(512, Iv::Plain)),
        ("aes-cbc-essiv:sha256", 256, "sha256", Hash::Sha256, cbc(256, Iv::EssivSha256)),
        ("aes-cbc-plain64", 128, "sha384", Hash::Sha384, cbc(128, Iv::Plain64)),
    ];
    let workshop = Workshop::new("luks1-cryptsetup");
    for (cipher, bits, hash_name, hash, wanted) in cases {
        workshop.empty("image", 8 << 20);
        workshop.cryptsetup(&format!(
            "-q luksFormat --type luks1 --pbkdf-force-iterations 1234 -c {cipher} -s {bits} -h {hash_name} image key"
        ));
        let header = decode(&workshop, "image").expect(cipher);
        assert_eq!((header.cipher, header.hash), (wanted, hash), "{cipher}");
        assert_eq!(dump_of(&header), words_of(&workshop.cryptsetup("luksDump image")));
    }
}

/// A second key, a killed slot and an erased header are ordinary states of a header.
#[test]
fn headers_that_cryptsetup_changed_decode() {
    let workshop = Workshop::new("luks1-changed");
    workshop.empty("image", 8 << 20);
    workshop.cryptsetup("-q luksFormat --type luks1 --pbkdf-force-iterations 1000 image key");
    workshop.cryptsetup("-q luksAddKey --key-slot 7 --pbkdf-force-iterations 1001 --key-file key image key");
    for (change, active) in [
        ("luksUUID image", vec![0, 7]),
        ("-q luksKillSlot --key-file key image 0", vec![7]),
        ("-q luksErase image", vec![]),
    ] {
        workshop.cryptsetup(change);
        let header = decode(&workshop, "image").expect(change);
        let found = (0..8).filter(|&index| header.slots[index].active);
        assert_eq!(found.collect::<Vec<_>>(), active, "{change}");
        assert_eq!(dump_of(&header), words_of(&workshop.cryptsetup("luksDump image")), "{change}");
    }
}

/// The same for QEMU's own writer, as a file and inside a qcow2. (It measures the machine for seconds at every `create`: few cases.)
#[test]
fn headers_of_qemu_img_decode_to_what_info_says() {
    let workshop = Workshop::new("luks1-qemu");
    for (options, wanted) in [
        ("cipher-mode=xts,ivgen-alg=plain64", xts(512, Iv::Plain64)),
        ("cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256", cbc(256, Iv::EssivSha256)),
    ] {
        workshop.qemu_create(&format!("-f luks -o key-secret=s,{options},iter-time=10 image 1M"));
        let header = decode(&workshop, "image").expect(options);
        assert_eq!(header.cipher, wanted);
        assert_eq!(info_of(&header), short(&workshop.qemu_info("luks", "image")));
    }
    let options = "encrypt.format=luks,encrypt.key-secret=s,encrypt.cipher-alg=aes-128,encrypt.iter-time=10";
    workshop.qemu_create(&format!("-f qcow2 -o {options} disk 1M"));
    let file = workshop.head("disk", u64::MAX);
    let container = qcow2::Header::decode(&file, file.len() as u64).expect("a qcow2 header");
    let pointer = container.luks.expect("a pointer to the LUKS header");
    let bytes = &file[pointer.offset as usize..];
    let header = Header::decode(bytes, pointer.len).expect("a header in a qcow2");
    let info = &workshop.qemu_info("qcow2", "disk")["encrypt"];
    assert_eq!((header.cipher, info_of(&header)), (xts(256, Iv::Plain64), short(info)));
}

/// A cipher that QEMU can make and we do not take is named in the refusal.
#[test]
fn other_ciphers_of_qemu_are_refused_by_name() {
    let workshop = Workshop::new("luks1-ciphers");
    for (cipher, hash, wanted) in [("aes-192", "sha256", "48 bytes"), ("serpent-256", "ripemd160", "serpent")] {
        workshop
            .qemu_create(&format!("-f luks -o key-secret=s,cipher-alg={cipher},hash-alg={hash},iter-time=10 image 1M"));
        let error = decode(&workshop, "image").expect_err(cipher);
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        assert!(error.message.contains(wanted), "{error}");
    }
}

/// What we encode means the same to both tools: every field, the layout of slots and key material.
#[test]
fn our_header_is_read_alike_by_both_tools() {
    let workshop = Workshop::new("luks1-ours");
    for payload_sectors in [4040, 8192] {
        workshop.empty("image", (8 << 20) + 512 * u64::from(payload_sectors));
        workshop.patch("image", 0, &ours(payload_sectors).encode());
        let dump = workshop.cryptsetup("luksDump image");
        assert_eq!(words_of(&dump), dump_of(&ours(payload_sectors)));
        let info = workshop.qemu_info("luks", "image");
        assert_eq!(short(&info), info_of(&ours(payload_sectors)));
        assert_eq!(decode(&workshop, "image"), Ok(ours(payload_sectors)));
    }
}

/// The place of the envelope in a raw file outlives every change of keys, and a conversion to LUKS2.
#[test]
fn the_envelope_area_outlives_what_cryptsetup_does() {
    let workshop = Workshop::new("luks1-envelope");
    let envelope = br#"{"v":1,"kms":"example","key_id":"k-1","wrapped":"QUJD"}"#;
    workshop.empty("image", 8 << 20);
    workshop.cryptsetup("-q luksFormat --type luks1 --offset 8192 --pbkdf-force-iterations 1000 image key");
    workshop.patch("image", ENVELOPE_AREA_OFFSET, &encode_envelope_area(envelope));
    for change in [
        "-q luksAddKey --key-slot 7 --pbkdf-force-iterations 1000 --key-file key image key",
        "-q luksKillSlot --key-file key image 7",
        "-q luksUUID --uuid 00000000-0000-4000-8000-000000000002 image",
        "luksHeaderBackup --header-backup-file backup image",
        "-q luksHeaderRestore --header-backup-file backup image",
        "-q convert --type luks2 image",
        "-q luksErase image",
    ] {
        workshop.cryptsetup(change);
        let head = workshop.head("image", u64::MAX);
        let area = decode_envelope_area(&head[ENVELOPE_AREA_OFFSET as usize..]);
        assert_eq!(area, Ok(Some(&envelope[..])), "after {change}");
    }
}

/// Every byte of a header is changed in turn, to 0, to 255 and by one bit. What we take, cryptsetup takes too; the reverse need
/// not hold. Salts, digest and UUID have no wrong values and are left out.
#[test]
fn what_cryptsetup_refuses_is_refused() {
    let workshop = Workshop::new("luks1-judge");
    workshop.empty("image", 8 << 20);
    let whole = ours(8192).encode();
    let slot = 208..256;
    for at in (0..8).chain(8..12).chain(40..52).chain(72..80).chain(104..112).chain(slot) {
        for value in [0, 0xff, whole[at] ^ 1] {
            let mut bytes = whole;
            bytes[at] = value;
            if Header::decode(&bytes, 8 << 20).is_err() {
                continue;
            }
            workshop.patch("image", 0, &bytes);
            assert!(workshop.cryptsetup_takes("image"), "byte {at} = {value:#x}");
        }
    }
}

fn ours(payload_sectors: u32) -> Header {
    let mut header = Header::new_aes_256_xts(UUID, payload_sectors, [0xa1; 32], [0xb2; 32], 1000);
    header.mk_digest = [0xc3; 20];
    assert_eq!(header.key_material_end(), KEY_MATERIAL_END);
    header
}

fn decode(workshop: &Workshop, file: &str) -> Result<Header, FormatError> {
    let head = workshop.head(file, HEADER_BYTES as u64);
    Header::decode(&head, workshop.len(file))
}

/// What `luksDump` prints about such a header, word by word.
fn dump_of(header: &Header) -> String {
    let (cipher, mode) =
        header.cipher.name().split_once('-').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a mode");
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "Version: 1 Cipher name: {cipher} Cipher mode: {mode} Hash spec: {} Payload offset: {} MK bits: {} MK digest: {} MK salt: {} MK iterations: {} UUID: {}",
        header.hash.name(),
        header.payload_offset,
        header.cipher.key_bytes() * 8,
        hex(&header.mk_digest),
        hex(&header.mk_digest_salt),
        header.mk_digest_iterations,
        header.uuid,
    );
    for (index, slot) in header.slots.iter().enumerate() {
        text += &if slot.active {
            format!(
                " Key Slot {index}: ENABLED Iterations: {} Salt: {} Key material offset: {} AF stripes: 4000",
                slot.iterations,
                hex(&slot.salt),
                slot.key_material_offset
            )
        } else {
            format!(" Key Slot {index}: DISABLED")
        };
    }
    text
}

/// A dump without its title and its spaces.
fn words_of(dump: &str) -> String {
    let start = dump.find("Version").expect("a version in the dump");
    dump[start..].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What `qemu-img info` tells about such a header, but for the names of the cipher.
fn info_of(header: &Header) -> Value {
    let slots = header.slots.iter().map(|slot| {
        let offset = u64::from(slot.key_material_offset) * 512;
        if slot.active {
            json!({"active": true, "iters": slot.iterations, "key-offset": offset, "stripes": 4000})
        } else {
            json!({"active": false, "key-offset": offset})
        }
    });
    json!({
        "hash-alg": header.hash.name(),
        "uuid": header.uuid,
        "payload-offset": u64::from(header.payload_offset) * 512,
        "master-key-iters": header.mk_digest_iterations,
        "slots": slots.collect::<Vec<_>>(),
    })
}

fn short(info: &Value) -> Value {
    let names = ["hash-alg", "uuid", "payload-offset", "master-key-iters", "slots"];
    names.into_iter().map(|name| (name.to_owned(), info[name].clone())).collect::<serde_json::Map<_, _>>().into()
}

fn xts(key_bits: u16, iv: Iv) -> Cipher {
    Cipher::AesXts { key_bits, iv }
}

fn cbc(key_bits: u16, iv: Iv) -> Cipher {
    Cipher::AesCbc { key_bits, iv }
}
