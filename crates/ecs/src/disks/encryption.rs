//! What a disk is encrypted under: a pure function of what it is made from, what the call says, and the account's default. Source:
//! ecs-images.md 1, 8 and 9.
//!
//! | made from | Encrypted | KMSKeyId | by default | the disk |
//! |---|---|---|---|---|
//! | encrypted under A | – or true | – | any | under A |
//! | encrypted under A | true | K | any | under K |
//! | encrypted under A | false | any | any | refused: never plain |
//! | plain, or nothing | true | K | any | under K |
//! | plain, or nothing | true | – | on | under the default key, or the service key |
//! | plain, or nothing | true | – | off | under the service key |
//! | plain, or nothing | – | – | on | under the default key, or the service key |
//! | plain, or nothing | – or false | – | off | plain |
//! | plain, or nothing | false | – | on | refused: encrypted by default |
//! | any | – or false | K | any | refused: KMSKeyId needs Encrypted=true |

use catalog::{DiskEncryptionDefault, KeyId};

use super::request::Encryption;

/// What a disk comes under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Under<'a> {
    /// Nothing.
    Plain,
    /// A key of the account's that is known: that of what it is made from, or of the default.
    Key(KeyId),
    /// The key that the call names.
    Named(&'a str),
    /// The service key of the region.
    Service,
}

/// Why a disk cannot be as the call wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Illegal {
    /// A key without `Encrypted=true`.
    KeyWithoutEncrypted,
    /// It would be plain, and what it is made from is encrypted.
    WouldBePlain,
    /// It would be plain, and disks are encrypted by default.
    EncryptedByDefault,
}

/// Decides. `source`: the key of what the disk is made from.
pub(crate) fn decide_disk<'a>(
    source: Option<KeyId>,
    asked: &'a Encryption,
    default: &DiskEncryptionDefault,
) -> Result<Under<'a>, Illegal> {
    if source.is_some() && asked.encrypted == Some(false) {
        return Err(Illegal::WouldBePlain);
    }
    if let Some(key) = &asked.key {
        return if asked.encrypted == Some(true) { Ok(Under::Named(key)) } else { Err(Illegal::KeyWithoutEncrypted) };
    }
    if let Some(key) = source {
        return Ok(Under::Key(key));
    }
    let by_default = || default.key_id.map_or(Under::Service, Under::Key);
    match (asked.encrypted, default.is_enabled) {
        (Some(true) | None, true) => Ok(by_default()),
        (Some(true), false) => Ok(Under::Service),
        (Some(false), true) => Err(Illegal::EncryptedByDefault),
        (Some(false) | None, false) => Ok(Under::Plain),
    }
}

#[cfg(test)]
mod tests {
    use catalog::Timestamp;

    use super::*;

    /// Every row of the table above, and that no row makes a plain disk of what is encrypted.
    #[test]
    fn the_table_holds() {
        let [a, d] = [1, 2].map(|n| KeyId::new(Timestamp::UNIX_EPOCH, [n; 10]));
        let off = DiskEncryptionDefault { is_enabled: false, key_id: Some(d) };
        let on = |key_id| DiskEncryptionDefault { is_enabled: true, key_id };
        let asked = |encrypted, key: Option<&str>| Encryption { encrypted, key: key.map(str::to_owned) };
        let (yes, no) = (Some(true), Some(false));
        let rows = [
            (Some(a), asked(None, None), off, Ok(Under::Key(a))),
            (Some(a), asked(yes, None), on(Some(d)), Ok(Under::Key(a))),
            (Some(a), asked(yes, Some("k")), off, Ok(Under::Named("k"))),
            (Some(a), asked(no, None), off, Err(Illegal::WouldBePlain)),
            (Some(a), asked(no, Some("k")), off, Err(Illegal::WouldBePlain)),
            (Some(a), asked(None, Some("k")), off, Err(Illegal::KeyWithoutEncrypted)),
            (None, asked(yes, Some("k")), off, Ok(Under::Named("k"))),
            (None, asked(yes, None), on(Some(d)), Ok(Under::Key(d))),
            (None, asked(yes, None), on(None), Ok(Under::Service)),
            (None, asked(yes, None), off, Ok(Under::Service)),
            (None, asked(None, None), on(Some(d)), Ok(Under::Key(d))),
            (None, asked(None, None), on(None), Ok(Under::Service)),
            (None, asked(None, None), off, Ok(Under::Plain)),
            (None, asked(no, None), off, Ok(Under::Plain)),
            (None, asked(no, None), on(None), Err(Illegal::EncryptedByDefault)),
            (None, asked(None, Some("k")), off, Err(Illegal::KeyWithoutEncrypted)),
            (None, asked(no, Some("k")), off, Err(Illegal::KeyWithoutEncrypted)),
        ];
        for (source, asked, default, expected) in &rows {
            assert_eq!(decide_disk(*source, asked, default), *expected, "{source:?} {asked:?} {default:?}");
        }
        for encrypted in [None, yes, no] {
            for key in [None, Some("k")] {
                for default in [off, on(None), on(Some(d))] {
                    let plain = decide_disk(Some(a), &asked(encrypted, key), &default) == Ok(Under::Plain);
                    assert!(!plain, "{encrypted:?} {key:?} {default:?}");
                }
            }
        }
    }
}
