//! SSH keys: what logs in to instances. Public keys in the form of RFC 4253, private ones as every SSH client reads them.
//!
//! ```text
//!   PublicKey (SubjectPublicKeyInfo) ──┐
//!                                      ├──▶ SshPublicKey: "ssh-rsa AAAA…", fingerprint
//!   text of authorized_keys ───────────┘
//! ```
//!
//! Nothing here decides over access: these keys are kept for their owners.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::{KeyPair, PublicKey, PublicKeyKind, RSA_BITS_MAX, RSA_BITS_MIN, pem};
use crate::error::CryptoError;
use crate::secret::Secret;

/// Longest text of a public key that is looked at: an RSA key of 8192 bits, and a comment as long as itself.
pub const SSH_PUBLIC_KEY_CHARS_MAX: usize = 4096;

/// DER tags.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// A text that is not an SSH public key that is taken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not an SSH public key of type ssh-rsa (2048 to 8192 bits), ssh-ed25519 or ecdsa-sha2-nistp256")]
pub struct NotAnSshKey;

/// A public key in its SSH form. The curve point of an elliptic key is not checked: whoever logs in with it does that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshPublicKey {
    kind: &'static str,
    blob: Vec<u8>,
}

impl SshPublicKey {
    /// The SSH form of an RSA key.
    ///
    /// Errors: `PublicKey` for a key of another kind.
    pub fn of_rsa(key: &PublicKey) -> Result<Self, CryptoError> {
        Self::from_rsa_spki(key.spki()).ok_or(CryptoError::PublicKey)
    }

    fn from_rsa_spki(spki: &[u8]) -> Option<Self> {
        let mut fields = element(SEQUENCE, &mut { spki })?;
        element(SEQUENCE, &mut fields)?;
        let mut key = element(BIT_STRING, &mut fields)?.strip_prefix(&[0])?;
        let mut numbers = element(SEQUENCE, &mut key)?;
        // A DER INTEGER and an mpint of SSH have the same bytes: two's complement, as few as will do.
        let modulus = element(INTEGER, &mut numbers)?;
        let exponent = element(INTEGER, &mut numbers)?;
        let mut blob = Vec::new();
        for field in [b"ssh-rsa".as_slice(), exponent, modulus] {
            blob.extend(u32::try_from(field.len()).ok()?.to_be_bytes());
            blob.extend(field);
        }
        Some(Self { kind: "ssh-rsa", blob })
    }

    /// Reads a line of `authorized_keys` without options: type, base64, and a comment that does not count.
    ///
    /// Errors: [`NotAnSshKey`] for all else, more than [`SSH_PUBLIC_KEY_CHARS_MAX`] bytes, or types that are not taken.
    pub fn parse(text: &str) -> Result<Self, NotAnSshKey> {
        if text.len() > SSH_PUBLIC_KEY_CHARS_MAX {
            return Err(NotAnSshKey);
        }
        let mut words = text.split_ascii_whitespace();
        let kind = words.next().and_then(known_kind).ok_or(NotAnSshKey)?;
        let blob = words.next().and_then(|word| STANDARD.decode(word).ok()).ok_or(NotAnSshKey)?;
        if fits(kind, &blob).is_some() { Ok(Self { kind, blob }) } else { Err(NotAnSshKey) }
    }

    /// The line for `authorized_keys`, without comment and newline.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{} {}", self.kind, STANDARD.encode(&self.blob))
    }

    /// MD5 of the blob, 16 pairs of hex digits with colons between. Source: RFC 4716, section 4, which the API names for
    /// `KeyPairFingerPrint`. It identifies a key for people and is no proof of anything.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = Md5::digest(&self.blob).iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(":")
    }
}

/// The private half of an RSA key as PEM text (PKCS#1), for its owner.
///
/// Errors: `PublicKey` for a key of another kind.
pub fn rsa_private_pem(pair: &KeyPair) -> Result<Secret, CryptoError> {
    // PKCS#8: version, algorithm, and the RSAPrivateKey in an OCTET STRING.
    let key = || {
        let mut fields = element(SEQUENCE, &mut pair.private.expose())?;
        element(INTEGER, &mut fields)?;
        element(SEQUENCE, &mut fields)?;
        element(OCTET_STRING, &mut fields)
    };
    let is_rsa = matches!(pair.public.kind(), PublicKeyKind::Rsa { .. });
    let key = key().filter(|_| is_rsa).ok_or(CryptoError::PublicKey)?;
    Ok(Secret::copy_of(pem::encode(pem::RSA_PRIVATE_KEY, key).as_bytes()))
}

fn known_kind(word: &str) -> Option<&'static str> {
    ["ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"].into_iter().find(|kind| *kind == word)
}

/// `Some` if the blob is one of this type, with nothing behind it.
fn fits(kind: &str, mut blob: &[u8]) -> Option<()> {
    let rest = &mut blob;
    (field(rest)? == kind.as_bytes()).then_some(())?;
    match kind {
        "ssh-rsa" => {
            let exponent = field(rest)?;
            (1..=5).contains(&exponent.len()).then_some(())?;
            (RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits(field(rest)?)?).then_some(())?;
        }
        "ssh-ed25519" => (field(rest)?.len() == 32).then_some(())?,
        _ => {
            (field(rest)? == b"nistp256").then_some(())?;
            field(rest).filter(|point| point.len() == 65 && point.first() == Some(&4))?;
        }
    }
    rest.is_empty().then_some(())
}

/// Bits of a positive mpint that is written in as few bytes as will do.
fn bits(mpint: &[u8]) -> Option<usize> {
    let digits = mpint.strip_prefix(&[0]).unwrap_or(mpint);
    let zeros = usize::try_from(digits.first()?.leading_zeros()).ok()?;
    // The byte before the digits keeps the number positive, and stands there only if it must.
    ((digits.len() < mpint.len()) == (zeros == 0)).then_some(())?;
    digits.len().checked_mul(8)?.checked_sub(zeros)
}

/// The next length-prefixed field of a blob.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk()?;
    let (field, tail) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = tail;
    Some(field)
}

/// The content of the next DER element, which must have this tag; lengths up to 65535, which no key exceeds.
fn element<'a>(tag: u8, rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let tail = rest.strip_prefix(&[tag])?;
    let (length, tail) = match tail {
        [0x81, length, tail @ ..] => (usize::from(*length), tail),
        [0x82, high, low, tail @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), tail),
        [length @ 0..=0x7f, tail @ ..] => (usize::from(*length), tail),
        _ => return None,
    };
    let (content, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::super::{KeySpec, generate};
    use super::*;
    use crate::random::OsRandom;

    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home";

    /// A key that was made here is read from its own line, and only RSA keys have these forms.
    #[test]
    fn a_made_key_is_read_from_its_line() {
        let pair = generate(KeySpec::Rsa2048, &OsRandom).unwrap();
        let key = SshPublicKey::of_rsa(&pair.public).unwrap();
        assert_eq!(SshPublicKey::parse(&format!("{} a comment", key.to_line())), Ok(key.clone()));
        assert!(key.fingerprint().len() == 47 && key.fingerprint().split(':').count() == 16);
        assert!(rsa_private_pem(&pair).unwrap().expose().starts_with(b"-----BEGIN RSA PRIVATE KEY-----\nMII"));
        let curve = generate(KeySpec::EcP256, &OsRandom).unwrap();
        assert!(SshPublicKey::of_rsa(&curve.public).is_err() && rsa_private_pem(&curve).is_err());
    }

    /// What is not exactly one key of a known type is refused.
    #[test]
    fn other_texts_are_no_keys() {
        assert!(SshPublicKey::parse(ED25519).is_ok());
        let long = format!("{ED25519}{}", "a".repeat(SSH_PUBLIC_KEY_CHARS_MAX));
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 !!!!",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4=",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAA==",
            "ssh-dss AAAAB3NzaC1kc3MAAAAA",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM=",
            "no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            &long,
        ] {
            assert_eq!(SshPublicKey::parse(bad), Err(NotAnSshKey), "{bad}");
        }
    }
}
