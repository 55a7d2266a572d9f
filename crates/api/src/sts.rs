//! STS on the wire.

use serde_json::{Value, json};

use crate::action::{Action, Call, Permission, Spec};
use crate::errors::Refusal;
use crate::parameters::Parameters;
use crate::product::Product;
use crate::services::{IdentityKind, Need, Services};

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
