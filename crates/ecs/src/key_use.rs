//! How ECS uses the keys of an account: what must hold before it does, and the permits for it.
//!
//! A key of the account's own is used through the role `AliyunECSDiskEncryptDefaultRole`, which may use keys that bear the tag
//! `acs:ecs:disk-encryption`; so ECS tags a key before it uses it. The service key is ECS's own and needs no role. Source: ram.md 6.

use std::sync::Arc;

use catalog::{KeyId, KeyRecord, KeyState, Scope, Tag};
use kms::{KeyFacts, KeyRef, KeySpec, key_arn};
use ram::system::DISK_ENCRYPT_ROLE;
use ram::{AccountId, Action, Ask, Permit, RamError, ServiceName};

use crate::ecs::Ecs;
use crate::error::{EcsError, Result, remedy};

/// The tag that lets ECS use a key, and shows that it does.
const TAG_KEY: &str = "acs:ecs:disk-encryption";
const TAG_VALUE: &str = "true";

pub(crate) const GENERATE_DATA_KEY: Action = Action::new("kms:GenerateDataKey");
pub(crate) const DECRYPT: Action = Action::new("kms:Decrypt");
const TAG_RESOURCE: Action = Action::new("kms:TagResource");

/// The key that disks come under whose bytes are made anew.
#[derive(Clone)]
pub(crate) enum NewKey {
    /// None is.
    None,
    /// The service key of the destination, made at its first need.
    Service,
    /// The key that was named.
    Named(Arc<KeyFacts>),
}

impl NewKey {
    /// Refuses a caller who has no right to the key that was named: an alias may have come to stand for another key since it was asked.
    ///
    /// Errors: `NotPermitted`.
    pub(crate) fn require(&self, permit: &Permit) -> Result<()> {
        let Self::Named(facts) = self else { return Ok(()) };
        require_right(GENERATE_DATA_KEY, facts, permit)
    }
}

/// Refuses a permit that does not cover `action` on a key. The service key is ECS's own, and needs no right of the caller's.
///
/// Errors: `NotPermitted`.
pub(crate) fn require_right(action: Action, facts: &KeyFacts, permit: &Permit) -> Result<()> {
    let resource = key_arn(&facts.key);
    if is_service_key(facts) || resource.parse().is_ok_and(|arn| permit.covers(action, &arn)) {
        return Ok(());
    }
    Err(EcsError::NotPermitted { action, resource })
}

impl Ecs {
    /// A key that images can be put under now, in the region of `scope`: it is there, symmetric and enabled, the account has opened
    /// KMS, and lets ECS use it. Changes nothing.
    ///
    /// Errors: `KmsNotOpened`, `KeyNotFound`, `KeyNotEnabled`, `KeyKind`, `RoleMissing`, `KeyUseDenied`, `KeyTagDenied`.
    pub(crate) async fn usable_key(&self, key: &KeyRef, scope: &Scope) -> Result<Arc<KeyFacts>> {
        self.require_kms_opened(scope).await?;
        let facts = self.key_facts(key, scope).await?;
        self.require_enabled(&facts)?;
        if !facts.key.spec.parse::<KeySpec>().is_ok_and(KeySpec::is_symmetric) {
            return Err(EcsError::KeyKind { key: facts.key.id.to_string(), spec: facts.key.spec.clone() });
        }
        if is_service_key(&facts) {
            return Ok(facts);
        }
        self.role_permit(&facts, &[TAG_RESOURCE], false).await.map_err(|error| match error {
            EcsError::KeyUseDenied { key, denial } => EcsError::KeyTagDenied { key, denial },
            error => error,
        })?;
        self.role_permit(&facts, &[GENERATE_DATA_KEY, DECRYPT], true).await?;
        Ok(facts)
    }

    /// Refuses an account that has not opened KMS.
    ///
    /// Errors: `KmsNotOpened`.
    pub(crate) async fn require_kms_opened(&self, scope: &Scope) -> Result<()> {
        if self.rooms.ram.kms_is_opened(account(scope)?).await? { Ok(()) } else { Err(EcsError::KmsNotOpened) }
    }

    /// Refuses a key whose state does not allow its use now.
    ///
    /// Errors: `KeyNotEnabled`, `KeyNotFound` for one that was destroyed.
    pub(crate) fn require_enabled(&self, facts: &KeyFacts) -> Result<()> {
        self.require_enabled_key(&facts.key)
    }

    /// The same for the record alone.
    pub(crate) fn require_enabled_key(&self, key: &KeyRecord) -> Result<()> {
        if let Some(at) = key.destroyed_at {
            return Err(EcsError::KeyNotFound(kms::KmsError::KeyDestroyed { key: key.id, at }));
        }
        let is_expired = key.material_expires_at.is_some_and(|at| at <= self.now());
        let state =
            if is_expired && key.state != KeyState::PendingDeletion { KeyState::PendingImport } else { key.state };
        if state == KeyState::Enabled {
            return Ok(());
        }
        let region = key.scope.region.clone();
        Err(EcsError::KeyNotEnabled { key: key.id.to_string(), region, state, remedy: remedy(state) })
    }

    /// The key that a name stands for.
    ///
    /// Errors: `KeyNotFound`.
    pub(crate) async fn key_facts(&self, key: &KeyRef, scope: &Scope) -> Result<Arc<KeyFacts>> {
        Ok(self.rooms.kms.key_facts(key, scope).await?)
    }

    /// A key of the account's own that a call names, for whoever decides about the caller's right to it. `None` for the service key,
    /// and where no key is there to have a right on.
    ///
    /// Errors: failures of the catalog.
    pub async fn own_key(&self, key: &KeyRef, scope: &Scope) -> Result<Option<Arc<KeyFacts>>> {
        match self.key_facts(key, scope).await {
            Ok(facts) => Ok(Some(facts).filter(|facts| !is_service_key(facts))),
            Err(EcsError::KeyNotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Marks a key as used by ECS, which lets it use it. The service key is marked too, for people.
    ///
    /// Errors: as [`Ecs::usable_key`].
    pub(crate) async fn mark_key(&self, facts: &KeyFacts) -> Result<()> {
        let mark = Tag { key: TAG_KEY.to_owned(), value: TAG_VALUE.to_owned() };
        if facts.tags.contains(&mark) {
            return Ok(());
        }
        let permit = self.key_permit(facts, &[TAG_RESOURCE]).await?;
        let key = KeyRef::Arn(facts.key.id, facts.key.scope.clone());
        Ok(self.rooms.kms.tag_keys(&[key], &[mark], &permit, &facts.key.scope).await?)
    }

    /// The key itself, with ECS's mark. The service key is made at its first need.
    ///
    /// Errors: as [`Ecs::usable_key`].
    pub(crate) async fn marked_key(&self, key: &NewKey, scope: &Scope) -> Result<Option<Arc<KeyFacts>>> {
        let facts = match key {
            NewKey::None => return Ok(None),
            NewKey::Named(facts) => facts.clone(),
            NewKey::Service => {
                let id = self.rooms.kms.service_key(scope).await?;
                self.usable_key(&KeyRef::Id(id), scope).await?
            }
        };
        self.mark_key(&facts).await?;
        Ok(Some(facts))
    }

    /// A permit to make data keys under a key, and open them.
    ///
    /// Errors: `KeyNotFound`, `RoleMissing`, `KeyUseDenied`.
    pub(crate) async fn permit_to_use(&self, key: KeyId, scope: &Scope) -> Result<(Permit, Arc<KeyFacts>)> {
        let facts = self.key_facts(&KeyRef::Id(key), scope).await?;
        let permit = self.key_permit(&facts, &[GENERATE_DATA_KEY, DECRYPT]).await?;
        Ok((permit, facts))
    }

    async fn key_permit(&self, facts: &KeyFacts, actions: &[Action]) -> Result<Permit> {
        if is_service_key(facts) {
            let asks = asks(facts, actions)?;
            return Ok(Permit::of_service_on_its_own(account(&facts.key.scope)?, ecs_name(), asks, self.now()));
        }
        self.role_permit(facts, actions, false).await
    }

    /// `marked`: judge as if the key had the tag already.
    async fn role_permit(&self, facts: &KeyFacts, actions: &[Action], marked: bool) -> Result<Permit> {
        let key = facts.key.id.to_string();
        let tags = facts.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
        let mark = marked.then_some((TAG_KEY, TAG_VALUE));
        let tags = tags.chain(mark).map(|(key, value)| (format!("kms:tag/{key}"), value.to_owned()));
        let (account, asks) = (account(&facts.key.scope)?, asks(facts, actions)?);
        let (role, policy) = (&DISK_ENCRYPT_ROLE, Some(&facts.policy));
        let permit = self.rooms.ram.act_for_account(&ecs_name(), role, account, &asks, policy, tags).await;
        permit.map_err(|error| match error {
            RamError::RoleNotFound(_) => EcsError::RoleMissing { key },
            RamError::Denied(denial) => EcsError::KeyUseDenied { key, denial: denial.to_string() },
            error => EcsError::Ram(error),
        })
    }
}

/// Whether a key is the region's service key.
pub(crate) fn is_service_key(facts: &KeyFacts) -> bool {
    !facts.key.service.is_empty()
}

/// The account as `ram` names it.
///
/// Errors: `Damaged`; records are only made for accounts that `ram` made.
pub(crate) fn account(scope: &Scope) -> Result<AccountId> {
    scope.account.as_str().parse().map_err(|_| EcsError::Damaged(format!("account {}", scope.account)))
}

fn ecs_name() -> ServiceName {
    "ecs.aliyuncs.com".parse().expect("it is the name of a service")
}

fn asks(facts: &KeyFacts, actions: &[Action]) -> Result<Vec<Ask>> {
    let arn = key_arn(&facts.key);
    let resource: ram::Arn = arn.parse().map_err(|_| EcsError::Damaged(arn))?;
    Ok(actions.iter().map(|action| Ask { action: *action, resource: resource.clone() }).collect())
}
