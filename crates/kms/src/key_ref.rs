//! How a caller names a key: id, alias or ARN. Source: `../shared/api/kms.md` 1 and 4.

use std::fmt;
use std::str::FromStr;

use catalog::{KeyId, KeyRecord, Scope};

use crate::action::Action;
use crate::error::{KmsError, Result};

const ALIAS_PREFIX: &str = "alias/";

/// Aliases that begin so belong to services.
const ALIAS_PREFIX_RESERVED: &str = "alias/acs";

/// Most characters after the prefix.
const ALIAS_LEN_MAX: usize = 255;

/// A name of a key as a caller may give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRef {
    /// The id.
    Id(KeyId),
    /// An alias, to be looked up in the caller's account and region.
    Alias(AliasName),
    /// An id with the account and region it is in.
    Arn(KeyId, Scope),
}

impl KeyRef {
    /// The id, for the calls that take no alias.
    ///
    /// Errors: `UnsupportedAlias`.
    pub(crate) fn id_for(&self, action: Action) -> Result<KeyId> {
        match self {
            Self::Id(id) | Self::Arn(id, _) => Ok(*id),
            Self::Alias(alias) => Err(KmsError::UnsupportedAlias { alias: alias.to_string(), action }),
        }
    }
}

impl FromStr for KeyRef {
    type Err = KmsError;

    /// Errors: `MalformedKey`, `MalformedAlias`.
    fn from_str(text: &str) -> Result<Self> {
        if text.starts_with(ALIAS_PREFIX) {
            return Ok(Self::Alias(text.parse()?));
        }
        if text.starts_with("acs:") {
            return parse_arn(text);
        }
        let id = text.parse();
        id.map(Self::Id).map_err(|_| malformed(text, "it is no UUID and does not begin with `alias/` or `acs:kms:`"))
    }
}

impl fmt::Display for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Alias(alias) => alias.fmt(f),
            Self::Arn(id, scope) => write_arn(f, scope, *id),
        }
    }
}

/// The ARN of a key: `acs:kms:<region>:<account>:key/<id>`.
pub fn key_arn(key: &KeyRecord) -> String {
    KeyRef::Arn(key.id, key.scope.clone()).to_string()
}

fn write_arn(f: &mut fmt::Formatter<'_>, scope: &Scope, id: KeyId) -> fmt::Result {
    write!(f, "acs:kms:{}:{}:key/{id}", scope.region, scope.account)
}

fn parse_arn(text: &str) -> Result<KeyRef> {
    const WANTED: &str = "an ARN of a key has the form acs:kms:REGION:ACCOUNT:key/ID";
    let parts: Vec<&str> = text.splitn(5, ':').collect();
    let [_, "kms", region, account, resource] = parts[..] else {
        return Err(malformed(text, WANTED));
    };
    let id = resource.strip_prefix("key/").and_then(|id| id.parse().ok());
    match (id, region.parse(), account.parse()) {
        (Some(id), Ok(region), Ok(account)) => Ok(KeyRef::Arn(id, Scope { account, region })),
        _ => Err(malformed(text, WANTED)),
    }
}

fn malformed(text: &str, why: &'static str) -> KmsError {
    KmsError::MalformedKey { text: text.to_owned(), why }
}

/// An alias with its prefix `alias/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AliasName(String);

impl AliasName {
    /// The alias of the key that ECS uses when none is named.
    pub(crate) fn of_ecs() -> Self {
        Self("alias/acs/ecs".to_owned())
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses names that belong to services.
    ///
    /// Errors: `MalformedAlias`.
    pub(crate) fn check_not_reserved(&self) -> Result<()> {
        if self.0.starts_with(ALIAS_PREFIX_RESERVED) {
            return Err(malformed_alias(&self.0, "names that begin with alias/acs are for services"));
        }
        Ok(())
    }
}

impl FromStr for AliasName {
    type Err = KmsError;

    /// Errors: `MalformedAlias`.
    fn from_str(text: &str) -> Result<Self> {
        let Some(name) = text.strip_prefix(ALIAS_PREFIX) else {
            return Err(malformed_alias(text, "it does not begin with alias/"));
        };
        if !(1..=ALIAS_LEN_MAX).contains(&name.chars().count()) {
            return Err(malformed_alias(text, "after alias/ come 1 to 255 characters"));
        }
        // Names are printed in lists and messages; a line break or an escape sequence in one would forge them.
        if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(malformed_alias(text, "it holds a space or a control character"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn malformed_alias(text: &str, why: &'static str) -> KmsError {
    KmsError::MalformedAlias { text: text.escape_debug().to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01234567-89ab-4cde-8f01-23456789abcd";

    #[test]
    fn keys_are_named_by_id_alias_or_arn() {
        for text in [ID, "alias/golden", "alias/acs/ecs", &format!("acs:kms:cn-hangzhou:42:key/{ID}")] {
            assert_eq!(text.parse::<KeyRef>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn malformed_names_are_refused_and_shown() {
        // R02 (d): the message names what was given.
        let long = format!("alias/{}", "x".repeat(256));
        let cases = [
            "",
            "golden",
            "key-123",
            "alias/",
            "alias/a b",
            "acs:kms:r:a:key/x",
            "acs:ecs:r:a:key/1",
            "acs:kms:r",
            "acs:kms:R:a:key/01234567-89ab-4cde-8f01-23456789abcd",
            &long,
        ];
        for text in cases {
            let error = text.parse::<KeyRef>().unwrap_err();
            assert_eq!(error.code(), "InvalidParameter", "{text}");
            assert!(error.to_string().contains(text), "{error}");
        }
        let error = "alias/a\u{1b}[2J".parse::<KeyRef>().unwrap_err().to_string();
        assert!(error.contains("\\u{1b}"), "control characters are shown, not printed: {error}");
    }

    #[test]
    fn aliases_of_services_are_reserved() {
        for text in ["alias/acs", "alias/acs/ecs", "alias/acsx"] {
            assert!(text.parse::<AliasName>().unwrap().check_not_reserved().is_err(), "{text}");
        }
        assert!("alias/ac".parse::<AliasName>().unwrap().check_not_reserved().is_ok());
    }
}
