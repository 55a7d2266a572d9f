//! Groups of users: what is attached to a group, its users may. Source: ram.md 2.

use catalog::{AfterName, AttachmentTarget, GroupRecord, Listed, Read, TargetKind, Write};

use super::change::{owner, require};
use super::error::{Conflict, Exceeded, RamError, Result};
use super::limits;
use super::ram::Ram;
use super::text::TextField;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, EntityId, GroupName, ResourceKind};
use crate::policy::Action;

const CREATE_GROUP: Action = Action::new("ram:CreateGroup");
const GET_GROUP: Action = Action::new("ram:GetGroup");
const LIST_GROUPS: Action = Action::new("ram:ListGroups");
const UPDATE_GROUP: Action = Action::new("ram:UpdateGroup");
const DELETE_GROUP: Action = Action::new("ram:DeleteGroup");

/// What a new group is like.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its name.
    pub name: GroupName,
    /// At most 128 characters.
    pub comments: String,
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct GroupChange {
    /// The new name. Users and policies stay with the group.
    pub name: Option<GroupName>,
    /// At most 128 characters.
    pub comments: Option<String>,
}

impl Ram {
    /// Makes a group. Asks for `group/*`.
    ///
    /// Errors: `TextTooLong`, `GroupExists`, `LimitExceeded` above 50 groups.
    pub async fn create_group(&self, permit: &Permit, new: &NewGroup) -> Result<GroupRecord> {
        require(permit, CREATE_GROUP, &Arn::of_any(permit.account(), ResourceKind::Group))?;
        TextField::Comments.check(&new.comments)?;
        let mut change = self.begin().await?;
        let outcome = self.insert_group(&mut change.write, new, permit.account()).await;
        change.finish(outcome).await
    }

    /// One group. Asks for `group/<name>`.
    ///
    /// Errors: `GroupNotFound`.
    pub async fn group(&self, permit: &Permit, name: &GroupName) -> Result<GroupRecord> {
        require(permit, GET_GROUP, &Arn::of_group(permit.account(), name))?;
        find_group(&mut self.catalog.read(), name, permit.account()).await
    }

    /// Groups by name. Asks for `group/*`.
    pub async fn list_groups(&self, permit: &Permit, after: &AfterName) -> Result<Listed<GroupRecord>> {
        require(permit, LIST_GROUPS, &Arn::of_any(permit.account(), ResourceKind::Group))?;
        Ok(self.catalog.read().groups_list(&owner(permit.account()), after).await?)
    }

    /// Changes a group. Asks for `group/<name>`.
    ///
    /// Errors: `GroupNotFound`, `GroupExists` for a new name that is taken, `TextTooLong`.
    pub async fn update_group(&self, permit: &Permit, name: &GroupName, to: GroupChange) -> Result<GroupRecord> {
        require(permit, UPDATE_GROUP, &Arn::of_group(permit.account(), name))?;
        to.comments.as_deref().map_or(Ok(()), |text| TextField::Comments.check(text))?;
        let mut change = self.begin().await?;
        let outcome = self.change_group(&mut change.write, name, to, permit.account()).await;
        change.finish(outcome).await
    }

    /// Deletes an empty group without policies. Asks for `group/<name>`.
    ///
    /// Errors: `GroupNotFound`, `DeleteConflict`.
    pub async fn delete_group(&self, permit: &Permit, name: &GroupName) -> Result<()> {
        require(permit, DELETE_GROUP, &Arn::of_group(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = remove_group(&mut change.write, name, permit.account()).await;
        change.finish(outcome).await
    }

    async fn insert_group(&self, write: &mut Write, new: &NewGroup, account: AccountId) -> Result<GroupRecord> {
        let account = owner(account);
        if write.read().group_by_name(new.name.as_str(), &account).await?.is_some() {
            return Err(RamError::GroupExists(new.name.clone()));
        }
        if write.read().groups_count(&account).await? >= limits::GROUPS {
            return Err(RamError::LimitExceeded { what: Exceeded::Groups, max: limits::GROUPS });
        }
        let now = self.clock.now();
        let group = GroupRecord {
            id: EntityId::generate(&*self.random).to_string(),
            account,
            name: new.name.to_string(),
            comments: new.comments.clone(),
            created_at: now,
            updated_at: now,
        };
        // The name is free, so what could be taken is an id of 18 random digits.
        if write.group_insert(&group).await? { Ok(group) } else { Err(RamError::GroupExists(new.name.clone())) }
    }

    async fn change_group(
        &self,
        write: &mut Write,
        name: &GroupName,
        to: GroupChange,
        account: AccountId,
    ) -> Result<GroupRecord> {
        let group = find_group(&mut write.read(), name, account).await?;
        if let Some(new_name) = to.name.as_ref().filter(|new_name| *new_name != name)
            && write.read().group_by_name(new_name.as_str(), &group.account).await?.is_some()
        {
            return Err(RamError::GroupExists(new_name.clone()));
        }
        let group = GroupRecord {
            name: to.name.map_or(group.name, |name| name.to_string()),
            comments: to.comments.unwrap_or(group.comments),
            updated_at: self.clock.now(),
            ..group
        };
        write.group_update(&group).await?;
        Ok(group)
    }
}

async fn remove_group(write: &mut Write, name: &GroupName, account: AccountId) -> Result<()> {
    let group = find_group(&mut write.read(), name, account).await?;
    let conflict = |conflict| Err(RamError::DeleteConflict { name: name.to_string(), conflict });
    if !write.read().users_of_group(&group.id, &AfterName::start()).await?.items.is_empty() {
        return conflict(Conflict::GroupUser);
    }
    let target = AttachmentTarget { account: group.account, kind: TargetKind::Group, id: group.id };
    if !write.read().attachments_of_target(&target).await?.is_empty() {
        return conflict(Conflict::GroupPolicy);
    }
    write.group_delete(&target.id).await?;
    Ok(())
}

/// The group of this name.
pub(super) async fn find_group(read: &mut Read<'_>, name: &GroupName, account: AccountId) -> Result<GroupRecord> {
    let found = read.group_by_name(name.as_str(), &owner(account)).await?;
    found.ok_or_else(|| RamError::GroupNotFound(name.clone()))
}
