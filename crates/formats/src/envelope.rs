//! The KMS envelope: which key wraps the image's data key, and what it is bound to.
//!
//! JSON, the same bytes in all places: a qcow2 header extension, an area of a raw LUKS1 file, a
//! LUKS2 token. No key is in it in the clear. Source: ../shared/formats.md 8, with additions:
//! `mode`, `digest`, `header_area` and `mac` (docs/on-disk.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ErrorKind, FormatError, Result};

const FORMAT: &str = "envelope";

/// Largest envelope: it must fit a LUKS2 JSON area and leave room in a qcow2 header cluster.
pub const ENVELOPE_BYTES_MAX: usize = 4096;

/// Bytes that an envelope of ours takes, padded with spaces: a new one never moves what follows it.
pub const ENVELOPE_CAPACITY: usize = 2048;

/// Longest single text in it.
const TEXT_BYTES_MAX: usize = 2048;
const CONTEXT_PAIRS_MAX: usize = 16;

/// The decoded envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Version: 1.
    pub v: u32,
    /// Key management service: `reseal`, or another's name.
    pub kms: String,
    /// Key that wraps the data key.
    pub key_id: String,
    /// Version of that key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_version: String,
    /// How it is wrapped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alg: String,
    /// The wrapped data key, base64.
    pub wrapped: String,
    /// Encryption context: what the wrapped key is bound to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ctx: BTreeMap<String, String>,
    /// How the image came under its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Roots of the digest trees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// SHA-256 of the LUKS header and key material, hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header_area: String,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created: String,
    /// HMAC-SHA-256 under a key derived from the data key, over everything else, hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mac: String,
}

/// How an image came under its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Plain data was encrypted.
    Encrypt,
    /// Encrypted data was encrypted again under a new master key.
    Reencrypt,
    /// Only the data key changed: who kept the old header and its key can still read the data.
    Rewrap,
    /// A disk of an instance, empty when it was made. Guests write to it, so no digest covers its content.
    Disk,
}

/// Digest trees over an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Algorithm of leaves and tree.
    pub alg: String,
    /// Bytes per leaf.
    pub leaf_bytes: u64,
    /// Bytes of the file under the tree.
    pub file_bytes: u64,
    /// Root over the file, hex. The envelope's own bytes count as zeros.
    pub file_root: String,
    /// Root over the guest's plaintext, hex.
    pub guest_root: String,
}

impl Envelope {
    /// Decodes an envelope; spaces after it are padding.
    ///
    /// Errors: not JSON of this shape, another version, too long, or texts that are not safe to print.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            let message = format!("{} bytes; the limit is {ENVELOPE_BYTES_MAX}", bytes.len());
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
        }
        let envelope: Self = serde_json::from_slice(bytes.trim_ascii_end())
            .map_err(|e| FormatError::unreadable(FORMAT, "not readable", &e))?;
        if envelope.v != 1 {
            let message = format!("version {} is not supported; version 1 is", envelope.v);
            return Err(FormatError::new(FORMAT, ErrorKind::Unsupported, message));
        }
        envelope.check()?;
        Ok(envelope)
    }

    /// Its JSON, without padding.
    ///
    /// Errors: `TooLarge`.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(self).map_err(|e| invalid(e.to_string()))?;
        if json.len() > ENVELOPE_BYTES_MAX {
            return Err(FormatError::new(
                FORMAT,
                ErrorKind::TooLarge,
                format!("{} bytes; the limit is {ENVELOPE_BYTES_MAX}", json.len()),
            ));
        }
        Ok(json)
    }

    /// Its JSON, padded with spaces to [`ENVELOPE_CAPACITY`].
    ///
    /// Errors: `TooLarge` beyond that.
    pub fn encode_padded(&self) -> Result<Vec<u8>> {
        let mut json = self.encode()?;
        if json.len() > ENVELOPE_CAPACITY {
            let message = format!("{} bytes; {ENVELOPE_CAPACITY} are reserved for it", json.len());
            return Err(FormatError::new(FORMAT, ErrorKind::TooLarge, message));
        }
        json.resize(ENVELOPE_CAPACITY, b' ');
        Ok(json)
    }

    /// What the MAC covers: the JSON without it.
    pub fn mac_input(&self) -> Result<Vec<u8>> {
        Self { mac: String::new(), ..self.clone() }.encode()
    }

    fn check(&self) -> Result<()> {
        if self.ctx.len() > CONTEXT_PAIRS_MAX {
            return Err(FormatError::new(
                FORMAT,
                ErrorKind::TooLarge,
                format!("{} context pairs; the limit is 16", self.ctx.len()),
            ));
        }
        let mut texts = vec![
            &self.kms,
            &self.key_id,
            &self.key_version,
            &self.alg,
            &self.wrapped,
            &self.header_area,
            &self.created,
            &self.mac,
        ];
        texts.extend(self.ctx.iter().flat_map(|(key, value)| [key, value]));
        texts.extend(self.digest.iter().flat_map(|d| [&d.alg, &d.file_root, &d.guest_root]));
        for text in texts {
            if text.len() > TEXT_BYTES_MAX || text.chars().any(is_unsafe_to_print) {
                return Err(invalid("a text in it is too long or not printable"));
            }
        }
        Ok(())
    }
}

/// Control characters, and the format characters that make a text look like another one.
fn is_unsafe_to_print(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn invalid(message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, ErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            v: 1,
            kms: "reseal".into(),
            key_id: "k".into(),
            key_version: "1".into(),
            alg: "AES-256-GCM".into(),
            wrapped: "QUJD".into(),
            ctx: [("image".to_owned(), "i".to_owned())].into(),
            mode: Some(Mode::Reencrypt),
            digest: None,
            header_area: "00".into(),
            created: "2026-11-25T00:00:00Z".into(),
            mac: "ff".into(),
        }
    }

    #[test]
    fn an_envelope_comes_back_with_and_without_padding() {
        assert_eq!(Envelope::decode(&envelope().encode().unwrap()), Ok(envelope()));
        let padded = envelope().encode_padded().unwrap();
        assert_eq!(padded.len(), ENVELOPE_CAPACITY);
        assert_eq!(Envelope::decode(&padded), Ok(envelope()));
    }

    #[test]
    fn the_example_of_the_facts_decodes() {
        let example = br#"{"v":1,"kms":"example","key_id":"k-1","wrapped":"QUJD"}"#;
        assert_eq!(Envelope::decode(example).unwrap().encode().unwrap(), example);
    }

    #[test]
    fn the_mac_covers_everything_but_itself() {
        let input = envelope().mac_input().unwrap();
        assert_eq!(Envelope { mac: "00".into(), ..envelope() }.mac_input().unwrap(), input);
        assert_ne!(Envelope { mode: Some(Mode::Rewrap), ..envelope() }.mac_input().unwrap(), input);
    }

    #[test]
    fn hostile_envelopes_are_refused() {
        for (bytes, wanted) in [
            (&b"{}"[..], "not readable"),
            (b"[[[[", "not readable"),
            (br#"{"v":2,"kms":"","key_id":"","wrapped":""}"#, "version 2"),
            (br#"{"v":1,"kms":"\u001b[31m","key_id":"","wrapped":""}"#, "printable"),
            (&[b' '; 5000], "the limit"),
        ] {
            let error = Envelope::decode(bytes).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
