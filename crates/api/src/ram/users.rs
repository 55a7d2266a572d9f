//! Users.

use ram::{AfterName, Arn, Caller, NewUser, Permit, Ram, RamError, ResourceKind, UserChange, UserName, UserRecord};
use serde_json::{Value, json};

use super::declared::{
    COMMENTS, DISPLAY_NAME, EMAIL, MARKER, MAX_ITEMS, MOBILE_PHONE, NEW_COMMENTS, NEW_DISPLAY_NAME, NEW_EMAIL,
    NEW_MOBILE_PHONE, NEW_USER_NAME, USER_NAME, page,
};
use super::{OnRam, RamAction, parsed, parsed_if_given, spec, written};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::Parameters;
use crate::services::Rooms;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreateUser>>(),
        Row::of::<OnRam<GetUser>>(),
        Row::of::<OnRam<ListUsers>>(),
        Row::of::<OnRam<UpdateUser>>(),
        Row::of::<OnRam<DeleteUser>>(),
    ]
}

/// `CreateUser`.
struct CreateUser(NewUser);

impl RamAction for CreateUser {
    const SPEC: &'static Spec =
        &spec("CreateUser", "ram:CreateUser", "user/*", &[&USER_NAME, &DISPLAY_NAME, &COMMENTS, &EMAIL, &MOBILE_PHONE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(NewUser {
            name: parsed(&USER_NAME.read(parameters)?)?,
            display_name: DISPLAY_NAME.read(parameters)?.unwrap_or_default(),
            comments: COMMENTS.read(parameters)?.unwrap_or_default(),
            email: EMAIL.read(parameters)?.unwrap_or_default(),
            mobile_phone: MOBILE_PHONE.read(parameters)?.unwrap_or_default(),
        }))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::User)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "User": user(&ram.create_user(permit, &self.0).await?) }))
    }
}

/// `GetUser`.
struct GetUser(UserName);

impl RamAction for GetUser {
    const SPEC: &'static Spec = &spec("GetUser", "ram:GetUser", "user/<UserName>", &[&USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    /// `LastLoginDate` is empty for a user who has not signed in to the console yet.
    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let found = ram.user(permit, &self.0).await?;
        let mut answer = user(&found);
        answer["LastLoginDate"] = found.last_login_at.map(written).unwrap_or_default().into();
        Ok(json!({ "User": answer }))
    }
}

/// `ListUsers`.
struct ListUsers(AfterName);

impl RamAction for ListUsers {
    const SPEC: &'static Spec = &spec("ListUsers", "ram:ListUsers", "user/*", &[&MARKER, &MAX_ITEMS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(page(parameters)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::User)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let listed = ram.list_users(permit, &self.0).await?;
        Ok(super::page("Users", "User", &listed, user))
    }
}

/// `UpdateUser`.
struct UpdateUser(UserName, UserChange);

impl RamAction for UpdateUser {
    const SPEC: &'static Spec = &spec(
        "UpdateUser",
        "ram:UpdateUser",
        "user/<UserName>",
        &[&USER_NAME, &NEW_USER_NAME, &NEW_DISPLAY_NAME, &NEW_COMMENTS, &NEW_EMAIL, &NEW_MOBILE_PHONE],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let to = UserChange {
            name: parsed_if_given(NEW_USER_NAME.read(parameters)?.as_ref())?,
            display_name: NEW_DISPLAY_NAME.read(parameters)?,
            comments: NEW_COMMENTS.read(parameters)?,
            email: NEW_EMAIL.read(parameters)?,
            mobile_phone: NEW_MOBILE_PHONE.read(parameters)?,
        };
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?, to))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "User": user(&ram.update_user(permit, &self.0, self.1).await?) }))
    }
}

/// `DeleteUser`.
struct DeleteUser(UserName);

impl RamAction for DeleteUser {
    const SPEC: &'static Spec = &spec("DeleteUser", "ram:DeleteUser", "user/<UserName>", &[&USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_user(permit, &self.0).await?;
        Ok(Value::Null)
    }
}

fn user(user: &UserRecord) -> Value {
    json!({
        "UserId": user.id,
        "UserName": user.name,
        "DisplayName": user.display_name,
        "MobilePhone": user.mobile_phone,
        "Email": user.email,
        "Comments": user.comments,
        "CreateDate": written(user.created_at),
        "UpdateDate": written(user.updated_at),
    })
}
