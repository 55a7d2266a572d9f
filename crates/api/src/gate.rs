//! `ram` as the gate of the wire.

use kms::KeyFacts;
use ram::{
    Action, Ask, AuthenticateError, Authenticated, ConditionContext, Denial, DenialKind, IdentityType, Permit,
    PolicyType, Principal, Ram, RamError, RequestFacts,
};

use crate::services::{
    self, AccessKey, AccessKeyRefused, Gate, Identity, IdentityKind, Need, Origin, PermitRefused, Unavailable,
};

impl Gate for Ram {
    type Caller = Authenticated;
    type Permit = Permit;

    async fn access_key(
        &self,
        id: &str,
        security_token: Option<&str>,
        origin: &Origin,
    ) -> Result<AccessKey<Authenticated>, AccessKeyRefused> {
        let Origin { source_ip, secure_transport, now } = *origin;
        let facts = RequestFacts { source_ip: Some(source_ip), secure_transport, now };
        let (secret, caller) = self.authenticate(id, security_token, &facts).await.map_err(refused)?;
        Ok(AccessKey { secret, caller })
    }

    fn identity(&self, caller: &Authenticated) -> Identity {
        let identity = caller.identity();
        let (kind, display_name) = match (identity.identity_type, &caller.caller().principal) {
            (IdentityType::RamUser, Principal::User { name, .. }) => (IdentityKind::RamUser, name.to_string()),
            (IdentityType::AssumedRoleUser, Principal::Session { role, session }) => {
                (IdentityKind::AssumedRoleUser, format!("{role}/{session}"))
            }
            _ => (IdentityKind::Account, identity.account.to_string()),
        };
        Identity {
            account_id: identity.account.to_string(),
            arn: identity.arn,
            kind,
            display_name,
            principal_id: identity.principal_id,
            role_id: identity.role_id.map(|id| id.to_string()),
        }
    }

    /// The signature was good, so the use of the key is noted here, too. That it cannot be noted stops nobody.
    async fn permit(&self, caller: &Authenticated, needs: &[Need]) -> Result<Permit, PermitRefused> {
        if let Err(error) = self.note_access_key_used(caller.caller()).await {
            tracing::warn!(error = %error, "the use of an access key is not noted");
        }
        let mut permit = self.judge(caller, &[], None, &[]).await?;
        // One at a time: each key has a policy and tags of its own.
        for need in needs {
            let more = self.judge(caller, &[ask(need)?], need.key.as_deref(), &need.conditions).await?;
            permit = permit.and(more).expect("both are of this caller and request");
        }
        Ok(permit)
    }
}

/// `ram` by what is known of a key, and by what the call brings.
trait Judge {
    async fn judge(
        &self,
        caller: &Authenticated,
        asks: &[Ask],
        key: Option<&KeyFacts>,
        more: &[(&'static str, String)],
    ) -> Result<Permit, PermitRefused>;
}

impl Judge for Ram {
    async fn judge(
        &self,
        caller: &Authenticated,
        asks: &[Ask],
        key: Option<&KeyFacts>,
        more: &[(&'static str, String)],
    ) -> Result<Permit, PermitRefused> {
        let mut conditions = ConditionContext::of(caller.caller());
        for tag in key.iter().flat_map(|key| &key.tags) {
            conditions.set(format!("kms:tag/{}", tag.key), tag.value.as_str());
        }
        for (name, value) in more {
            conditions.set(*name, value.as_str());
        }
        self.authorize(caller, asks, key.map(|key| &key.policy), &conditions).await.map_err(|error| match error {
            RamError::Denied(denial) => PermitRefused::Denied(denied(&denial)),
            error => PermitRefused::Unavailable(Unavailable(error.to_string())),
        })
    }
}

fn refused(error: AuthenticateError) -> AccessKeyRefused {
    match error {
        AuthenticateError::NotFound => AccessKeyRefused::NotFound,
        AuthenticateError::Inactive => AccessKeyRefused::Inactive,
        AuthenticateError::TokenMissing => AccessKeyRefused::TokenMissing,
        AuthenticateError::TokenExpired => AccessKeyRefused::TokenExpired,
        AuthenticateError::TokenMalformed => AccessKeyRefused::TokenMalformed,
        AuthenticateError::TokenMismatch => AccessKeyRefused::TokenMismatch,
        AuthenticateError::Failed(error) => AccessKeyRefused::Unavailable(Unavailable(error.to_string())),
    }
}

/// A resource that cannot be written as an ARN cannot be allowed either.
fn ask(need: &Need) -> Result<Ask, PermitRefused> {
    let resource = need.resource.parse();
    let resource =
        resource.map_err(|error| PermitRefused::Unavailable(Unavailable(format!("a need is broken: {error}"))));
    Ok(Ask { action: Action::new(need.action), resource: resource? })
}

fn denied(denial: &Denial) -> services::Denial {
    services::Denial {
        need: Need {
            action: denial.action.as_str(),
            resource: denial.resource.to_string(),
            key: None,
            conditions: Vec::new(),
        },
        explicit: denial.kind == DenialKind::ExplicitDeny,
        policy_type: match denial.policy_type {
            PolicyType::Identity => "AccountLevelIdentityBasedPolicy",
            PolicyType::Session => "SessionPolicy",
            PolicyType::Key | PolicyType::Resource => "ResourceBasedPolicy",
            PolicyType::Trust => "AssumeRolePolicy",
        },
    }
}
