//! `ModifyImageSharePermission` and `DescribeImageSharePermission`. Source: ecs-images.md 5.
//!
//! Only plain images are shared: who has no right to a key can do nothing with what is under it.

use catalog::{Account, ImageRecord, ImageShare, Page, PageRequest, Scope, Write};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

const MODIFY_IMAGE_SHARE_PERMISSION: Action = Action::new("ecs:ModifyImageSharePermission");
const DESCRIBE_IMAGE_SHARE_PERMISSION: Action = Action::new("ecs:DescribeImageSharePermission");

/// Most accounts that an image is shared with.
const ACCOUNTS_MAX: u64 = 50;

/// Who is to have an image, and who no longer.
#[derive(Debug, Clone, Default)]
pub struct ShareImage {
    /// The image.
    pub image_id: String,
    /// Accounts that get it.
    pub add: Vec<String>,
    /// Accounts that lose it; those that do not have it are no error.
    pub remove: Vec<String>,
}

impl Ecs {
    /// Shares an image with accounts, and ends shares. All or nothing.
    ///
    /// Asks for `ecs:ModifyImageSharePermission` on it. Errors: `ImageNotFound`, `NotShareable`, `EncryptedShare`, `OwnAccount`,
    /// `AccountNotFound`, `ShareQuota`.
    pub async fn share_image(&self, request: &ShareImage, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, MODIFY_IMAGE_SHARE_PERMISSION, scope, &format!("image/{}", request.image_id))?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let image = self.shareable(&mut write, request, scope).await?;
            for account in &request.remove {
                // What is not the name of an account is shared with nobody.
                if let Ok(account) = account.parse() {
                    write.image_share_delete(&image.id, &account).await?;
                }
            }
            for account in &request.add {
                let account = other_account(&mut write, account, scope).await?;
                let share = ImageShare { image_id: image.id.clone(), account, shared_at: self.now() };
                write.image_share_insert(&share).await?;
            }
            let count = write.read().image_shares_count(&image.id).await?;
            if count > ACCOUNTS_MAX {
                return Err(EcsError::ShareQuota { id: image.id, accounts: count, max: ACCOUNTS_MAX });
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// The accounts that an image is shared with.
    ///
    /// Asks for `ecs:DescribeImageSharePermission` on it. Errors: `ImageNotFound`.
    pub async fn image_shares(
        &self,
        image_id: &str,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<ImageShare>> {
        require(permit, DESCRIBE_IMAGE_SHARE_PERMISSION, scope, &format!("image/{image_id}"))?;
        let image = self.image(image_id, scope).await?;
        Ok(self.catalog.read().image_shares_page(&image.id, page).await?)
    }

    /// Who only ends shares may do so whatever the image is.
    async fn shareable(&self, write: &mut Write, request: &ShareImage, scope: &Scope) -> Result<ImageRecord> {
        let mut read = write.read();
        let found = read.image_by_id(&request.image_id).await?.filter(|image| image.scope == *scope);
        let not_found = || EcsError::ImageNotFound { id: request.image_id.clone(), region: scope.region.clone() };
        let image = found.ok_or_else(not_found)?;
        if request.add.is_empty() {
            return Ok(image);
        }
        if image.status != "Available" {
            return Err(EcsError::NotShareable { id: image.id, status: image.status });
        }
        let disks = read.image_disks(&image.id).await?;
        if disks.iter().any(|disk| disk.snapshot.content.key_id.is_some()) {
            return Err(EcsError::EncryptedShare { id: image.id });
        }
        Ok(image)
    }
}

/// An account that exists and is not the owner.
async fn other_account(write: &mut Write, text: &str, scope: &Scope) -> Result<Account> {
    let not_found = || EcsError::AccountNotFound(text.escape_default().to_string());
    let account: Account = text.parse().map_err(|_| not_found())?;
    if account == scope.account {
        return Err(EcsError::OwnAccount(account.to_string()));
    }
    let found = write.read().account_by_id(&account).await?;
    found.map(|found| found.id).ok_or_else(not_found)
}
