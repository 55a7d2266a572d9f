//! What is under a key: the images that were sealed with it.

use catalog::{Page, PageRequest, Scope, SealedImage, SealedImageRecord};
use ram::Permit;

use crate::action::Action;
use crate::error::Result;
use crate::key_ref::KeyRef;
use crate::keys::find_for;
use crate::kms::Kms;

impl Kms {
    /// Remembers an image that was just sealed under its key. Durable when this returns. The same image at the same path is
    /// remembered once.
    ///
    /// Refused when the key cannot be used any more: so a key that is disabled during a copy gets no new image, and whoever
    /// disables a key sees every image that is under it.
    ///
    /// Errors: `KeyNotFound`, `KeyInOtherRegion`, `KeyDestroyed`, `KeyNotUsable`.
    pub async fn record_image(&self, image: &SealedImage, permit: &Permit, scope: &Scope) -> Result<()> {
        self.record(Action::RecordImage, image, permit, scope).await
    }

    /// Remembers a further copy of an image that is under the key already. No use of the key is made, so its state does not matter.
    ///
    /// Errors: `KeyNotFound`, `KeyInOtherRegion`, `KeyDestroyed`.
    pub async fn record_kept_image(&self, image: &SealedImage, permit: &Permit, scope: &Scope) -> Result<()> {
        self.record(Action::DescribeKey, image, permit, scope).await
    }

    /// Forgets an image at a path: its file did not come to be.
    pub async fn forget_image(&self, image_id: &str, path: &str) -> Result<()> {
        let mut write = self.catalog.write().await?;
        write.sealed_image_delete(image_id, path).await?;
        Ok(write.commit().await?)
    }

    async fn record(&self, action: Action, image: &SealedImage, permit: &Permit, scope: &Scope) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            find_for(action, &mut write.read(), &KeyRef::Id(image.key_id), permit, scope, self.clock.now()).await?;
            let record = SealedImageRecord { image: image.clone(), sealed_at: self.clock.now() };
            Ok(write.sealed_image_insert(&record).await?)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Images under a key, in the order they were recorded; the path is where the file was then.
    ///
    /// Errors: those of [`Kms::describe_key`].
    pub async fn key_usage(
        &self,
        key: &KeyRef,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<SealedImageRecord>> {
        let key = find_for(Action::DescribeKey, &mut self.catalog.read(), key, permit, scope, self.clock.now()).await?;
        Ok(self.catalog.read().sealed_images_of_key(key.id, page).await?)
    }

    /// Records of the images with this LUKS uuid, newest first, at most 64: for a file that lost its envelope. More than one
    /// when an image was copied with its header, or rewrapped.
    pub async fn images_by_luks_uuid(&self, luks_uuid: &str) -> Result<Vec<SealedImageRecord>> {
        Ok(self.catalog.read().sealed_images_by_luks_uuid(luks_uuid).await?)
    }
}
