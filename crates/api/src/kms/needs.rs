//! From what a call names to what must be allowed: ARN, policy and tags of the key behind an id, an alias or a ciphertext.

use kms::{AliasName, KeyRef, Kms, KmsError, Scope, key_arn};

use crate::action::{Permission, Spec};
use crate::services::Need;

/// One right that a call needs.
pub(crate) struct Ask<'a> {
    action: &'static str,
    target: Target<'a>,
}

/// What a right is on.
pub(crate) enum Target<'a> {
    /// `key` or `alias`: all of an account, or one that is to be made.
    All(&'static str),
    /// An alias itself.
    Alias(&'a AliasName),
    /// A key. One that an alias names needs a right on the key only (kms.md 9).
    Key(KeyRef),
    /// The key that made a ciphertext.
    KeyOf(&'a [u8]),
}

impl<'a> Ask<'a> {
    /// `action` on `target`.
    pub(super) fn new(action: &'static str, target: Target<'a>) -> Self {
        Self { action, target }
    }

    /// The right that bears the name in the call's row.
    pub(super) fn of(spec: &'static Spec, target: Target<'a>) -> Self {
        match spec.permission {
            Permission::On { action, .. } => Self { action, target },
            Permission::SignatureOnly => unreachable!("every call on keys needs a right"),
        }
    }

    /// The one right of a call on one key.
    pub(super) fn on_key(spec: &'static Spec, key: &KeyRef) -> Vec<Self> {
        vec![Self::of(spec, Target::Key(key.clone()))]
    }
}

/// Looks up what is asked for.
///
/// Errors: `AliasNotFound`; `NotAuthentic`, `KeyVersionNotFound` of a ciphertext; `PolicyDamaged`, `Catalog`.
pub(super) async fn need(kms: &Kms, ask: &Ask<'_>, scope: &Scope) -> Result<Need, KmsError> {
    let action = ask.action;
    match &ask.target {
        Target::All(id) => Ok(of_account(action, id, scope)),
        Target::Alias(alias) => Ok(of_account(action, alias.as_str(), scope)),
        Target::Key(key) => on_key(kms, action, key, scope).await,
        Target::KeyOf(blob) => {
            let key = kms.key_of_blob(blob).await?;
            on_key(kms, action, &KeyRef::Arn(key.id, key.scope.clone()), scope).await
        }
    }
}

fn of_account(action: &'static str, relative_id: &str, scope: &Scope) -> Need {
    let resource = format!("acs:kms:{}:{}:{relative_id}", scope.region, scope.account);
    Need { action, resource, key: None, conditions: Vec::new() }
}

/// A key that is not there is looked up in vain only after the permission was asked: whoever has no right on it does not learn
/// whether it exists.
async fn on_key(kms: &Kms, action: &'static str, key: &KeyRef, scope: &Scope) -> Result<Need, KmsError> {
    let error = match kms.key_facts(key, scope).await {
        Ok(facts) => {
            return Ok(Need { action, resource: key_arn(&facts.key), key: Some(facts), conditions: Vec::new() });
        }
        Err(error) => error,
    };
    match (key, &error) {
        (KeyRef::Id(id), KmsError::KeyNotFound { .. } | KmsError::KeyInOtherRegion { .. }) => {
            Ok(of_account(action, &format!("key/{id}"), scope))
        }
        (KeyRef::Arn(..), KmsError::KeyNotFound { .. } | KmsError::KeyInOtherRegion { .. }) => {
            Ok(Need { action, resource: key.to_string(), key: None, conditions: Vec::new() })
        }
        _ => Err(error),
    }
}
