//! RAM users. Source: ram.md 2.

use catalog::{AfterName, AttachmentTarget, Listed, Read, TargetKind, UserRecord, Write};

use super::change::{owner, require};
use super::error::{Conflict, Exceeded, RamError, Result};
use super::limits;
use super::ram::Ram;
use super::text::TextField;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, EntityId, ResourceKind, UserName};
use crate::policy::Action;

const CREATE_USER: Action = Action::new("ram:CreateUser");
const GET_USER: Action = Action::new("ram:GetUser");
const LIST_USERS: Action = Action::new("ram:ListUsers");
const UPDATE_USER: Action = Action::new("ram:UpdateUser");
const DELETE_USER: Action = Action::new("ram:DeleteUser");

/// What a new user is like.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its name.
    pub name: UserName,
    /// At most 128 characters, like the other texts.
    pub display_name: String,
    /// Text for people.
    pub comments: String,
    /// Mail address.
    pub email: String,
    /// Telephone number.
    pub mobile_phone: String,
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The new name. Access keys, groups and policies stay with the user; policies that name it do not follow.
    pub name: Option<UserName>,
    /// At most 128 characters, like the other texts.
    pub display_name: Option<String>,
    /// Text for people.
    pub comments: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub mobile_phone: Option<String>,
}

impl Ram {
    /// Makes a user. It may do nothing yet. Asks for `user/*`.
    ///
    /// Errors: `TextTooLong`, `UserExists`, `LimitExceeded` above 1,000 users.
    pub async fn create_user(&self, permit: &Permit, new: &NewUser) -> Result<UserRecord> {
        require(permit, CREATE_USER, &Arn::of_any(permit.account(), ResourceKind::User))?;
        check_texts([Some(&new.display_name), Some(&new.comments), Some(&new.email), Some(&new.mobile_phone)])?;
        let mut change = self.begin().await?;
        let outcome = self.insert_user(&mut change.write, new, permit.account()).await;
        change.finish(outcome).await
    }

    /// One user. Asks for `user/<name>`.
    ///
    /// Errors: `UserNotFound`.
    pub async fn user(&self, permit: &Permit, name: &UserName) -> Result<UserRecord> {
        require(permit, GET_USER, &Arn::of_user(permit.account(), name))?;
        find_user(&mut self.catalog.read(), name, permit.account()).await
    }

    /// Users by name. Asks for `user/*`.
    pub async fn list_users(&self, permit: &Permit, after: &AfterName) -> Result<Listed<UserRecord>> {
        require(permit, LIST_USERS, &Arn::of_any(permit.account(), ResourceKind::User))?;
        Ok(self.catalog.read().users_list(&owner(permit.account()), after).await?)
    }

    /// Changes a user. Asks for `user/<name>`.
    ///
    /// Errors: `UserNotFound`, `UserExists` for a new name that is taken, `TextTooLong`.
    pub async fn update_user(&self, permit: &Permit, name: &UserName, to: UserChange) -> Result<UserRecord> {
        require(permit, UPDATE_USER, &Arn::of_user(permit.account(), name))?;
        check_texts([&to.display_name, &to.comments, &to.email, &to.mobile_phone].map(Option::as_ref))?;
        let mut change = self.begin().await?;
        let outcome = self.change_user(&mut change.write, name, to, permit.account()).await;
        change.finish(outcome).await
    }

    /// Deletes a user that has nothing. Asks for `user/<name>`.
    ///
    /// Errors: `UserNotFound`, `DeleteConflict` while it has access keys, a password or policies or is in a group.
    pub async fn delete_user(&self, permit: &Permit, name: &UserName) -> Result<()> {
        require(permit, DELETE_USER, &Arn::of_user(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = remove_user(&mut change.write, name, permit.account()).await;
        change.finish(outcome).await
    }

    async fn insert_user(&self, write: &mut Write, new: &NewUser, account: AccountId) -> Result<UserRecord> {
        let account = owner(account);
        if write.read().user_by_name(new.name.as_str(), &account).await?.is_some() {
            return Err(RamError::UserExists(new.name.clone()));
        }
        if write.read().users_count(&account).await? >= limits::USERS {
            return Err(RamError::LimitExceeded { what: Exceeded::Users, max: limits::USERS });
        }
        let now = self.clock.now();
        let NewUser { name, display_name, comments, email, mobile_phone } = new.clone();
        let user = UserRecord {
            id: EntityId::generate(&*self.random).to_string(),
            account,
            name: name.to_string(),
            display_name,
            comments,
            email,
            mobile_phone,
            created_at: now,
            updated_at: now,
            last_login_at: None,
        };
        // The name is free, so what could be taken is an id of 18 random digits.
        if write.user_insert(&user).await? { Ok(user) } else { Err(RamError::UserExists(new.name.clone())) }
    }

    async fn change_user(
        &self,
        write: &mut Write,
        name: &UserName,
        to: UserChange,
        account: AccountId,
    ) -> Result<UserRecord> {
        let user = find_user(&mut write.read(), name, account).await?;
        if let Some(new_name) = to.name.as_ref().filter(|new_name| *new_name != name)
            && write.read().user_by_name(new_name.as_str(), &user.account).await?.is_some()
        {
            return Err(RamError::UserExists(new_name.clone()));
        }
        let user = UserRecord {
            name: to.name.map_or(user.name, |name| name.to_string()),
            display_name: to.display_name.unwrap_or(user.display_name),
            comments: to.comments.unwrap_or(user.comments),
            email: to.email.unwrap_or(user.email),
            mobile_phone: to.mobile_phone.unwrap_or(user.mobile_phone),
            updated_at: self.clock.now(),
            ..user
        };
        write.user_update(&user).await?;
        Ok(user)
    }
}

async fn remove_user(write: &mut Write, name: &UserName, account: AccountId) -> Result<()> {
    let user = find_user(&mut write.read(), name, account).await?;
    let conflict = |conflict| Err(RamError::DeleteConflict { name: name.to_string(), conflict });
    if !write.read().access_keys_of_owner(Some(&user.id), &user.account).await?.is_empty() {
        return conflict(Conflict::UserAccessKey);
    }
    if write.read().login_profile_of_owner(Some(&user.id), &user.account).await?.is_some() {
        return conflict(Conflict::UserLoginProfile);
    }
    if !write.read().groups_of_user(&user.id, &AfterName::start()).await?.items.is_empty() {
        return conflict(Conflict::UserGroup);
    }
    let target = AttachmentTarget { account: user.account, kind: TargetKind::User, id: user.id };
    if !write.read().attachments_of_target(&target).await?.is_empty() {
        return conflict(Conflict::UserPolicy);
    }
    write.user_delete(&target.id).await?;
    Ok(())
}

/// The user of this name.
pub(super) async fn find_user(read: &mut Read<'_>, name: &UserName, account: AccountId) -> Result<UserRecord> {
    let found = read.user_by_name(name.as_str(), &owner(account)).await?;
    found.ok_or_else(|| RamError::UserNotFound(name.clone()))
}

/// The texts of a user, in the order of its fields.
fn check_texts(texts: [Option<&String>; 4]) -> Result<()> {
    let fields = [TextField::DisplayName, TextField::Comments, TextField::Email, TextField::MobilePhone];
    let given = fields.into_iter().zip(texts).filter_map(|(field, text)| Some((field, text?)));
    given.into_iter().try_for_each(|(field, text)| field.check(text))
}
