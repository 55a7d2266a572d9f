//! `DescribeRootKey`, an action of ours: whether there is a backup of the root key, without which nothing opens.

use kms::{Kms, KmsError, RootKind, RootState, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::metadata::time;
use super::needs::{Ask, Target};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::Parameters;

pub(crate) struct DescribeRootKey;

impl KeyCall for DescribeRootKey {
    const SPEC: &'static Spec = &row("DescribeRootKey", ("kms:DescribeRootKey", "*"), &[]);

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::All("*"))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        Ok(shown(&kms.root_state(permit, scope).await?))
    }
}

/// `LastBackupTime` is absent when there never was a backup.
fn shown(state: &RootState) -> Value {
    let kind = match state.kind {
        RootKind::File => "File",
        RootKind::Passphrase => "Passphrase",
        RootKind::Credential => "Credential",
        RootKind::Token => "Token",
    };
    let mut value = json!({ "Kind": kind, "BackedUp": state.is_backed_up });
    if let Some(at) = state.last_backup_at {
        value["LastBackupTime"] = time(at).into();
    }
    value
}
