//! Which user is in which group.

use catalog::{AfterName, GroupRecord, Listed, UserRecord};

use super::change::require;
use super::error::{RamError, Result};
use super::groups::find_group;
use super::ram::Ram;
use super::users::find_user;
use crate::evaluation::Permit;
use crate::identity::{Arn, GroupName, UserName};
use crate::policy::Action;

const ADD_USER_TO_GROUP: Action = Action::new("ram:AddUserToGroup");
const REMOVE_USER_FROM_GROUP: Action = Action::new("ram:RemoveUserFromGroup");
const LIST_USERS_FOR_GROUP: Action = Action::new("ram:ListUsersForGroup");
const LIST_GROUPS_FOR_USER: Action = Action::new("ram:ListGroupsForUser");

impl Ram {
    /// Puts a user into a group. Asks for `user/<name>` and `group/<name>`.
    ///
    /// Errors: `UserNotFound`, `GroupNotFound`, `AlreadyInGroup`.
    pub async fn add_user_to_group(&self, permit: &Permit, user: &UserName, group: &GroupName) -> Result<()> {
        require(permit, ADD_USER_TO_GROUP, &Arn::of_user(permit.account(), user))?;
        require(permit, ADD_USER_TO_GROUP, &Arn::of_group(permit.account(), group))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let user_id = find_user(&mut change.write.read(), user, permit.account()).await?.id;
            let group_id = find_group(&mut change.write.read(), group, permit.account()).await?.id;
            if change.write.group_member_insert(&user_id, &group_id, self.clock.now()).await? {
                return Ok(());
            }
            Err(RamError::AlreadyInGroup { user: user.clone(), group: group.clone() })
        }
        .await;
        change.finish(outcome).await
    }

    /// Takes a user out of a group. Asks for `user/<name>` and `group/<name>`.
    ///
    /// Errors: `UserNotFound`, `GroupNotFound`, `NotInGroup`.
    pub async fn remove_user_from_group(&self, permit: &Permit, user: &UserName, group: &GroupName) -> Result<()> {
        require(permit, REMOVE_USER_FROM_GROUP, &Arn::of_user(permit.account(), user))?;
        require(permit, REMOVE_USER_FROM_GROUP, &Arn::of_group(permit.account(), group))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let user_id = find_user(&mut change.write.read(), user, permit.account()).await?.id;
            let group_id = find_group(&mut change.write.read(), group, permit.account()).await?.id;
            if change.write.group_member_delete(&user_id, &group_id).await? {
                return Ok(());
            }
            Err(RamError::NotInGroup { user: user.clone(), group: group.clone() })
        }
        .await;
        change.finish(outcome).await
    }

    /// Users of a group by name. Asks for `group/<name>`.
    ///
    /// Errors: `GroupNotFound`.
    pub async fn list_users_for_group(
        &self,
        permit: &Permit,
        group: &GroupName,
        after: &AfterName,
    ) -> Result<Listed<UserRecord>> {
        require(permit, LIST_USERS_FOR_GROUP, &Arn::of_group(permit.account(), group))?;
        let mut read = self.catalog.read();
        let group = find_group(&mut read, group, permit.account()).await?;
        Ok(read.users_of_group(&group.id, after).await?)
    }

    /// Groups of a user by name; at most 50, as an account has no more. Asks for `user/<name>`.
    ///
    /// Errors: `UserNotFound`.
    pub async fn list_groups_for_user(&self, permit: &Permit, user: &UserName) -> Result<Vec<GroupRecord>> {
        require(permit, LIST_GROUPS_FOR_USER, &Arn::of_user(permit.account(), user))?;
        let mut read = self.catalog.read();
        let user = find_user(&mut read, user, permit.account()).await?;
        Ok(read.groups_of_user(&user.id, &AfterName::start()).await?.items)
    }
}
