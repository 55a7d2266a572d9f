//! The LUKS facts of the worked example in `../shared/formats.md` 1.10, a file that stock QEMU opens,
//! and sector ciphers against Python's `cryptography`.

use crypto::kdf::{Argon2Cost, Argon2Kind, Hash, argon2, mk_digest, pbkdf2};
use crypto::keyslot::{SlotCipher, lock, unlock};
use crypto::sector::{CipherKind, SectorCipher};
use crypto::{DataKey, Random, Secret, SeededRandom};

const SLOT: SlotCipher = SlotCipher { kind: CipherKind::AesXtsPlain64, hash: Hash::Sha256, stripes: 4000 };

fn counting(len: usize) -> Secret {
    Secret::from_fn(len, |out| out.iter_mut().zip(0..).for_each(|(byte, i)| *byte = i))
}

/// The example's random source, after the two salts of 32 bytes: mk-digest salt, slot salt.
fn example() -> (SeededRandom, [u8; 32], [u8; 32]) {
    let random = SeededRandom::new(b"formats.md");
    let (mut digest_salt, mut slot_salt) = ([0; 32], [0; 32]);
    random.fill(&mut digest_salt);
    random.fill(&mut slot_salt);
    (random, digest_salt, slot_salt)
}

fn slot_key(slot_salt: &[u8]) -> Secret {
    let data_key = DataKey::try_from(Secret::copy_of(b"0123456789abcdef0123456789abcdef")).expect("32 bytes");
    pbkdf2(Hash::Sha256, data_key.passphrase().expose(), slot_salt, 1000, 64).expect("1000 iterations")
}

/// Digest of the master key, slot key and key material are the example's, byte for byte.
#[test]
fn key_slot_is_that_of_the_worked_example() {
    let (random, digest_salt, slot_salt) = example();
    let master_key = counting(64);
    let digest = mk_digest(Hash::Sha256, &master_key, &digest_salt, 1000, 20).expect("1000 iterations");
    assert_eq!(hex::encode(digest), "9022bed1fc6e1ce07fbe38adf45148c6a674f6cf");
    let slot_key = slot_key(&slot_salt);
    assert_eq!(
        hex::encode(slot_key.expose()),
        "ad72e100a3115b9c53079f96110536cf936d4e7d29bdedfc36dc95466cbeba4e\
         7eae18af3c3046eae103be595b213172fd3f28cf6c910fa766bd02723ffe0648"
    );
    let material = lock(SLOT, &slot_key, &master_key, &random).expect("valid keys");
    assert_eq!(material.len(), 256_000);
    assert_eq!(hex::encode(&material[..32]), "5f34dd7f213063358cbf604bd502a2ca9a461525df69a2fee53cf54983c14bd2");
    assert!(unlock(SLOT, &slot_key, &material, 64).expect("whole material").equals(&master_key));
}

/// The first data cluster of the example: host offset 0x210000, sector 4224.
#[test]
fn data_is_encrypted_as_in_the_worked_example() {
    let mut cipher = SectorCipher::new(CipherKind::AesXtsPlain64, &counting(64)).expect("64 bytes");
    let mut cluster = vec![0; 65_536];
    cluster[..19].copy_from_slice(b"hello-plain-sector0");
    let plain = cluster.clone();
    cipher.encrypt(4224, 512, &mut cluster).expect("whole sectors");
    assert_eq!(hex::encode(&cluster[..32]), "125c24a53a19aa0034d2335d82101afba38bff3be6557ab9ec3a40e0f77b8e2d");
    cipher.decrypt(4224, 512, &mut cluster).expect("whole sectors");
    assert_eq!(cluster, plain);
}

/// A wrong slot key or a single changed bit gives another master key; the header's digest tells.
#[test]
fn wrong_key_and_changed_material_do_not_give_the_master_key() {
    let (random, _, slot_salt) = example();
    let (master_key, slot_key) = (counting(64), slot_key(&slot_salt));
    let material = lock(SLOT, &slot_key, &master_key, &random).expect("valid keys");
    let wrong = unlock(SLOT, &counting(64), &material, 64).expect("whole material");
    assert!(!wrong.equals(&master_key));
    for byte in [0, 100_000, 255_999] {
        let mut changed = material.clone();
        changed[byte] ^= 1;
        assert!(!unlock(SLOT, &slot_key, &changed, 64).expect("whole material").equals(&master_key));
    }
    assert!(unlock(SLOT, &slot_key, &material[..255_999], 64).is_err(), "a cut area is refused");
}

/// Last 32 bytes of a unit of bytes 0, 1, … 250, 0 … at sector 2^32 + 5, key 0, 1, 2 …: every kind,
/// key length and the difference between `plain` and `plain64`, as Python's `cryptography` has them.
#[test]
fn every_cipher_kind_agrees_with_python() {
    let cases = [
        (CipherKind::AesXtsPlain64, 64, 512, "b07160bbdadbe9116966948bc103599cba61be6982a7bf41438ce405fa360ecc"),
        (CipherKind::AesXtsPlain64, 64, 4096, "1b59ec284fb79d80d10ca3b92f946e31113e4cc0e6bfbdae87b41cb842a004c5"),
        (CipherKind::AesXtsPlain64, 32, 512, "b81f72972a2b268940f938f5beee5c49561802cd5b6c9a5a4ae5ee6a2df3ff28"),
        (CipherKind::AesXtsPlain, 32, 512, "edb393913bd276f2f01f10042c8308538da5549ef84115556478d0b3fbcd8d0a"),
        (CipherKind::AesCbcEssivSha256, 16, 512, "379bf8593743b5a6763fef78945d66230aac02d00d1883f02cd53b7e14d7f201"),
        (CipherKind::AesCbcEssivSha256, 32, 512, "a5585d24bdaa942b170467e42359f921dffad81a5759815559c67bf984248d6d"),
        (CipherKind::AesCbcPlain64, 16, 512, "c3f8737e08263db4a55aeb1bd4de04a5b18ece2ba1e5320f29ef063fe3b08921"),
        (CipherKind::AesCbcPlain64, 32, 512, "c355992d47ba7c620ba19e5c559b0415b803492c3215ec99be9828bd6555aa85"),
        (CipherKind::AesCbcPlain, 16, 512, "0b44d230f4d086a0dac26e9e293bf80155b81662872108664c763ad6bb7b39f6"),
        (CipherKind::AesCbcPlain, 32, 512, "f7fb3ee2b281006a35b5f6023df40cbcc0ffbdec0e2be59dd4a621dc18a564fa"),
    ];
    for (kind, key_bytes, sector_bytes, expected) in cases {
        let mut cipher = SectorCipher::new(kind, &counting(key_bytes)).expect("a fitting key");
        let mut unit: Vec<u8> = (0..251).cycle().take(sector_bytes).collect();
        cipher.encrypt((1 << 32) + 5, sector_bytes, &mut unit).expect("one sector");
        assert_eq!(hex::encode(&unit[sector_bytes - 32..]), expected, "{kind:?} {key_bytes} {sector_bytes}");
    }
}

/// Argon2id of the reference implementation's own test, and of Python's `cryptography` with four lanes.
#[test]
fn argon2id_agrees_with_the_reference() {
    let cost = Argon2Cost { memory_kib: 65_536, iterations: 2, lanes: 1 };
    let key = argon2(Argon2Kind::Argon2id, cost, b"password", b"somesalt", 32).expect("valid costs");
    assert_eq!(hex::encode(key.expose()), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    let cost = Argon2Cost { memory_kib: 64, iterations: 3, lanes: 4 };
    let salt = counting(32);
    let key = argon2(Argon2Kind::Argon2id, cost, b"password", salt.expose(), 64).expect("valid costs");
    assert_eq!(
        hex::encode(key.expose()),
        "782023c07a3c90f1284eab452eed11096a816e5a104e2c7f80afcba9ed3a9ff8\
         1451fd81c8f6423c6a181ca933976a3c5970d4807a3aec08ef01f9b3025226c6"
    );
}
