//! Keys, signatures and ciphertexts that someone made to hurt: each is refused, none panics, none takes long.

use std::sync::LazyLock;

use crypto::asymmetric::{
    DecryptionKey, InvalidKeyMaterial, KeyPair, KeySpec, NotDecrypted, Oaep, PUBLIC_KEY_BYTES_MAX, PublicKey,
    PublicKeyKind, SignatureAlgorithm, SigningKey, UnwrappingKey, WrappingAlgorithm, generate,
};
use crypto::digest::sha256;
use crypto::{CryptoError, OsRandom, Secret};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{Index, select};

static RSA: LazyLock<KeyPair> = LazyLock::new(|| generate(KeySpec::Rsa2048, &OsRandom).expect("a good source"));
static P256: LazyLock<KeyPair> = LazyLock::new(|| generate(KeySpec::EcP256, &OsRandom).expect("a good source"));
static P256K: LazyLock<KeyPair> = LazyLock::new(|| generate(KeySpec::EcP256k, &OsRandom).expect("a good source"));

const RSA_OID: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const PSS_OID: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
const NULL: &[u8] = b"\x05\x00";

/// A DER value with its shortest length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().position(|&byte| byte != 0).unwrap_or(7)..];
    let prefix = if content.len() < 128 { vec![] } else { vec![0x80 | length.len() as u8] };
    [&[tag][..], &prefix, length, content].concat()
}

/// A positive number.
fn integer(big_endian: &[u8]) -> Vec<u8> {
    let sign = if big_endian.first().is_some_and(|byte| byte & 0x80 != 0) { &[0][..] } else { &[] };
    der(0x02, &[sign, big_endian].concat())
}

fn rsa_spki_of(algorithm: &[&[u8]], modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = der(0x30, &[modulus, exponent].concat());
    let bits = der(0x03, &[&[0][..], &key].concat());
    der(0x30, &[der(0x30, &algorithm.concat()), bits].concat())
}

fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    rsa_spki_of(&[RSA_OID, NULL], &integer(modulus), &integer(exponent))
}

/// An odd number of exactly so many bits. Nobody can tell from a modulus whether it has two prime factors.
fn modulus(bits: usize) -> Vec<u8> {
    let mut bytes = Secret::random(bits.div_ceil(8), &OsRandom).expose().to_vec();
    let top = (bits - 1) % 8;
    bytes[0] = (bytes[0] & ((1 << top) - 1) as u8) | 1 << top;
    *bytes.last_mut().expect("some bytes") |= 1;
    bytes
}

/// Modulus and exponent have limits on both sides.
#[test]
fn rsa_keys_of_absurd_sizes_are_refused() {
    const F4: &[u8] = &[1, 0, 1];
    let even = {
        let mut even = modulus(2048);
        *even.last_mut().expect("some bytes") &= 0xfe;
        even
    };
    let cases: Vec<(&str, Vec<u8>, Option<usize>)> = vec![
        ("2048 bits", rsa_spki(&modulus(2048), F4), Some(2048)),
        ("2049 bits", rsa_spki(&modulus(2049), F4), Some(2049)),
        ("8192 bits", rsa_spki(&modulus(8192), F4), Some(8192)),
        ("exponent 3", rsa_spki(&modulus(2048), &[3]), Some(2048)),
        ("exponent of 33 bits", rsa_spki(&modulus(2048), &[1, 0, 0, 0, 1]), Some(2048)),
        ("2047 bits", rsa_spki(&modulus(2047), F4), None),
        ("1024 bits", rsa_spki(&modulus(1024), F4), None),
        ("8193 bits", rsa_spki(&modulus(8193), F4), None),
        ("16384 bits", rsa_spki(&modulus(16384), F4), None),
        ("a mebibit", rsa_spki(&modulus(1 << 20), F4), None),
        ("even modulus", rsa_spki(&even, F4), None),
        ("modulus 0", rsa_spki(&[0], F4), None),
        ("modulus of zeros", rsa_spki(&[0; 256], F4), None),
        ("negative modulus", rsa_spki_of(&[RSA_OID, NULL], &der(2, &[0xff; 256]), &integer(F4)), None),
        ("exponent 0", rsa_spki(&modulus(2048), &[0]), None),
        ("exponent 1", rsa_spki(&modulus(2048), &[1]), None),
        ("exponent 2", rsa_spki(&modulus(2048), &[2]), None),
        ("even exponent", rsa_spki(&modulus(2048), &[1, 0, 0]), None),
        ("exponent of 34 bits", rsa_spki(&modulus(2048), &[2, 0, 0, 0, 1]), None),
        ("exponent of 2048 bits", rsa_spki(&modulus(2048), &modulus(2048)), None),
        ("exponent above the modulus", rsa_spki(&modulus(2048), &modulus(4096)), None),
        ("negative exponent", rsa_spki_of(&[RSA_OID, NULL], &integer(&modulus(2048)), &der(2, &[0xff])), None),
    ];
    for (what, spki, bits) in cases {
        let kind = PublicKey::from_spki(&spki).map(|key| key.kind()).ok();
        assert_eq!(kind, bits.map(|bits| PublicKeyKind::Rsa { bits }), "{what}");
    }
}

/// One key has one form: what is not that form is refused, even where a lenient reader would find a key in it.
#[test]
fn keys_in_other_forms_are_refused() {
    let (n, e) = (integer(&modulus(2048)), integer(&[1, 0, 1]));
    let good = rsa_spki_of(&[RSA_OID, NULL], &n, &e);
    assert!(PublicKey::from_spki(&good).is_ok());
    let padded = der(2, &[&[0, 0][..], &modulus(2048)].concat());
    let mut long_length = good.clone();
    long_length.splice(1..4, [0x83, 0, good[2], good[3]]);
    let p384 = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
    let curve = der(0x30, &[der(0x30, p384), P256.public.spki()[23..].to_vec()].concat());
    let point = |edit: fn(&mut [u8])| {
        let mut spki = P256.public.spki().to_vec();
        edit(&mut spki[26..]);
        spki
    };
    let mut swapped = P256K.public.spki()[..24].to_vec();
    swapped.extend(&P256.public.spki()[27..]);
    let compressed =
        der(0x30, &[&P256.public.spki()[2..23], &b"\x03\x22\x00\x02"[..], &P256.public.spki()[27..59]].concat());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("a byte behind the key", [&good[..], &[0]].concat()),
        ("the key twice", [&good[..], &good].concat()),
        ("too long to look at", vec![0x30; PUBLIC_KEY_BYTES_MAX + 1]),
        ("PKCS#1 form", der(0x30, &[&n[..], &e].concat())),
        ("no parameters", rsa_spki_of(&[RSA_OID], &n, &e)),
        ("for PSS alone", rsa_spki_of(&[PSS_OID], &n, &e)),
        ("modulus with a needless zero", rsa_spki_of(&[RSA_OID, NULL], &padded, &e)),
        ("length in three bytes", long_length),
        ("another curve's identifier", curve),
        ("a point of another curve", swapped),
        ("point not on the curve", point(|point| point[64] ^= 1)),
        ("coordinates above the field", point(|point| point[1..].fill(0xff))),
        ("coordinates zero", point(|point| point[1..].fill(0))),
        ("compressed point", compressed),
        ("hybrid point", point(|point| point[0] = 6)),
        ("a private key", P256.private.expose().to_vec()),
        ("a private RSA key", RSA.private.expose().to_vec()),
    ];
    for (what, spki) in cases {
        assert_eq!(PublicKey::from_spki(&spki), Err(CryptoError::PublicKey), "{what}");
    }
    let long = format!("{}{}", " ".repeat(PUBLIC_KEY_BYTES_MAX), RSA.public.to_pem());
    assert_eq!(PublicKey::from_pem(&long), Err(CryptoError::PublicKey), "a long text");
}

/// A cut key is no key, at any length, public and private.
#[test]
fn cut_keys_are_refused() {
    for (spec, pair) in [(KeySpec::Rsa2048, &*RSA), (KeySpec::EcP256, &*P256), (KeySpec::EcP256k, &*P256K)] {
        for len in 0..pair.public.spki().len() {
            assert!(PublicKey::from_spki(&pair.public.spki()[..len]).is_err(), "{} cut to {len}", spec.name());
        }
        for len in 0..pair.private.len() {
            let cut = Secret::copy_of(&pair.private.expose()[..len]);
            assert!(SigningKey::from_pkcs8(spec, &cut).is_err(), "{} cut to {len}", spec.name());
            assert!(DecryptionKey::from_pkcs8(spec, &cut).is_err(), "{} cut to {len}", spec.name());
            for algorithm in WrappingAlgorithm::ALL {
                assert!(UnwrappingKey::from_pkcs8(spec, algorithm, &cut).is_err(), "{} cut to {len}", spec.name());
            }
        }
    }
}

/// Each algorithm works with its own kind of key, and says so otherwise.
#[test]
fn algorithms_refuse_keys_of_another_kind() {
    let digest = sha256(b"message");
    for (spec, pair) in [(KeySpec::Rsa2048, &*RSA), (KeySpec::EcP256, &*P256), (KeySpec::EcP256k, &*P256K)] {
        let is_rsa = spec == KeySpec::Rsa2048;
        let key = SigningKey::from_pkcs8(spec, &pair.private).expect("a good key");
        for algorithm in SignatureAlgorithm::ALL {
            let fits = is_rsa != (algorithm == SignatureAlgorithm::EcdsaSha256);
            let refusal = (!fits).then_some(CryptoError::AlgorithmForKey { algorithm: algorithm.name() });
            assert_eq!(key.sign(algorithm, &digest).err(), refusal);
            assert_eq!(pair.public.verify(algorithm, &digest, &[]).err(), refusal);
        }
        for algorithm in WrappingAlgorithm::ALL {
            assert_eq!(pair.public.encrypt(algorithm, b"x").is_ok(), is_rsa);
            assert_eq!(UnwrappingKey::from_pkcs8(spec, algorithm, &pair.private).is_ok(), is_rsa);
        }
    }
}

/// Whatever is wrong with a wrapped material, there is one error for it.
#[test]
fn bad_material_has_one_error() {
    for algorithm in WrappingAlgorithm::ALL {
        let key = UnwrappingKey::from_pkcs8(KeySpec::Rsa2048, algorithm, &RSA.private).expect("a good key");
        let good = RSA.public.encrypt(algorithm, &[7; 32]).expect("32 bytes fit");
        assert!(key.unwrap(&good, 32).accept(|_| true).is_ok());
        let flipped = |at: usize| {
            let mut wrapped = good.clone();
            wrapped[at] ^= 1;
            wrapped
        };
        let empty = RSA.public.encrypt(algorithm, &[]).expect("nothing fits");
        let cases: Vec<(&str, Vec<u8>, usize)> = vec![
            ("nothing", vec![], 32),
            ("a byte short", good[..255].to_vec(), 32),
            ("a byte long", [&good[..], &[0]].concat(), 32),
            ("a zero in front", [&[0][..], &good].concat(), 32),
            ("zero", vec![0; 256], 32),
            ("one", [&[0; 255][..], &[1]].concat(), 32),
            ("above the modulus", vec![0xff; 256], 32),
            ("a mebibyte", vec![1; 1 << 20], 32),
            ("first bit flipped", flipped(0), 32),
            ("last bit flipped", flipped(255), 32),
            ("16 bytes expected", good.clone(), 16),
            ("31 bytes expected", good.clone(), 31),
            ("33 bytes expected", good.clone(), 33),
            ("nothing expected", good.clone(), 0),
            ("empty material", empty, 32),
            ("more expected than a key can carry", good.clone(), 246),
            ("a whole block expected", good.clone(), 256),
            ("more than a block expected", good.clone(), 300),
        ];
        for (what, wrapped, len) in cases {
            let error = key.unwrap(&wrapped, len).accept(|_| true).err();
            assert_eq!(error, Some(InvalidKeyMaterial), "{} {what}", algorithm.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Arbitrary bytes and texts are no keys.
    #[test]
    fn arbitrary_bytes_are_no_keys(bytes in vec(any::<u8>(), 0..400), text in ".{0,200}") {
        prop_assert!(PublicKey::from_spki(&bytes).is_err());
        prop_assert!(PublicKey::from_pem(&text).is_err());
        let framed = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
        prop_assert!(PublicKey::from_pem(&framed).is_err());
        let secret = Secret::copy_of(&bytes);
        for spec in KeySpec::ALL {
            prop_assert!(SigningKey::from_pkcs8(spec, &secret).is_err());
        }
    }

    /// A public key with changed bytes is refused, or is another key that still works as one.
    #[test]
    fn changed_public_keys_are_refused_or_other_keys(
        rsa in any::<bool>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut spki = if rsa { RSA.public.spki() } else { P256.public.spki() }.to_vec();
        for (at, byte) in changes {
            let at = at.index(spki.len());
            spki[at] = byte;
        }
        if let Ok(key) = PublicKey::from_spki(&spki) {
            prop_assert_eq!(key.spki(), &spki[..]);
            let read = PublicKey::from_pem(&key.to_pem());
            prop_assert_eq!(read.as_ref(), Ok(&key));
            let is_rsa = matches!(key.kind(), PublicKeyKind::Rsa { .. });
            prop_assert_eq!(key.encrypt(Oaep::Sha256, b"x").is_ok(), is_rsa);
        }
    }

    /// A private key with changed bytes is refused, or signs and verifies by itself.
    #[test]
    fn changed_private_keys_do_no_harm(at in any::<Index>(), byte in any::<u8>(), which in 0_usize..3) {
        let (spec, pair) = [(KeySpec::Rsa2048, &*RSA), (KeySpec::EcP256, &*P256), (KeySpec::EcP256k, &*P256K)][which];
        let algorithm =
            if which == 0 { SignatureAlgorithm::RsaPssSha256 } else { SignatureAlgorithm::EcdsaSha256 };
        let mut bytes = pair.private.expose().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let digest = sha256(b"message");
        if let Ok(key) = SigningKey::from_pkcs8(spec, &Secret::copy_of(&bytes))
            && let Ok(signature) = key.sign(algorithm, &digest)
        {
            prop_assert_eq!(key.public_key().verify(algorithm, &digest, &signature), Ok(true));
        }
    }

    /// Arbitrary signatures do not verify, for any key and algorithm.
    #[test]
    fn arbitrary_signatures_do_not_verify(signature in vec(any::<u8>(), 0..300), whole in vec(any::<u8>(), 256)) {
        let digest = sha256(b"message");
        for algorithm in [SignatureAlgorithm::RsaPssSha256, SignatureAlgorithm::RsaPkcs1Sha256] {
            prop_assert_eq!(RSA.public.verify(algorithm, &digest, &signature), Ok(false));
            prop_assert_eq!(RSA.public.verify(algorithm, &digest, &whole), Ok(false));
        }
        prop_assert_eq!(P256.public.verify(SignatureAlgorithm::EcdsaSha256, &digest, &signature), Ok(false));
        prop_assert_eq!(P256K.public.verify(SignatureAlgorithm::EcdsaSha256, &digest, &signature), Ok(false));
    }

    /// Arbitrary ciphertexts of the right length do not decrypt and are no material.
    #[test]
    fn arbitrary_ciphertexts_do_not_open(
        ciphertext in vec(any::<u8>(), 256),
        algorithm in select(WrappingAlgorithm::ALL.to_vec()),
        len in select(vec![16_usize, 32]),
    ) {
        let unwrapping = UnwrappingKey::from_pkcs8(KeySpec::Rsa2048, algorithm, &RSA.private).expect("a good key");
        prop_assert_eq!(unwrapping.unwrap(&ciphertext, len).accept(|_| true).err(), Some(InvalidKeyMaterial));
        let decryption = DecryptionKey::from_pkcs8(KeySpec::Rsa2048, &RSA.private).expect("a good key");
        prop_assert_eq!(decryption.decrypt(Oaep::Sha1, &ciphertext).err(), Some(NotDecrypted));
    }

    /// What is encrypted is decrypted, whatever it is.
    #[test]
    fn unwrap_undoes_encrypt(
        seed in any::<[u8; 32]>(),
        len in select(vec![0_usize, 1, 16, 32, 190]),
        algorithm in select(WrappingAlgorithm::ALL.to_vec()),
    ) {
        let plain = Secret::random(len, &crypto::SeededRandom::new(&seed));
        let key = UnwrappingKey::from_pkcs8(KeySpec::Rsa2048, algorithm, &RSA.private).expect("a good key");
        let wrapped = RSA.public.encrypt(algorithm, plain.expose()).expect("190 bytes fit");
        let unwrapped = key.unwrap(&wrapped, len).accept(|_| true);
        prop_assert!(unwrapped.is_ok_and(|unwrapped| unwrapped.equals(&plain)));
    }
}
