//! Lists of who has which policy.

use catalog::{Attachment, Read, TargetKind};

use super::attachments::{AttachedPolicyInfo, Entities, Entity, Target};
use super::change::{damaged, owner, require};
use super::error::Result;
use super::policies::{PolicyRef, find_policy};
use super::policy_versions::VersionId;
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::AccountId;
use crate::policy::Action;

const LIST_ENTITIES_FOR_POLICY: Action = Action::new("ram:ListEntitiesForPolicy");

impl Ram {
    /// What is attached to a user, group or role itself, by type and name. Asks for it.
    ///
    /// Errors: `UserNotFound`, `GroupNotFound`, `RoleNotFound`.
    pub async fn list_policies_for(&self, permit: &Permit, target: &Target) -> Result<Vec<AttachedPolicyInfo>> {
        require(permit, target.list_action(), &target.arn(permit.account()))?;
        let mut read = self.catalog.read();
        let found = target.find(&mut read, permit.account()).await?;
        let mut policies = Vec::new();
        for attachment in read.attachments_of_target(&found).await? {
            policies.extend(attached_policy(&mut read, &attachment, permit.account()).await?);
        }
        Ok(policies)
    }

    /// All of the account who have a policy. Asks for `policy/<name>`.
    ///
    /// Errors: `PolicyNotFound`.
    pub async fn list_entities_for_policy(&self, permit: &Permit, policy: &PolicyRef) -> Result<Entities> {
        require(permit, LIST_ENTITIES_FOR_POLICY, &policy.arn(permit.account()))?;
        let mut read = self.catalog.read();
        if let PolicyRef::Custom(name) = policy {
            find_policy(&mut read, name, permit.account()).await?;
        }
        let mut entities = Entities::default();
        for attachment in read.attachments_of_policy(&policy.stored(), &owner(permit.account())).await? {
            add_entity(&mut read, &mut entities, &attachment).await?;
        }
        Ok(entities)
    }
}

/// `None` for a system policy that this version of the program does not have: it counts for nothing.
async fn attached_policy(
    read: &mut Read<'_>,
    attachment: &Attachment,
    account: AccountId,
) -> Result<Option<AttachedPolicyInfo>> {
    let attached_at = attachment.attached_at;
    let Some(policy) = PolicyRef::of_stored(&attachment.policy)? else { return Ok(None) };
    let (description, default_version) = match &policy {
        PolicyRef::System(system) => (system.description.to_owned(), VersionId::FIRST),
        PolicyRef::Custom(name) => {
            let record = find_policy(read, name, account).await?;
            (record.description, VersionId::of_number(record.default_version))
        }
    };
    Ok(Some(AttachedPolicyInfo { policy, description, default_version, attached_at }))
}

async fn add_entity(read: &mut Read<'_>, entities: &mut Entities, attachment: &Attachment) -> Result<()> {
    let Attachment { target, attached_at, .. } = attachment;
    let attached_at = *attached_at;
    // Nothing with a policy can be deleted.
    let missing = || damaged("target_id", &target.id);
    match target.kind {
        TargetKind::User => {
            let record = read.user_by_id(&target.id).await?.ok_or_else(missing)?;
            entities.users.push(Entity { record, attached_at });
        }
        TargetKind::Group => {
            let record = read.group_by_id(&target.id).await?.ok_or_else(missing)?;
            entities.groups.push(Entity { record, attached_at });
        }
        TargetKind::Role => {
            let record = read.role_by_id(&target.id).await?.ok_or_else(missing)?;
            entities.roles.push(Entity { record, attached_at });
        }
    }
    Ok(())
}
