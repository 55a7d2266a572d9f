//! Access keys. Without `UserName` the caller's own are meant.

use ram::keys::AccessKeyId;
use ram::{AccessKeyInfo, AccessKeyStatus, Arn, Caller, KeyOwner, Permit, Ram, RamError, UserName};
use serde_json::{Value, json};

use super::declared::{ACCESS_KEY_ID, OWN_USER_NAME, STATUS};
use super::{OnRam, RamAction, parsed_if_given, spec, written};
use crate::action::{Row, Spec};
use crate::errors::{self, Refusal};
use crate::parameters::Parameters;
use crate::services::Rooms;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreateAccessKey>>(),
        Row::of::<OnRam<ListAccessKeys>>(),
        Row::of::<OnRam<UpdateAccessKey>>(),
        Row::of::<OnRam<DeleteAccessKey>>(),
        Row::of::<OnRam<GetAccessKeyLastUsed>>(),
    ]
}

/// Whose keys, as it was said.
struct Named(Option<UserName>);

impl Named {
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed_if_given(OWN_USER_NAME.read(parameters)?.as_ref())?))
    }

    fn owner(&self, caller: &Caller) -> Result<KeyOwner, RamError> {
        match &self.0 {
            Some(name) => Ok(KeyOwner::User(name.clone())),
            None => KeyOwner::of_caller(caller),
        }
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![self.owner(caller)?.arn(caller.account)])
    }
}

/// `CreateAccessKey`.
struct CreateAccessKey(Named);

impl RamAction for CreateAccessKey {
    const SPEC: &'static Spec = &spec("CreateAccessKey", "ram:CreateAccessKey", "user/<UserName>", &[&OWN_USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Named::parse(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        self.0.resources(caller)
    }

    /// The one answer that holds a secret of a user.
    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let (key, info) = ram.create_access_key(permit, &self.0.owner(permit.caller())?).await?;
        let mut answer = access_key(&info);
        answer["AccessKeySecret"] = String::from_utf8_lossy(key.secret.expose()).into();
        Ok(json!({ "AccessKey": answer }))
    }
}

/// `ListAccessKeys`.
struct ListAccessKeys(Named);

impl RamAction for ListAccessKeys {
    const SPEC: &'static Spec = &spec("ListAccessKeys", "ram:ListAccessKeys", "user/<UserName>", &[&OWN_USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Named::parse(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        self.0.resources(caller)
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let keys = ram.list_access_keys(permit, &self.0.owner(permit.caller())?).await?;
        Ok(json!({ "AccessKeys": { "AccessKey": keys.iter().map(access_key).collect::<Vec<_>>() } }))
    }
}

/// `UpdateAccessKey`.
struct UpdateAccessKey {
    id: AccessKeyId,
    named: Named,
    status: AccessKeyStatus,
}

impl RamAction for UpdateAccessKey {
    const SPEC: &'static Spec =
        &spec("UpdateAccessKey", "ram:UpdateAccessKey", "user/<UserName>", &[&ACCESS_KEY_ID, &STATUS, &OWN_USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let status = match STATUS.read(parameters)? {
            "Active" => AccessKeyStatus::Active,
            _ => AccessKeyStatus::Inactive,
        };
        Ok(Self { id: id(parameters)?, named: Named::parse(parameters)?, status })
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        self.named.resources(caller)
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let owner = self.named.owner(permit.caller())?;
        ram.update_access_key(permit, &self.id, &owner, self.status).await?;
        Ok(Value::Null)
    }
}

/// `DeleteAccessKey`.
struct DeleteAccessKey(AccessKeyId, Named);

impl RamAction for DeleteAccessKey {
    const SPEC: &'static Spec =
        &spec("DeleteAccessKey", "ram:DeleteAccessKey", "user/<UserName>", &[&ACCESS_KEY_ID, &OWN_USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(id(parameters)?, Named::parse(parameters)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        self.1.resources(caller)
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_access_key(permit, &self.0, &self.1.owner(permit.caller())?).await?;
        Ok(Value::Null)
    }
}

/// `GetAccessKeyLastUsed`.
struct GetAccessKeyLastUsed(AccessKeyId, Named);

impl RamAction for GetAccessKeyLastUsed {
    const SPEC: &'static Spec =
        &spec("GetAccessKeyLastUsed", "ram:GetAccessKeyLastUsed", "user/<UserName>", &[&ACCESS_KEY_ID, &OWN_USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(id(parameters)?, Named::parse(parameters)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        self.1.resources(caller)
    }

    /// Empty for a key that was never used.
    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let used = ram.access_key_last_used(permit, &self.0, &self.1.owner(permit.caller())?).await?;
        Ok(json!({ "AccessKeyLastUsed": { "LastUsedDate": used.map(written).unwrap_or_default() } }))
    }
}

/// Text that cannot be an id names no key.
fn id(parameters: &Parameters) -> Result<AccessKeyId, Refusal> {
    let text = ACCESS_KEY_ID.read(parameters)?;
    text.parse().map_err(|_| Refusal::new(&errors::RAM_NO_ACCESS_KEY, &["UserAccessKeyId is no id of an access key"]))
}

fn access_key(key: &AccessKeyInfo) -> Value {
    json!({
        "AccessKeyId": key.id.as_str(),
        "Status": key.status.to_string(),
        "CreateDate": written(key.created_at),
    })
}
