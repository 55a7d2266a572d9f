//! Access keys: an id that is sent, and a secret that signs.

use std::fmt;
use std::str::FromStr;

use crypto::{Random, Secret};

/// Ids of users' keys begin so. Source: ram.md 1.
const USER_PREFIX: &str = "LTAI";
/// Ids of temporary keys begin so. Source: ram.md 1.
const SESSION_PREFIX: &str = "STS.";

/// Length of the ids that we make: 24 of a user's key, as the service does today.
const USER_ID_CHARS: usize = 24;
/// And 29 of a temporary key.
const SESSION_ID_CHARS: usize = 29;
/// Length of the secrets that we make: 30 of 62 characters, 178 bits.
const SECRET_CHARS: usize = 30;

/// Lengths that are read. Keys that were made elsewhere may be brought along.
const ID_CHARS_MIN: usize = 12;
const ID_CHARS_MAX: usize = 64;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `AccessKeyId`: `LTAI…` of a user, `STS.…` of a session. Not secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(String);

/// Text that is not the id of an access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an AccessKeyId begins with LTAI or STS. and has 12 to 64 letters and digits")]
pub struct InvalidAccessKeyId;

/// An access key as it is made: the one moment at which id and secret are together. Neither printed nor copied.
pub struct AccessKey {
    /// `AccessKeyId`.
    pub id: AccessKeyId,
    /// `AccessKeySecret`, letters and digits.
    pub secret: Secret,
}

impl AccessKey {
    /// A key for a user or an account.
    #[must_use]
    pub fn for_user(random: &dyn Random) -> Self {
        Self::generate(USER_PREFIX, USER_ID_CHARS, random)
    }

    /// A temporary key for a session.
    #[must_use]
    pub fn for_session(random: &dyn Random) -> Self {
        Self::generate(SESSION_PREFIX, SESSION_ID_CHARS, random)
    }

    fn generate(prefix: &str, id_chars: usize, random: &dyn Random) -> Self {
        let tail = (prefix.len()..id_chars).map(|_| char::from(letter_or_digit(random)));
        let id = AccessKeyId(prefix.chars().chain(tail).collect());
        let secret = Secret::from_fn(SECRET_CHARS, |out| out.fill_with(|| letter_or_digit(random)));
        Self { id, secret }
    }
}

impl AccessKeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a temporary key, which needs a security token.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(SESSION_PREFIX)
    }
}

/// One of 62 characters, each as likely: bytes that would favour the first ones are drawn again.
fn letter_or_digit(random: &dyn Random) -> u8 {
    const FAIR: u8 = 62 * 4;
    loop {
        let mut byte = [0];
        random.fill(&mut byte);
        let [byte] = byte;
        if byte < FAIR {
            return ALPHABET[usize::from(byte % 62)];
        }
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AccessKeyId {
    type Err = InvalidAccessKeyId;

    fn from_str(text: &str) -> Result<Self, InvalidAccessKeyId> {
        let tail = text.strip_prefix(USER_PREFIX).or_else(|| text.strip_prefix(SESSION_PREFIX));
        let fits = (ID_CHARS_MIN..=ID_CHARS_MAX).contains(&text.len())
            && tail.is_some_and(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidAccessKeyId) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crypto::SeededRandom;

    use super::*;

    /// Ids and secrets have their documented form, and no two are alike.
    #[test]
    fn generated_keys_have_their_form() {
        let random = SeededRandom::new(b"access keys");
        let mut seen = BTreeSet::new();
        for _ in 0..100 {
            let (user, session) = (AccessKey::for_user(&random), AccessKey::for_session(&random));
            assert!(user.id.as_str().starts_with("LTAI") && user.id.as_str().len() == 24 && !user.id.is_temporary());
            assert!(session.id.as_str().starts_with("STS.") && session.id.is_temporary());
            for key in [user, session] {
                assert_eq!(key.id.as_str().parse(), Ok(key.id.clone()));
                assert!(key.secret.len() == 30 && key.secret.expose().iter().all(u8::is_ascii_alphanumeric));
                assert!(
                    seen.insert(key.id.to_string()) && seen.insert(String::from_utf8_lossy(key.secret.expose()).into())
                );
            }
        }
    }

    /// Every character is drawn, and none much more often than another.
    #[test]
    fn characters_are_equally_likely() {
        let random = SeededRandom::new(b"fair");
        let mut counts = [0_u32; 256];
        for _ in 0..62_000 {
            counts[usize::from(letter_or_digit(&random))] += 1;
        }
        for character in ALPHABET {
            // The standard deviation is 32: this is five of them.
            assert!(counts[usize::from(*character)].abs_diff(1_000) < 160, "{}", char::from(*character));
        }
    }

    #[test]
    fn other_text_is_not_an_access_key_id() {
        assert!("LTAI5tExample00000000000".parse::<AccessKeyId>().is_ok());
        let long = format!("LTAI{}", "a".repeat(61));
        for bad in ["", "LTAI", "AKIA5tExample00000000000", "LTAI5tExample.0000000000", "STS-aaaaaaaaaaaaaaa", &long] {
            assert_eq!(bad.parse::<AccessKeyId>(), Err(InvalidAccessKeyId), "{bad}");
        }
    }
}
