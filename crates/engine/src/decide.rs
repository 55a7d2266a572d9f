//! What a copy does, from what the source is and what was asked: a pure function.

use std::fmt;

/// What the caller asked for: the parameters `Encrypted`, `KMSKeyId` and the
/// extension `RekeyMode`. Nothing else has a say in the encryption of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// `Encrypted=true` / `--encrypt`.
    pub encrypt: bool,
    /// A key was named: `KMSKeyId` / `--key`.
    pub key_named: bool,
    /// `RekeyMode=Rewrap` / `--rekey rewrap`.
    pub rewrap: bool,
}

/// What the source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    /// Opens without a key.
    Plain,
    /// Opens with a key only.
    Encrypted,
}

/// What the copy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Rows 1 and 3: every byte stays, and with it the state and the key.
    Keep,
    /// Rows 2a and 2b: plain data is encrypted under the named key or the service key.
    Encrypt,
    /// Row 4: new data key, new LUKS master key, all data encrypted again.
    Reencrypt,
    /// Extension: new data key and keyslot, same master key, data untouched.
    Rewrap,
}

/// A combination that is refused, whatever the source holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// API code `InvalidParameter.EncryptedIllegal`, HTTP 400.
    #[error(
        "a key was named, but encryption was not asked for; add --encrypt, or leave --key away to copy the image as it is"
    )]
    EncryptedIllegal,
    /// Rewrapping needs an envelope to rewrap.
    #[error("rewrap changes the key of an encrypted image; {0}")]
    RewrapNeeds(&'static str),
}

/// Decides by the table of DESIGN.md 1.
///
/// `Encrypted=true` without a key keeps the key of an encrypted source (row 3):
/// an absent key never means another key, and never means plain.
pub fn decide(source: SourceState, request: Request) -> Result<Decision, Refusal> {
    if request.key_named && !request.encrypt {
        return Err(Refusal::EncryptedIllegal);
    }
    match (source, request.encrypt, request.key_named) {
        (SourceState::Plain, _, _) if request.rewrap => {
            Err(Refusal::RewrapNeeds("the source is not encrypted: use --encrypt without --rekey rewrap"))
        }
        (SourceState::Encrypted, _, false) if request.rewrap => {
            Err(Refusal::RewrapNeeds("name the new key with --encrypt --key"))
        }
        (SourceState::Plain, false, _) | (SourceState::Encrypted, _, false) => Ok(Decision::Keep),
        (SourceState::Plain, true, _) => Ok(Decision::Encrypt),
        (SourceState::Encrypted, _, true) if request.rewrap => Ok(Decision::Rewrap),
        (SourceState::Encrypted, _, true) => Ok(Decision::Reencrypt),
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Encrypt => "encrypt",
            Self::Reencrypt => "reencrypt",
            Self::Rewrap => "rewrap",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Encrypt, Keep, Reencrypt, Rewrap};
    use SourceState::{Encrypted, Plain};

    #[test]
    fn the_table_of_the_design_row_by_row() {
        let rows: &[(SourceState, bool, bool, Option<Decision>)] = &[
            (Plain, false, false, Some(Keep)),
            (Plain, true, false, Some(Encrypt)),
            (Plain, true, true, Some(Encrypt)),
            (Plain, false, true, None),
            (Encrypted, false, false, Some(Keep)),
            (Encrypted, true, false, Some(Keep)),
            (Encrypted, true, true, Some(Reencrypt)),
            (Encrypted, false, true, None),
        ];
        for &(source, encrypt, key_named, wanted) in rows {
            let request = Request { encrypt, key_named, rewrap: false };
            assert_eq!(decide(source, request).ok(), wanted, "{source:?} {request:?}");
        }
    }

    #[test]
    fn rewrap_wants_an_encrypted_source_and_a_key() {
        let request = |encrypt, key_named| Request { encrypt, key_named, rewrap: true };
        assert_eq!(decide(Encrypted, request(true, true)), Ok(Rewrap));
        assert!(matches!(decide(Encrypted, request(true, false)), Err(Refusal::RewrapNeeds(_))));
        assert!(matches!(decide(Plain, request(true, true)), Err(Refusal::RewrapNeeds(_))));
    }

    #[test]
    fn no_request_turns_encrypted_into_plain() {
        for bits in 0..8u8 {
            let request = Request { encrypt: bits & 1 != 0, key_named: bits & 2 != 0, rewrap: bits & 4 != 0 };
            if let Ok(decision) = decide(Encrypted, request) {
                assert_ne!(decision, Encrypt, "there is no plain data to encrypt");
            }
        }
    }
}
