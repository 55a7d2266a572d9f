//! What cryptographic code refuses. Never names key bytes.

/// A refusal of this crate, except "not authentic" (see [`crate::NotAuthentic`]).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// A key is too short or too long for its algorithm.
    #[error("{algorithm} takes keys of {expected} bytes, this one has {found}")]
    KeyLength {
        /// Algorithm, as in LUKS headers.
        algorithm: &'static str,
        /// Lengths that fit.
        expected: &'static str,
        /// Length that was given.
        found: usize,
    },
    /// Both halves of an XTS key are equal, which breaks XTS (NIST SP 800-38E, FIPS 140 IG C.I).
    #[error("the halves of the XTS key are equal: make a new key")]
    EqualKeyHalves,
    /// Encryption units are 512, 1024, 2048 or 4096 bytes.
    #[error("sector size {found} is not 512, 1024, 2048 or 4096")]
    SectorSize {
        /// Size that was given, in bytes.
        found: usize,
    },
    /// Data that is not made of whole sectors cannot be encrypted.
    #[error("{len_bytes} bytes are not a whole number of {sector_bytes}-byte sectors")]
    PartialSector {
        /// Length of the data.
        len_bytes: usize,
        /// Size of a sector.
        sector_bytes: usize,
    },
    /// Sector numbers are 64 bits wide.
    #[error("sector numbers from {first_sector} on do not fit in 64 bits")]
    SectorNumber {
        /// Number of the first sector.
        first_sector: u64,
    },
    /// A cipher that this program cannot decrypt.
    #[error(
        "cipher `{name}` is not supported (aes-xts-plain64, aes-xts-plain, aes-cbc-plain64, aes-cbc-plain, aes-cbc-essiv:sha256 are)"
    )]
    UnsupportedCipher {
        /// Cipher, in the notation of LUKS2.
        name: String,
    },
    /// A hash that this program cannot use in a key derivation.
    #[error("hash `{name}` is not supported for key derivation (sha1, sha256, sha384, sha512 are)")]
    UnsupportedHash {
        /// Hash, as in LUKS headers.
        name: String,
    },
    /// A key derivation function that this program does not know.
    #[error("key derivation `{name}` is not supported (pbkdf2, argon2i, argon2id are)")]
    UnsupportedKdf {
        /// Name, as in LUKS2 headers.
        name: String,
    },
    /// A key derivation that would be no derivation, or would not end in reasonable time or memory.
    #[error("key derivation with {what} {found}: allowed is {min} to {max}")]
    KdfCost {
        /// Parameter: `iterations`, `memory (KiB)`, `parallel lanes`, ….
        what: &'static str,
        /// Value that was given.
        found: u64,
        /// Smallest allowed value.
        min: u64,
        /// Largest allowed value: a limit of this program.
        max: u64,
    },
    /// The text of a stored password is damaged, or another program wrote it.
    #[error("the stored password cannot be read")]
    StoredPassword,
    /// There is not enough memory for a key derivation.
    #[error("no memory for a key derivation with {memory_kib} KiB")]
    KdfMemory {
        /// Memory that was asked for.
        memory_kib: u32,
    },
    /// Key material of a slot has another length than key size and stripes say.
    #[error("key material has {found} bytes, key size × stripes is {expected}")]
    KeyMaterialLength {
        /// Key bytes × stripes.
        expected: u64,
        /// Length that was given.
        found: usize,
    },
    /// A context has too many pairs, too many bytes, or a key twice.
    #[error("context refused: {why}")]
    Context {
        /// What is wrong with it.
        why: &'static str,
    },
    /// An asymmetric key could not be made: a source of randomness is broken, or memory is short.
    #[error("a key of the spec {spec} could not be made")]
    KeyGeneration {
        /// `KeySpec` of the API.
        spec: &'static str,
    },
    /// Bytes that are not a private key of the expected kind and size.
    #[error("these bytes are not a private key of the spec {spec}")]
    PrivateKey {
        /// `KeySpec` of the API.
        spec: &'static str,
    },
    /// Bytes that are not a public key which this program takes.
    #[error(
        "these bytes are not a public key that is supported (X.509 SubjectPublicKeyInfo of RSA with 2048 to 8192 bits, P-256 or secp256k1)"
    )]
    PublicKey,
    /// RSA algorithms need RSA keys, ECDSA needs a curve.
    #[error("{algorithm} cannot be used with this kind of key")]
    AlgorithmForKey {
        /// Algorithm, in the API's words.
        algorithm: &'static str,
    },
    /// More plaintext than an RSA key can encrypt at once.
    #[error("{found} bytes are more than the {max} that this key and algorithm encrypt")]
    PlaintextLength {
        /// Most bytes for this key and algorithm.
        max: usize,
        /// Length that was given.
        found: usize,
    },
    /// AWS-LC could not encrypt: there is not enough memory.
    #[error("the plaintext could not be encrypted")]
    Encryption,
    /// AWS-LC could not sign: there is not enough memory.
    #[error("the digest could not be signed")]
    Signing,
}
