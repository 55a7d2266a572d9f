//! What a key is made of and what for. The words are those of the API. Source: `../shared/api/kms.md` 1.

use std::fmt;
use std::str::FromStr;

use crate::error::{KmsError, Result};

/// Defines an enum whose members are written as words of the API.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $parameter:literal, { $($(#[$member_doc:meta])* $member:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$member_doc])* $member,)+
        }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$member),+];

            /// The word of the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = KmsError;

            /// Case matters, as in the API. Errors: `InvalidWord`.
            fn from_str(text: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| KmsError::InvalidWord {
                    name: $parameter,
                    found: text.chars().take(64).collect(),
                    allowed: concat!("one of" $(, " ", $word)+),
                })
            }
        }
    };
}

words!(
    /// Kind and size of a key's material.
    KeySpec, "KeySpec", {
        /// 256-bit AES.
        Aes256 = "Aliyun_AES_256",
        /// 128-bit SM4.
        Sm4 = "Aliyun_SM4",
        /// RSA, modulus of 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA, modulus of 3072 bits.
        Rsa3072 = "RSA_3072",
        /// NIST P-256.
        EcP256 = "EC_P256",
        /// secp256k1.
        EcP256K = "EC_P256K",
    }
);

words!(
    /// What a key may do. A key has one use for life.
    KeyUsage, "KeyUsage", {
        /// Encrypt and decrypt.
        EncryptDecrypt = "ENCRYPT/DECRYPT",
        /// Sign and verify.
        SignVerify = "SIGN/VERIFY",
    }
);

words!(
    /// Where a key's material comes from.
    Origin, "Origin", {
        /// Made here.
        AliyunKms = "Aliyun_KMS",
        /// Brought by its owner.
        External = "EXTERNAL",
    }
);

words!(
    /// What keeps a key's material.
    ProtectionLevel, "ProtectionLevel", {
        /// This service.
        Software = "SOFTWARE",
        /// A hardware security module.
        Hsm = "HSM",
    }
);

impl KeySpec {
    /// Whether one secret both encrypts and decrypts.
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::Aes256 | Self::Sm4)
    }

    /// Bytes of the material of a symmetric key; `None` for key pairs.
    pub fn material_bytes(self) -> Option<usize> {
        match self {
            Self::Aes256 => Some(32),
            Self::Sm4 => Some(16),
            Self::Rsa2048 | Self::Rsa3072 | Self::EcP256 | Self::EcP256K => None,
        }
    }

    /// The kind of key pair; `None` for symmetric keys.
    pub fn asymmetric(self) -> Option<crypto::asymmetric::KeySpec> {
        crypto::asymmetric::KeySpec::from_name(self.as_str())
    }

    /// The use of a key for which none was named: signing, where the kind can sign.
    pub fn default_usage(self) -> KeyUsage {
        if self.allows(KeyUsage::SignVerify) { KeyUsage::SignVerify } else { KeyUsage::EncryptDecrypt }
    }

    /// Whether a key of this kind can be made for `usage`.
    pub fn allows(self, usage: KeyUsage) -> bool {
        match (self, usage) {
            (Self::Rsa2048 | Self::Rsa3072, _) => true,
            (Self::Aes256 | Self::Sm4, usage) => usage == KeyUsage::EncryptDecrypt,
            (Self::EcP256 | Self::EcP256K, usage) => usage == KeyUsage::SignVerify,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written_and_no_other_way() {
        // Shows that the API's spelling is the only one, and that a refusal names parameter, value and what is allowed.
        for &spec in KeySpec::ALL {
            assert_eq!(spec.to_string().parse::<KeySpec>().unwrap(), spec);
        }
        for bad in ["", "aliyun_aes_256", "AES_256", "RSA_4096", "EC_SM2"] {
            let error = bad.parse::<KeySpec>().unwrap_err().to_string();
            assert!(error.contains("KeySpec") && error.contains("Aliyun_AES_256"), "{error}");
        }
        assert!("Aliyun_kms".parse::<Origin>().is_err(), "Origin is case-sensitive");
    }

    #[test]
    fn each_kind_has_the_uses_of_the_documentation() {
        // Source: `../shared/api/kms.md` 1, table of KeySpec. Columns: spec, encrypts, signs, use when none is named.
        let table = [
            ("Aliyun_AES_256", true, false, "ENCRYPT/DECRYPT"),
            ("Aliyun_SM4", true, false, "ENCRYPT/DECRYPT"),
            ("RSA_2048", true, true, "SIGN/VERIFY"),
            ("RSA_3072", true, true, "SIGN/VERIFY"),
            ("EC_P256", false, true, "SIGN/VERIFY"),
            ("EC_P256K", false, true, "SIGN/VERIFY"),
        ];
        assert_eq!(table.len(), KeySpec::ALL.len());
        for (word, encrypts, signs, default) in table {
            let spec: KeySpec = word.parse().unwrap();
            assert_eq!(spec.allows(KeyUsage::EncryptDecrypt), encrypts, "{word}");
            assert_eq!(spec.allows(KeyUsage::SignVerify), signs, "{word}");
            assert_eq!(spec.default_usage().as_str(), default, "{word}");
            assert_eq!(spec.material_bytes().is_some(), spec.is_symmetric(), "{word}");
        }
    }
}
