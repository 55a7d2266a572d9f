//! Judge: the `openssl` command line, in both directions. Keys, signatures, ciphertexts and wrapped material of
//! one side are read by the other.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use crypto::asymmetric::{
    DecryptionKey, KeyPair, KeySpec, Oaep, PublicKey, PublicKeyKind, SignatureAlgorithm, SigningKey, UnwrappingKey,
    WrappingAlgorithm, generate,
};
use crypto::digest::sha256;
use crypto::ed25519::Ed25519Key;
use crypto::{OsRandom, Secret};
use tempfile::TempDir;

/// One key of each spec for all tests: RSA keys take their time.
static KEYS: LazyLock<Vec<(KeySpec, KeyPair)>> =
    LazyLock::new(|| KeySpec::ALL.map(|spec| (spec, generate(spec, &OsRandom).expect("a good source"))).into());

fn rsa_keys() -> impl Iterator<Item = &'static (KeySpec, KeyPair)> {
    KEYS.iter().filter(|(spec, _)| matches!(spec, KeySpec::Rsa2048 | KeySpec::Rsa3072))
}

/// A directory in which `openssl` works on files named by short names.
struct OpenSsl(TempDir);

impl OpenSsl {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a temporary directory");
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file that openssl wrote")
    }

    /// Whether the command succeeds. Arguments are separated by spaces.
    fn try_run(&self, arguments: &str) -> Result<(), String> {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.0.path()).output();
        let output = output.unwrap_or_else(|error| panic!("openssl must be installed for this test: {error}"));
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }

    fn run(&self, arguments: &str) {
        self.try_run(arguments).unwrap_or_else(|failure| panic!("{failure}"));
    }

    /// Encrypts to a public key of ours.
    fn encrypt(&self, public: &PublicKey, padding: &str, plain: &[u8]) -> Vec<u8> {
        self.put("public.der", public.spki());
        self.put("plain", plain);
        self.run(&format!("pkeyutl -encrypt -pubin -keyform DER -inkey public.der -in plain -out cipher {padding}"));
        self.get("cipher")
    }

    /// Decrypts with the private key in `file`.
    fn decrypt(&self, file: &str, padding: &str, cipher: &[u8]) -> Vec<u8> {
        self.put("cipher", cipher);
        self.run(&format!("pkeyutl -decrypt -keyform DER -inkey {file} -in cipher -out plain {padding}"));
        self.get("plain")
    }
}

fn padding(algorithm: WrappingAlgorithm) -> &'static str {
    match algorithm {
        WrappingAlgorithm::Pkcs1V15 => "-pkeyopt rsa_padding_mode:pkcs1",
        WrappingAlgorithm::Oaep(Oaep::Sha1) => {
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1"
        }
        WrappingAlgorithm::Oaep(Oaep::Sha256) => {
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
        }
    }
}

fn signature_options(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::RsaPssSha256 => {
            "-pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32"
        }
        SignatureAlgorithm::RsaPkcs1Sha256 => "-pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pkcs1",
        SignatureAlgorithm::EcdsaSha256 => "-pkeyopt digest:sha256",
    }
}

fn signature_algorithms(spec: KeySpec) -> &'static [SignatureAlgorithm] {
    match spec {
        KeySpec::Rsa2048 | KeySpec::Rsa3072 => &[SignatureAlgorithm::RsaPssSha256, SignatureAlgorithm::RsaPkcs1Sha256],
        KeySpec::EcP256 | KeySpec::EcP256k => &[SignatureAlgorithm::EcdsaSha256],
    }
}

/// Private keys are sound, and their public halves are the same text, in openssl's eyes.
#[test]
fn openssl_reads_our_keys() {
    let openssl = OpenSsl::new();
    for (spec, pair) in &*KEYS {
        openssl.put("key.der", pair.private.expose());
        openssl.run("pkey -inform DER -in key.der -check -noout");
        openssl.run("pkey -inform DER -in key.der -pubout -out public.pem");
        assert_eq!(openssl.get("public.pem"), pair.public.to_pem().as_bytes(), "{}", spec.name());
        openssl.run("pkey -inform DER -in key.der -pubout -outform DER -out public.der");
        assert_eq!(openssl.get("public.der"), pair.public.spki(), "{}", spec.name());
    }
}

/// Keys that openssl makes open here, and have the public half that openssl gives them.
#[test]
fn we_read_keys_of_openssl() {
    let openssl = OpenSsl::new();
    for (spec, options) in [
        (KeySpec::Rsa2048, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
        (KeySpec::Rsa3072, "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
        (KeySpec::EcP256, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
        (KeySpec::EcP256k, "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"),
    ] {
        openssl.run(&format!("genpkey {options} -outform DER -out pair.der"));
        openssl.run("pkcs8 -topk8 -nocrypt -inform DER -in pair.der -outform DER -out key.der");
        openssl.run("pkey -inform DER -in pair.der -pubout -out public.pem");
        let key = SigningKey::from_pkcs8(spec, &Secret::copy_of(&openssl.get("key.der"))).expect("a good key");
        let text = String::from_utf8(openssl.get("public.pem")).expect("ASCII");
        assert_eq!(PublicKey::from_pem(&text), Ok(key.public_key()), "{}", spec.name());
    }
}

/// Signatures of each side verify on the other, for every key and algorithm, and not over another digest.
#[test]
fn signatures_verify_on_both_sides() {
    let openssl = OpenSsl::new();
    let (digest, other) = (sha256(b"message"), sha256(b"another"));
    openssl.put("digest", &digest);
    openssl.put("other", &other);
    for (spec, pair) in &*KEYS {
        openssl.put("key.der", pair.private.expose());
        openssl.put("public.pem", pair.public.to_pem().as_bytes());
        let key = SigningKey::from_pkcs8(*spec, &pair.private).expect("a good key");
        for &algorithm in signature_algorithms(*spec) {
            let options = signature_options(algorithm);
            openssl.put("signature", &key.sign(algorithm, &digest).expect("an algorithm of the key"));
            let verify = |digest: &str| {
                openssl.try_run(&format!(
                    "pkeyutl -verify -pubin -inkey public.pem -in {digest} -sigfile signature {options}"
                ))
            };
            verify("digest").unwrap_or_else(|failure| panic!("{failure}"));
            assert!(verify("other").is_err(), "openssl looks at the digest");

            openssl.run(&format!("pkeyutl -sign -keyform DER -inkey key.der -in digest -out signature {options}"));
            let signature = openssl.get("signature");
            assert_eq!(pair.public.verify(algorithm, &digest, &signature), Ok(true), "{}", algorithm.name());
            assert_eq!(pair.public.verify(algorithm, &other, &signature), Ok(false), "{}", algorithm.name());
        }
    }
}

/// Material of both lengths that openssl wrapped is unwrapped: two sizes of keys, three algorithms. Under another
/// algorithm, key or length it is not.
#[test]
fn material_wrapped_by_openssl_is_unwrapped() {
    let openssl = OpenSsl::new();
    let pairs: Vec<_> = rsa_keys().collect();
    for (index, (spec, pair)) in pairs.iter().enumerate() {
        for algorithm in WrappingAlgorithm::ALL {
            let unwrap = |algorithm, wrapped: &[u8], len| {
                let key = UnwrappingKey::from_pkcs8(*spec, algorithm, &pair.private).expect("a good key");
                key.unwrap(wrapped, len).accept(|_| true)
            };
            for len in [16, 32] {
                let material = Secret::random(len, &OsRandom);
                let wrapped = openssl.encrypt(&pair.public, padding(algorithm), material.expose());
                let unwrapped = unwrap(algorithm, &wrapped, len).expect("the material of openssl");
                assert!(unwrapped.equals(&material), "{} {}", spec.name(), algorithm.name());
                assert!(unwrap(algorithm, &wrapped, 48 - len).is_err(), "another length");
                for other in WrappingAlgorithm::ALL.into_iter().filter(|&other| other != algorithm) {
                    assert!(unwrap(other, &wrapped, len).is_err(), "{} as {}", algorithm.name(), other.name());
                }
                let (other_spec, other_pair) = pairs[1 - index];
                let other = UnwrappingKey::from_pkcs8(*other_spec, algorithm, &other_pair.private).expect("a good key");
                assert!(other.unwrap(&wrapped, len).accept(|_| true).is_err(), "another key");
            }
        }
    }
}

/// Blocks with one thing wrong each, made by openssl without padding: none is unwrapped, the right one is.
#[test]
fn only_the_one_right_pkcs1_block_is_unwrapped() {
    let openssl = OpenSsl::new();
    for (spec, pair) in rsa_keys() {
        let key = UnwrappingKey::from_pkcs8(*spec, WrappingAlgorithm::Pkcs1V15, &pair.private).expect("a good key");
        let bytes = if *spec == KeySpec::Rsa2048 { 256 } else { 384 };
        let good: Vec<u8> = [&[0, 2][..], &vec![0x5a; bytes - 35], &[0], &[0xc3; 32]].concat();
        let changed = |at: usize, byte: u8| {
            let mut block = good.clone();
            block[at] = byte;
            block
        };
        let cases = [
            ("the right block", good.clone(), true),
            ("any material, zeros in it too", changed(bytes - 1, 0), true),
            ("first byte 1", changed(0, 1), false),
            ("block type 0", changed(1, 0), false),
            ("block type 1", changed(1, 1), false),
            ("zero at the first byte of padding", changed(2, 0), false),
            ("zero in the middle of the padding", changed(bytes / 2, 0), false),
            ("zero one byte early: 33 bytes", changed(bytes - 34, 0), false),
            ("no zero before the material", changed(bytes - 33, 1), false),
            (
                "zero one byte late: 31 bytes",
                {
                    let mut block = changed(bytes - 33, 1);
                    block[bytes - 32] = 0;
                    block
                },
                false,
            ),
            ("all zeros", vec![0; bytes], false),
            ("no zero at all", [&[0, 2][..], &vec![1; bytes - 2]].concat(), false),
        ];
        for (what, block, unwraps) in cases {
            let wrapped = openssl.encrypt(&pair.public, "-pkeyopt rsa_padding_mode:none", &block);
            let material = key.unwrap(&wrapped, 32).accept(|_| true).ok();
            assert_eq!(material.is_some(), unwraps, "{what}");
            assert!(material.is_none_or(|material| material.expose() == &block[bytes - 32..]), "{what}");
        }
    }
}

/// Material that does not belong to the key is refused like padding that does not fit.
#[test]
fn accept_compares_with_earlier_material() {
    let openssl = OpenSsl::new();
    let (spec, pair) = rsa_keys().next().expect("a key of 2048 bits");
    let material = Secret::random(32, &OsRandom);
    for algorithm in WrappingAlgorithm::ALL {
        let key = UnwrappingKey::from_pkcs8(*spec, algorithm, &pair.private).expect("a good key");
        let wrapped = openssl.encrypt(&pair.public, padding(algorithm), material.expose());
        assert!(key.unwrap(&wrapped, 32).accept(|candidate| candidate.equals(&material)).is_ok());
        let other = Secret::random(32, &OsRandom);
        let refused = key.unwrap(&wrapped, 32).accept(|candidate| candidate.equals(&other)).err();
        let garbled = key.unwrap(&wrapped[1..], 32).accept(|_| true).err();
        assert!(refused.is_some() && refused == garbled);
    }
}

/// Data keys of every length that fits, exported to callers' keys of several sizes and exponents, in DER and PEM:
/// openssl decrypts them.
#[test]
fn openssl_decrypts_what_we_export() {
    let openssl = OpenSsl::new();
    for (bits, exponent) in [(2048, 65537), (2048, 3), (3072, 65537), (4096, 17)] {
        openssl.run(&format!(
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -pkeyopt rsa_keygen_pubexp:{exponent} -outform DER -out key.der"
        ));
        openssl.run("pkey -inform DER -in key.der -pubout -out public.pem");
        openssl.run("pkey -inform DER -in key.der -pubout -outform DER -out public.der");
        let public = PublicKey::from_spki(&openssl.get("public.der")).expect("a good key");
        let text = String::from_utf8(openssl.get("public.pem")).expect("ASCII");
        assert_eq!(PublicKey::from_pem(&text).as_ref(), Ok(&public));
        assert_eq!(public.kind(), PublicKeyKind::Rsa { bits });
        for algorithm in WrappingAlgorithm::ALL {
            let max = public.plaintext_bytes_max(algorithm).expect("RSA");
            for len in [1, 16, 32, max] {
                let data_key = Secret::random(len, &OsRandom);
                let exported = public.encrypt(algorithm, data_key.expose()).expect("a plaintext that fits");
                assert_eq!(openssl.decrypt("key.der", padding(algorithm), &exported), data_key.expose());
            }
            assert!(public.encrypt(algorithm, &vec![0; max + 1]).is_err(), "one byte too many");
        }
    }
}

/// OAEP of each side is decrypted by the other, up to the lengths that the API documents.
#[test]
fn oaep_is_decrypted_on_both_sides() {
    let openssl = OpenSsl::new();
    let documented = [214, 190, 342, 318].into_iter();
    let combinations = rsa_keys().flat_map(|key| [Oaep::Sha1, Oaep::Sha256].map(|oaep| (key, oaep)));
    for (((spec, pair), oaep), max) in combinations.zip(documented) {
        assert_eq!(pair.public.plaintext_bytes_max(oaep), Some(max), "{} {}", spec.name(), oaep.name());
        openssl.put("key.der", pair.private.expose());
        let key = DecryptionKey::from_pkcs8(*spec, &pair.private).expect("a good key");
        assert_eq!(key.public_key(), &pair.public);
        for len in [0, 1, max] {
            let plain = vec![0xa5; len];
            let ours = pair.public.encrypt(oaep, &plain).expect("a plaintext that fits");
            assert_eq!(openssl.decrypt("key.der", padding(oaep.into()), &ours), plain);
            let theirs = openssl.encrypt(&pair.public, padding(oaep.into()), &plain);
            assert!(key.decrypt(oaep, &theirs).is_ok_and(|decrypted| decrypted.expose() == plain));
        }
    }
}

/// Checkpoints can be checked with openssl and the public key alone.
#[test]
fn openssl_verifies_our_checkpoints() {
    let openssl = OpenSsl::new();
    let key = Ed25519Key::derive(&Secret::random(32, &OsRandom), "audit");
    // SubjectPublicKeyInfo of Ed25519, RFC 8410.
    let spki = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], &key.public_key().0].concat();
    openssl.put("public.der", &spki);
    openssl.put("data", b"checkpoint");
    openssl.put("other", b"another checkpoint");
    openssl.put("signature", &key.sign(b"checkpoint"));
    let verify = "pkeyutl -verify -pubin -keyform DER -inkey public.der -rawin -sigfile signature -in";
    openssl.run(&format!("{verify} data"));
    assert!(openssl.try_run(&format!("{verify} other")).is_err());
}
