//! Aliases. Calls that change one need a right on the alias and one on its key (kms.md 9).

use kms::{AliasName, AliasRecord, KeyId, KeyRef, Kms, KmsError, Scope};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::needs::{Ask, Target};
use super::page::{PAGE_NUMBER, PAGE_SIZE, Paging};
use super::parameters::{KEY_ID, KEY_REFS, Of};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Optional, Parameters, Required};

const ALIAS_NAME: Required<Of<AliasName>> =
    Required::new("AliasName", Of { what: "`alias/` and 1 to 255 characters", read: |text| text.parse().ok() });

/// `alias/<name>` and the key.
fn both<'a>(spec: &'static Spec, alias: &'a AliasName, key: KeyRef) -> Vec<Ask<'a>> {
    vec![Ask::of(spec, Target::Alias(alias)), Ask::of(spec, Target::Key(key))]
}

pub(crate) struct CreateAlias {
    alias: AliasName,
    key: KeyRef,
}

impl KeyCall for CreateAlias {
    const SPEC: &'static Spec =
        &row("CreateAlias", ("kms:CreateAlias", "alias/<name> and key/<id>"), &[&ALIAS_NAME, &KEY_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { alias: ALIAS_NAME.read(parameters)?, key: KEY_ID.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(both(Self::SPEC, &self.alias, self.key.clone()))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.create_alias(&self.alias, &self.key, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct UpdateAlias {
    alias: AliasName,
    key: KeyRef,
}

impl KeyCall for UpdateAlias {
    const SPEC: &'static Spec =
        &row("UpdateAlias", ("kms:UpdateAlias", "alias/<name> and key/<id>"), &[&ALIAS_NAME, &KEY_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { alias: ALIAS_NAME.read(parameters)?, key: KEY_ID.read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(both(Self::SPEC, &self.alias, self.key.clone()))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.update_alias(&self.alias, &self.key, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct DeleteAlias(AliasName);

impl KeyCall for DeleteAlias {
    const SPEC: &'static Spec = &row("DeleteAlias", ("kms:DeleteAlias", "alias/<name> and key/<id>"), &[&ALIAS_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        ALIAS_NAME.read(parameters).map(Self)
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(both(Self::SPEC, &self.0, KeyRef::Alias(self.0.clone())))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        kms.delete_alias(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}

/// Ours: the first alias of each of these keys alone.
const KEY_IDS: Optional<Of<Vec<KeyId>>> =
    Optional::new("KeyIds", Of { what: "JSON list of 1 to 100 ids of keys", read: key_ids });

fn key_ids(text: &str) -> Option<Vec<KeyId>> {
    let is_id = |key: KeyRef| if let KeyRef::Id(id) = key { Some(id) } else { None };
    (KEY_REFS.read)(text)?.into_iter().map(is_id).collect()
}

pub(crate) struct ListAliases {
    keys: Option<Vec<KeyId>>,
    paging: Paging,
}

impl KeyCall for ListAliases {
    const SPEC: &'static Spec =
        &row("ListAliases", ("kms:ListAliases", "alias"), &[&PAGE_NUMBER, &PAGE_SIZE, &KEY_IDS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { keys: KEY_IDS.read(parameters)?, paging: Paging::read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(vec![Ask::of(Self::SPEC, Target::All("alias"))])
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let page = match &self.keys {
            None => kms.list_aliases(self.paging.request, permit, scope).await?,
            Some(keys) => kms.first_aliases(keys, self.paging.request, permit, scope).await?,
        };
        Ok(self.paging.answer(page, ("Aliases", "Alias"), |alias| shown(&alias)))
    }
}

pub(crate) struct ListAliasesByKeyId {
    key: KeyRef,
    paging: Paging,
}

impl KeyCall for ListAliasesByKeyId {
    const SPEC: &'static Spec =
        &row("ListAliasesByKeyId", ("kms:ListAliasesByKeyId", "key/<id>"), &[&KEY_ID, &PAGE_NUMBER, &PAGE_SIZE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, paging: Paging::read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let page = kms.list_aliases_by_key(&self.key, self.paging.request, permit, scope).await?;
        Ok(self.paging.answer(page, ("Aliases", "Alias"), |alias| shown(&alias)))
    }
}

fn shown(alias: &AliasRecord) -> Value {
    let AliasRecord { scope, name, key_id, .. } = alias;
    json!({
        "AliasName": name,
        "AliasArn": format!("acs:kms:{}:{}:{name}", scope.region, scope.account),
        "KeyId": key_id.to_string(),
    })
}
