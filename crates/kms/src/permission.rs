//! That a call was allowed: every use case asks for it, whoever calls.

use catalog::{KeyRecord, Scope};
use ram::{Arn, Permit};

use crate::action::Action;
use crate::error::{KmsError, Result};
use crate::key_ref::key_arn;

/// Refuses a permit that does not cover `action` on `key`.
///
/// A key of another account that the caller may not use does not exist for it.
///
/// Errors: `KeyNotFound`, `NotPermitted`.
pub(crate) fn check_key(action: Action, key: &KeyRecord, permit: &Permit, scope: &Scope) -> Result<()> {
    if covers(permit, action.permission(), &key_arn(key)) {
        return Ok(());
    }
    if key.scope.account != scope.account {
        return Err(KmsError::KeyNotFound { key: key.id.to_string(), region: scope.region.clone() });
    }
    Err(not_permitted(action.permission(), &key_arn(key)))
}

/// Refuses a permit that does not cover `action` on something of the scope that is no key: `key`, `alias`, `alias/<name>`.
///
/// Errors: `NotPermitted`.
pub(crate) fn check(action: ram::Action, relative_id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
    let arn = format!("acs:kms:{}:{}:{relative_id}", scope.region, scope.account);
    if covers(permit, action, &arn) { Ok(()) } else { Err(not_permitted(action, &arn)) }
}

fn covers(permit: &Permit, action: ram::Action, arn: &str) -> bool {
    arn.parse::<Arn>().is_ok_and(|arn| permit.covers(action, &arn))
}

fn not_permitted(action: ram::Action, resource: &str) -> KmsError {
    KmsError::NotPermitted { action, resource: resource.to_owned() }
}
