//! How a service works for an account: through the role that the account gave it. Source: ram.md 6.

use super::error::Result;
use super::ram::Ram;
use super::roles::find_role;
use crate::evaluation::{self, Ask, Permit, PolicySet};
use crate::identity::{AccountId, Caller, Principal, RoleName, ServiceName};
use crate::policy::{ConditionContext, KeyPolicy, TrustPolicy};
use crate::service::authorize::trust_of;
use crate::system::ServiceRole;

impl Ram {
    /// What `service` may do for `account` in the service role `role`: the role's trust policy must let the service assume it, and its
    /// policies must allow all of `asks`. The account can take either away, and adds a condition where it likes.
    ///
    /// `key_policy`: as in [`authorize`](crate::authorize); `tags`: conditions of the resource, such as `kms:tag/<key>`.
    ///
    /// Errors: `RoleNotFound` where the account has not made the role; `Denied`; `Catalog`.
    pub async fn act_for_account(
        &self,
        service: &ServiceName,
        role: &ServiceRole,
        account: AccountId,
        asks: &[Ask],
        key_policy: Option<&KeyPolicy>,
        tags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Permit> {
        let name: RoleName = role.name.parse()?;
        let found = find_role(&mut self.catalog.read(), &name, account).await?;
        let caller = self.caller(account, Principal::Service(service.clone()));
        let trust: TrustPolicy = trust_of(&found)?;
        let none = PolicySet::default();
        evaluation::authorize_assume_role(&caller, account, &name, &none, &trust, &ConditionContext::of(&caller))?;
        let session = service.session_name();
        let caller = self.caller(account, Principal::Session { role: name, session });
        let mut conditions = ConditionContext::of(&caller);
        for (key, value) in tags {
            conditions.set(key, value);
        }
        let identity = self.policies_by_id(&found.id, caller.request_time).await?.to_vec();
        let policies = PolicySet { identity, session: None };
        Ok(evaluation::authorize(&caller, asks, &policies, key_policy, &conditions)?)
    }

    fn caller(&self, account: AccountId, principal: Principal) -> Caller {
        Caller {
            account,
            principal,
            access_key_id: None,
            source_ip: None,
            secure_transport: true,
            request_time: self.clock.now(),
        }
    }
}
