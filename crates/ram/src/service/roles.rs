//! Roles: identities that others assume for a while. Source: ram.md 2.

use catalog::{AfterName, AttachmentTarget, Listed, Read, RoleRecord, TargetKind, Write};

use super::change::{owner, require};
use super::error::{Conflict, Exceeded, RamError, Result};
use super::limits;
use super::ram::Ram;
use super::text::TextField;
use crate::evaluation::Permit;
use crate::identity::{AccountId, Arn, EntityId, ResourceKind, RoleName};
use crate::policy::{Action, TrustPolicy};

const CREATE_ROLE: Action = Action::new("ram:CreateRole");
const GET_ROLE: Action = Action::new("ram:GetRole");
const LIST_ROLES: Action = Action::new("ram:ListRoles");
const UPDATE_ROLE: Action = Action::new("ram:UpdateRole");
const DELETE_ROLE: Action = Action::new("ram:DeleteRole");

/// `MaxSessionDuration`, in seconds. Source: ram.md 2, CreateRole.
const SESSION_S_MAX: std::ops::RangeInclusive<u32> = 3600..=43_200;

/// What a new role is like.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// Its name.
    pub name: RoleName,
    /// At most 1,024 characters.
    pub description: String,
    /// A [`TrustPolicy`] as text; kept as it was written.
    pub trust_document: String,
    /// Longest session, in seconds: 3,600 to 43,200.
    pub session_s_max: u32,
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RoleChange {
    /// At most 1,024 characters.
    pub description: Option<String>,
    /// A [`TrustPolicy`] as text. Sessions that run go on.
    pub trust_document: Option<String>,
    /// Longest session, in seconds: 3,600 to 43,200.
    pub session_s_max: Option<u32>,
}

impl Ram {
    /// Makes a role. Its sessions may do nothing yet. Asks for `role/*`.
    ///
    /// Errors: `TextTooLong`, `MalformedPolicy`, `InvalidSessionMax`, `RoleExists`, `LimitExceeded` above 1,000 roles.
    pub async fn create_role(&self, permit: &Permit, new: &NewRole) -> Result<RoleRecord> {
        require(permit, CREATE_ROLE, &Arn::of_any(permit.account(), ResourceKind::Role))?;
        check(Some(&new.description), Some(&new.trust_document), Some(new.session_s_max))?;
        let mut change = self.begin().await?;
        let outcome = self.insert_role(&mut change.write, new, permit.account()).await;
        change.finish(outcome).await
    }

    /// One role. Asks for `role/<name>`.
    ///
    /// Errors: `RoleNotFound`.
    pub async fn role(&self, permit: &Permit, name: &RoleName) -> Result<RoleRecord> {
        require(permit, GET_ROLE, &Arn::of_role(permit.account(), name))?;
        find_role(&mut self.catalog.read(), name, permit.account()).await
    }

    /// Roles by name. Asks for `role/*`.
    pub async fn list_roles(&self, permit: &Permit, after: &AfterName) -> Result<Listed<RoleRecord>> {
        require(permit, LIST_ROLES, &Arn::of_any(permit.account(), ResourceKind::Role))?;
        Ok(self.catalog.read().roles_list(&owner(permit.account()), after).await?)
    }

    /// Changes a role. Asks for `role/<name>`.
    ///
    /// Errors: `RoleNotFound`, `TextTooLong`, `MalformedPolicy`, `InvalidSessionMax`.
    pub async fn update_role(&self, permit: &Permit, name: &RoleName, to: RoleChange) -> Result<RoleRecord> {
        require(permit, UPDATE_ROLE, &Arn::of_role(permit.account(), name))?;
        check(to.description.as_deref(), to.trust_document.as_deref(), to.session_s_max)?;
        let mut change = self.begin().await?;
        let outcome = async {
            let role = find_role(&mut change.write.read(), name, permit.account()).await?;
            let role = RoleRecord {
                description: to.description.unwrap_or(role.description),
                trust_document: to.trust_document.unwrap_or(role.trust_document),
                session_s_max: to.session_s_max.unwrap_or(role.session_s_max),
                updated_at: self.clock.now(),
                ..role
            };
            change.write.role_update(&role).await?;
            Ok(role)
        }
        .await;
        change.finish(outcome).await
    }

    /// Deletes a role without policies. Its sessions end with it. Asks for `role/<name>`.
    ///
    /// Errors: `RoleNotFound`, `DeleteConflict`.
    pub async fn delete_role(&self, permit: &Permit, name: &RoleName) -> Result<()> {
        require(permit, DELETE_ROLE, &Arn::of_role(permit.account(), name))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let role = find_role(&mut change.write.read(), name, permit.account()).await?;
            let target = AttachmentTarget { account: role.account, kind: TargetKind::Role, id: role.id };
            if !change.write.read().attachments_of_target(&target).await?.is_empty() {
                let name = name.to_string();
                return Err(RamError::DeleteConflict { name, conflict: Conflict::RolePolicy });
            }
            change.write.role_delete(&target.id).await?;
            Ok(())
        }
        .await;
        change.finish(outcome).await
    }

    async fn insert_role(&self, write: &mut Write, new: &NewRole, account: AccountId) -> Result<RoleRecord> {
        let account = owner(account);
        if write.read().role_by_name(new.name.as_str(), &account).await?.is_some() {
            return Err(RamError::RoleExists(new.name.clone()));
        }
        if write.read().roles_count(&account).await? >= limits::ROLES {
            return Err(RamError::LimitExceeded { what: Exceeded::Roles, max: limits::ROLES });
        }
        let now = self.clock.now();
        let NewRole { name, description, trust_document, session_s_max } = new.clone();
        let role = RoleRecord {
            id: EntityId::generate(&*self.random).to_string(),
            account,
            name: name.to_string(),
            description,
            trust_document,
            session_s_max,
            created_at: now,
            updated_at: now,
        };
        // The name is free, so what could be taken is an id of 18 random digits.
        if write.role_insert(&role).await? { Ok(role) } else { Err(RamError::RoleExists(name)) }
    }
}

/// The role of this name.
pub(super) async fn find_role(read: &mut Read<'_>, name: &RoleName, account: AccountId) -> Result<RoleRecord> {
    let found = read.role_by_name(name.as_str(), &owner(account)).await?;
    found.ok_or_else(|| RamError::RoleNotFound(name.clone()))
}

fn check(description: Option<&str>, trust_document: Option<&str>, session_s_max: Option<u32>) -> Result<()> {
    if let Some(text) = description {
        TextField::Description.check(text)?;
    }
    if let Some(text) = trust_document {
        text.parse::<TrustPolicy>()?;
    }
    match session_s_max {
        Some(found) if !SESSION_S_MAX.contains(&found) => {
            let (min, max) = (*SESSION_S_MAX.start(), *SESSION_S_MAX.end());
            Err(RamError::InvalidSessionMax { found, min, max })
        }
        _ => Ok(()),
    }
}
