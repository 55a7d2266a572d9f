//! Names that records carry. Text becomes one of these at the edge and is not checked again.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

/// Longest region or account name. Real ones have at most 20 characters.
const NAME_LEN_MAX: usize = 64;

/// Text that is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}: write {wanted}")]
pub struct InvalidName {
    /// What was given.
    pub text: String,
    /// What was wanted, such as `a key id`.
    pub kind: &'static str,
    /// How one looks.
    pub wanted: &'static str,
}

macro_rules! uuid_name {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: the time in milliseconds, then chance (UUID version 7, RFC 9562). What is made together lies together in the
            /// catalog: with ids of chance alone a thousand new keys would write a thousand pages.
            pub fn new(made_at: Timestamp, random: [u8; 10]) -> Self {
                // A clock before 1970 gives ids that are as good, only not in order.
                let millis = u64::try_from(made_at.as_millisecond()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            /// Takes the form with hyphens only, in either case.
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let uuid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
                uuid.map(Self).ok_or_else(|| InvalidName {
                    text: text.to_owned(),
                    kind: $kind,
                    wanted: "a UUID such as 01234567-89ab-4cde-8f01-23456789abcd",
                })
            }
        }
    };
}

uuid_name!(
    /// Id of a key: a UUID, lower case when written.
    KeyId,
    "a key id"
);
uuid_name!(
    /// Id of one version of a key: a UUID, lower case when written.
    KeyVersionId,
    "a key version id"
);

macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $default:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let fits = (1..=NAME_LEN_MAX).contains(&text.len())
                    && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
                if fits {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName {
                        text: text.to_owned(),
                        kind: $kind,
                        wanted: "1 to 64 of the characters a-z, 0-9 and -",
                    })
                }
            }
        }

        impl Default for $name {
            /// What the file commands use, and what an installation begins with.
            fn default() -> Self {
                Self($default.to_owned())
            }
        }
    };
}

plain_name!(
    /// A region. Keys live in one and are not visible from another.
    Region,
    "a region",
    "cn-hangzhou"
);
plain_name!(
    /// The owner of keys.
    Account,
    "an account",
    "1000000000000001"
);

/// Whose keys, and where: every key and alias belongs to one account in one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scope {
    /// The owner.
    pub account: Account,
    /// The place.
    pub region: Region,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_are_read_in_one_form_only() {
        // Shows that what is accepted is written back in lower case, and that other spellings of a UUID are refused.
        let id: KeyId = "0123ABCD-89ab-4cde-8f01-23456789ABCD".parse().unwrap();
        assert_eq!(id.to_string(), "0123abcd-89ab-4cde-8f01-23456789abcd");
        for bad in [
            "",
            "0123abcd89ab4cde8f0123456789abcd",
            "{0123abcd-89ab-4cde-8f01-23456789abcd}",
            "alias/x",
            "0123abcd-89ab-4cde-8f01-23456789abcg",
        ] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn regions_hold_nothing_that_could_break_an_arn() {
        assert_eq!("cn-hangzhou".parse::<Region>().unwrap().as_str(), "cn-hangzhou");
        for bad in ["", "a:b", "A", "a/b", "a b", &"a".repeat(65)] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }
}
