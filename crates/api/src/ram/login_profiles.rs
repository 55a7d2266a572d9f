//! Passwords for the console: of users, by whoever administers them, and a user's own.

use crypto::Secret;
use ram::{Arn, Caller, LoginProfileChange, LoginProfileRecord, Permit, Ram, RamError, UserName};
use serde_json::{Value, json};

use super::declared::{
    MFA_BIND_REQUIRED, NEW_PASSWORD, OLD_PASSWORD, OTHER_PASSWORD, PASSWORD, PASSWORD_RESET_REQUIRED, USER_NAME,
};
use super::{OnRam, RamAction, parsed, spec, written};
use crate::action::{Permission, Row, Spec};
use crate::errors::Refusal;
use crate::parameters::Parameters;
use crate::product::Product;
use crate::services::Rooms;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreateLoginProfile>>(),
        Row::of::<OnRam<GetLoginProfile>>(),
        Row::of::<OnRam<UpdateLoginProfile>>(),
        Row::of::<OnRam<DeleteLoginProfile>>(),
        Row::of::<OnRam<ChangePassword>>(),
    ]
}

/// `CreateLoginProfile`.
struct CreateLoginProfile {
    user: UserName,
    password: Secret,
    reset_required: bool,
}

impl RamAction for CreateLoginProfile {
    const SPEC: &'static Spec = &spec(
        "CreateLoginProfile",
        "ram:CreateLoginProfile",
        "user/<UserName>",
        &[&USER_NAME, &PASSWORD, &PASSWORD_RESET_REQUIRED, &MFA_BIND_REQUIRED],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        MFA_BIND_REQUIRED.read(parameters)?;
        Ok(Self {
            user: parsed(&USER_NAME.read(parameters)?)?,
            password: PASSWORD.read(parameters)?,
            reset_required: PASSWORD_RESET_REQUIRED.read(parameters)?.unwrap_or_default(),
        })
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.user)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let made = ram.create_login_profile(permit, &self.user, &self.password, self.reset_required).await?;
        Ok(shown(&self.user, &made))
    }
}

/// `GetLoginProfile`.
struct GetLoginProfile(UserName);

impl RamAction for GetLoginProfile {
    const SPEC: &'static Spec = &spec("GetLoginProfile", "ram:GetLoginProfile", "user/<UserName>", &[&USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(shown(&self.0, &ram.login_profile(permit, &self.0).await?))
    }
}

/// `UpdateLoginProfile`.
struct UpdateLoginProfile(UserName, LoginProfileChange);

impl RamAction for UpdateLoginProfile {
    const SPEC: &'static Spec = &spec(
        "UpdateLoginProfile",
        "ram:UpdateLoginProfile",
        "user/<UserName>",
        &[&USER_NAME, &OTHER_PASSWORD, &PASSWORD_RESET_REQUIRED, &MFA_BIND_REQUIRED],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        MFA_BIND_REQUIRED.read(parameters)?;
        let to = LoginProfileChange {
            password: OTHER_PASSWORD.read(parameters)?,
            reset_required: PASSWORD_RESET_REQUIRED.read(parameters)?,
        };
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?, to))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(shown(&self.0, &ram.update_login_profile(permit, &self.0, &self.1).await?))
    }
}

/// `DeleteLoginProfile`.
struct DeleteLoginProfile(UserName);

impl RamAction for DeleteLoginProfile {
    const SPEC: &'static Spec = &spec("DeleteLoginProfile", "ram:DeleteLoginProfile", "user/<UserName>", &[&USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_login_profile(permit, &self.0).await?;
        Ok(Value::Null)
    }
}

/// `ChangePassword`. Every user may, as with the vendor's `AllowUserToChangePassword`, which is on where nobody changes it: the old password
/// is the right.
struct ChangePassword {
    old: Secret,
    new: Secret,
}

impl RamAction for ChangePassword {
    const SPEC: &'static Spec = &Spec {
        product: Product::Ram,
        name: "ChangePassword",
        parameters: &[&OLD_PASSWORD, &NEW_PASSWORD],
        permission: Permission::SignatureOnly,
    };

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { old: OLD_PASSWORD.read(parameters)?, new: NEW_PASSWORD.read(parameters)? })
    }

    fn resources(&self, _: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(Vec::new())
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.change_password(permit, &self.old, &self.new).await?;
        Ok(Value::Null)
    }
}

/// The answer holds nothing of the password.
fn shown(user: &UserName, profile: &LoginProfileRecord) -> Value {
    json!({ "LoginProfile": {
        "UserName": user.as_str(),
        "PasswordResetRequired": profile.reset_required,
        "MFABindRequired": false,
        "CreateDate": written(profile.created_at),
    }})
}
