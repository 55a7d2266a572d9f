//! How much an account may have in a region. Source: `../shared/api/kms.md` 5 and 3.

use catalog::{Read, Scope};

use crate::error::{KmsError, Result};
use crate::kms::Kms;

/// Most keys, aliases and versions of an account in a region. What belongs to services is not counted. `None`: no limit.
///
/// The number of versions is asked for by CreateKeyVersion only: first versions are bounded by the number of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Keys that users made.
    pub keys: Option<u32>,
    /// Aliases.
    pub aliases: Option<u32>,
    /// Versions of all keys.
    pub versions: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { keys: Some(200), aliases: Some(300), versions: Some(10_000) }
    }
}

impl Limits {
    /// For whoever owns the machine.
    pub const NONE: Self = Self { keys: None, aliases: None, versions: None };
}

impl Kms {
    /// Errors: `LimitExceeded`.
    pub(crate) async fn check_room_for_key(&self, read: &mut Read<'_>, scope: &Scope) -> Result<()> {
        let Some(most) = self.limits.keys else { return Ok(()) };
        refuse_full("keys", most, read.keys_count(scope, most).await?, scope)
    }

    /// Errors: `LimitExceeded`.
    pub(crate) async fn check_room_for_alias(&self, read: &mut Read<'_>, scope: &Scope) -> Result<()> {
        let Some(most) = self.limits.aliases else { return Ok(()) };
        refuse_full("aliases", most, read.aliases_count(scope, most).await?, scope)
    }

    /// Errors: `LimitExceeded`.
    pub(crate) async fn check_room_for_version(&self, read: &mut Read<'_>, scope: &Scope) -> Result<()> {
        let Some(most) = self.limits.versions else { return Ok(()) };
        refuse_full("key versions", most, read.key_versions_count(scope, most).await?, scope)
    }
}

fn refuse_full(what: &'static str, most: u32, found: u64, scope: &Scope) -> Result<()> {
    if found < u64::from(most) {
        return Ok(());
    }
    Err(KmsError::LimitExceeded { what, most, region: scope.region.clone() })
}
