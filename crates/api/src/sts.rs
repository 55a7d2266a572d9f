//! STS on the wire.

use ram::{Arn, Caller, Permit, Ram, RamError};
use serde_json::{Value, json};

use crate::action::{Action, Call, Permission, Row, Spec};
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, Integer, Name, Optional, Parameters, Required};
use crate::product::Product;
use crate::ram::{OnRam, Plain, RamAction, parsed, written};
use crate::services::{IdentityKind, Need, Rooms, Services};

/// All rows of STS.
pub(crate) fn rows<S: Rooms>() -> impl Iterator<Item = Row<S>> {
    [Row::of::<GetCallerIdentity>(), Row::of::<OnRam<AssumeRole>>()].into_iter()
}

/// `GetCallerIdentity`: who signed the call. Source: ram.md 2.
pub(crate) struct GetCallerIdentity;

impl<S: Services> Action<S> for GetCallerIdentity {
    const SPEC: &'static Spec = &Spec {
        product: Product::Sts,
        name: "GetCallerIdentity",
        parameters: &[],
        permission: Permission::SignatureOnly,
    };

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn needs(&self, _: &S, _: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(Vec::new())
    }

    /// A session has a `RoleId`, a user or an account a `UserId`; the other field is left out.
    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let identity = &call.identity;
        let mut answer = json!({
            "AccountId": identity.account_id,
            "Arn": identity.arn,
            "IdentityType": identity.kind.name(),
            "PrincipalId": identity.principal_id,
        });
        match (identity.kind, &identity.role_id) {
            (IdentityKind::AssumedRoleUser, role_id) => answer["RoleId"] = role_id.as_deref().into(),
            (IdentityKind::Account | IdentityKind::RamUser, _) => {
                answer["UserId"] = identity.principal_id.as_str().into();
            }
        }
        Ok(answer)
    }
}

const ROLE_ARN: Required<Plain> =
    Required::new("RoleArn", Plain { rules: "`acs:ram::<account>:role/<name>`", takes_empty: false });
const ROLE_SESSION_NAME: Required<Plain> =
    Required::new("RoleSessionName", Plain { rules: "2–64 of `A-Za-z0-9.@_-`", takes_empty: false });
/// Any number that has room: `ram` knows the range, which depends on the role, and its code.
const DURATION_SECONDS: Optional<Integer> =
    Optional::new("DurationSeconds", Integer { min: 0, max: u32::MAX as u64 }).or(&errors::STS_DURATION);
const POLICY: Optional<Plain> =
    Optional::new("Policy", Plain { rules: "policy, up to 2048 bytes", takes_empty: false });
/// Source: ram.md 2; the characters are those of the official documentation.
const EXTERNAL_ID: Optional<Name> = Optional::new("ExternalId", Name { length: (2, 1224), also: "_+=,.@:/-" });

/// `AssumeRole`: a temporary access key of a role. Source: ram.md 2.
///
/// Conditions, in the trust policy above all, see `ExternalId` as `sts:ExternalId`. `SourceIdentity` has no effect.
struct AssumeRole {
    wanted: ram::AssumeRole,
    external_id: Option<String>,
}

impl RamAction for AssumeRole {
    const SPEC: &'static Spec = &Spec {
        product: Product::Sts,
        name: "AssumeRole",
        parameters: &[
            &ROLE_ARN,
            &ROLE_SESSION_NAME,
            &DURATION_SECONDS,
            &POLICY,
            &EXTERNAL_ID,
            &Ignored("SourceIdentity"),
        ],
        permission: Permission::On { action: "sts:AssumeRole", resource: "role/<RoleArn>" },
    };

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let duration_s = DURATION_SECONDS.read(parameters)?;
        let wanted = ram::AssumeRole {
            role: parsed(&ROLE_ARN.read(parameters)?)?,
            session: parsed(&ROLE_SESSION_NAME.read(parameters)?)?,
            duration_s: duration_s.map(|seconds| u32::try_from(seconds).expect("the declaration has this range")),
            policy: POLICY.read(parameters)?,
        };
        Ok(Self { wanted, external_id: EXTERNAL_ID.read(parameters)? })
    }

    fn resources(&self, _: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![self.wanted.role.arn()])
    }

    fn conditions(&self) -> Vec<(&'static str, String)> {
        self.external_id.iter().map(|id| ("sts:ExternalId", id.clone())).collect()
    }

    /// The one answer that holds a temporary secret.
    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let session = ram.assume_role(permit, &self.wanted).await?;
        Ok(json!({
            "Credentials": {
                "AccessKeyId": session.key.id.as_str(),
                "AccessKeySecret": String::from_utf8_lossy(session.key.secret.expose()),
                "SecurityToken": session.security_token,
                "Expiration": written(session.expires_at),
            },
            "AssumedRoleUser": { "Arn": session.arn, "AssumedRoleId": session.assumed_role_id },
        }))
    }
}
