//! Accounts: the first one is made by itself and is born able to work.

use catalog::{
    AccountRecord, AfterName, Attachment, AttachmentTarget, PolicyType, Read, Region, RoleRecord, TargetKind, Write,
};

use super::access_keys::KeyOwner;
use super::change::{account_id, owner, require};
use super::error::{RamError, Result};
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::{AccountId, AccountName, Arn, EntityId};
use crate::keys::AccessKey;
use crate::policy::Action;
use crate::system::{DISK_ENCRYPT_ROLE, ServiceRole};

/// `OpenKmsService` and `DescribeAccountKmsStatus` are calls of KMS; that an account did it stands with the account.
const OPEN_KMS_SERVICE: Action = Action::new("kms:OpenKmsService");

/// Longest session of a service role, in seconds: the default of CreateRole.
const SERVICE_SESSION_S_MAX: u32 = 3600;

impl Ram {
    /// The account of this installation: the first one, made now when there is none, with KMS opened and the role
    /// `AliyunECSDiskEncryptDefaultRole`. Takes no permit, as there is nobody yet who could have one, and gives nobody any right.
    pub async fn ensure_account(&self) -> Result<AccountId> {
        if let Some(account) = first_account(&mut self.catalog.read()).await? {
            return Ok(account);
        }
        let mut change = self.begin().await?;
        let outcome = self.insert_first_account(&mut change.write).await;
        change.finish(outcome).await
    }

    /// Makes an account with an access key of its own. Nothing else is in it: its owner opens KMS and makes the roles of services. Takes no
    /// permit: the operator of the host makes accounts, and no call of the API leads here.
    ///
    /// Errors: `AccountExists`.
    pub async fn create_account(&self, name: &AccountName) -> Result<(AccountId, AccessKey)> {
        let (account, key) = (AccountId::generate(&*self.random), AccessKey::for_user(&*self.random));
        let mut change = self.begin().await?;
        let outcome = async {
            let write = &mut change.write;
            let created_at = self.clock.now();
            let record = AccountRecord { id: owner(account), name: name.to_string(), created_at, kms_opened_at: None };
            if !write.account_insert(&record).await? {
                return Err(RamError::AccountExists(account));
            }
            self.insert_access_key(write, &key, &KeyOwner::Root, account).await?;
            Ok(account)
        }
        .await;
        Ok((change.finish(outcome).await?, key))
    }

    /// All accounts, by id, for the operator of the host.
    pub async fn list_accounts(&self) -> Result<Vec<AccountRecord>> {
        let mut accounts = Vec::new();
        let mut after = AfterName::start();
        loop {
            let found = self.catalog.read().accounts_list(&after).await?;
            accounts.extend(found.items);
            match found.marker {
                Some(marker) => after = AfterName::behind(marker),
                None => return Ok(accounts),
            }
        }
    }

    /// Whether an account has opened KMS. Takes no permit: every caller of the account may know, and KMS tells it before it judges.
    pub async fn kms_is_opened(&self, account: AccountId) -> Result<bool> {
        let (name, now) = (account.to_string(), self.clock.now());
        if self.known_kms_accounts.value(&name, now).is_some() {
            return Ok(true);
        }
        let epoch = self.known_kms_accounts.epoch();
        let found = self.catalog.read().account_by_id(&owner(account)).await?;
        let is_opened = found.is_some_and(|account| account.kms_opened_at.is_some());
        if is_opened {
            self.known_kms_accounts.remember(&name, (), 1, epoch, now);
        }
        Ok(is_opened)
    }

    /// Opens KMS for the caller's account, in all regions. `false` when it was open already. Asks for `kms:OpenKmsService` on
    /// `acs:kms:<region>:<account>:*`, the region being that of the call.
    pub async fn open_kms(&self, permit: &Permit, region: &Region) -> Result<bool> {
        require(permit, OPEN_KMS_SERVICE, &Arn::of_kms(permit.account(), region))?;
        let mut change = self.begin().await?;
        let outcome = async {
            let found = change.write.read().account_by_id(&owner(permit.account())).await?;
            let Some(account) = found.filter(|account| account.kms_opened_at.is_none()) else { return Ok(false) };
            let account = AccountRecord { kms_opened_at: Some(self.clock.now()), ..account };
            Ok(change.write.account_update(&account).await?)
        }
        .await;
        change.finish(outcome).await
    }

    async fn insert_first_account(&self, write: &mut Write) -> Result<AccountId> {
        // Another process may have been first.
        if let Some(account) = first_account(&mut write.read()).await? {
            return Ok(account);
        }
        let now = self.clock.now();
        // The file commands knew it before there was a server: their keys are its keys.
        let account = account_id(&catalog::Account::default())?;
        let record =
            AccountRecord { id: owner(account), name: account.to_string(), created_at: now, kms_opened_at: Some(now) };
        write.account_insert(&record).await?;
        self.insert_service_role(write, &DISK_ENCRYPT_ROLE, account).await?;
        Ok(account)
    }

    async fn insert_service_role(&self, write: &mut Write, role: &ServiceRole, account: AccountId) -> Result<()> {
        let now = self.clock.now();
        let record = RoleRecord {
            id: EntityId::generate(&*self.random).to_string(),
            account: owner(account),
            name: role.name.to_owned(),
            description: role.description.to_owned(),
            trust_document: role.trust.to_owned(),
            session_s_max: SERVICE_SESSION_S_MAX,
            created_at: now,
            updated_at: now,
        };
        write.role_insert(&record).await?;
        let policy = catalog::PolicyName { policy_type: PolicyType::System, name: role.policy.to_owned() };
        let target = AttachmentTarget { account: record.account, kind: TargetKind::Role, id: record.id };
        write.attachment_insert(&Attachment { target, policy, attached_at: now }).await?;
        Ok(())
    }
}

/// The oldest account.
async fn first_account(read: &mut Read<'_>) -> Result<Option<AccountId>> {
    let accounts = read.accounts_list(&AfterName::start()).await?.items;
    let oldest = accounts.iter().min_by_key(|account| account.created_at);
    oldest.map(|account| account_id(&account.id)).transpose()
}
