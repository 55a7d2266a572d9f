//! `ModifyImageAttribute`. Source: ecs-images.md 5.

use catalog::{ImageRecord, Scope, Write};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::names::{check_description, check_family, check_name};

const MODIFY_IMAGE_ATTRIBUTE: Action = Action::new("ecs:ModifyImageAttribute");

/// What is to be changed of an image; `None` keeps what is there.
#[derive(Debug, Clone, Default)]
pub struct ModifyImage {
    /// The image.
    pub image_id: String,
    /// New name.
    pub name: Option<String>,
    /// New text for people.
    pub description: Option<String>,
    /// New family.
    pub family: Option<String>,
    /// `true`: it becomes Deprecated; `false`: Available again.
    pub deprecated: Option<bool>,
    /// `BIOS`, `UEFI` or `UEFI-Preferred`.
    pub boot_mode: Option<String>,
    /// `BYOL`.
    pub license_type: Option<String>,
    /// `supported` or `unsupported`.
    pub nvme_support: Option<String>,
    /// `v1` or `v2`.
    pub imds_support: Option<String>,
}

impl Ecs {
    /// Changes what is known of an image.
    ///
    /// Asks for `ecs:ModifyImageAttribute` on it. Errors: `MalformedName`, `MalformedDescription`, `ImageNotFound`, `ImageCreating`,
    /// `NameTaken`, `NotAvailable`, `NotDeprecated`, `ImageShared` for one that is shared and would become Deprecated.
    pub async fn modify_image(&self, request: &ModifyImage, permit: &Permit, scope: &Scope) -> Result<()> {
        permit_modify(request, permit, scope)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let image = self.modified(&mut write, request, scope).await?;
            write.image_update(&image).await?;
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Runs every check and changes nothing.
    ///
    /// Errors: as [`Ecs::modify_image`].
    pub async fn check_modify_image(&self, request: &ModifyImage, permit: &Permit, scope: &Scope) -> Result<()> {
        permit_modify(request, permit, scope)?;
        let mut write = self.catalog.write().await?;
        let done = self.modified(&mut write, request, scope).await.map(drop);
        write.finish(done).await
    }

    /// The image as it is to be.
    async fn modified(&self, write: &mut Write, request: &ModifyImage, scope: &Scope) -> Result<ImageRecord> {
        let mut read = write.read();
        let found = read.image_by_id(&request.image_id).await?.filter(|image| image.scope == *scope);
        let not_found = || EcsError::ImageNotFound { id: request.image_id.clone(), region: scope.region.clone() };
        let mut image = found.ok_or_else(not_found)?;
        if matches!(image.status.as_str(), "Creating" | "Waiting") {
            return Err(EcsError::ImageCreating { id: image.id });
        }
        if let Some(name) = &request.name {
            if read.image_by_name(name, scope).await?.is_some_and(|other| other.id != image.id) {
                return Err(EcsError::NameTaken { name: name.clone(), region: scope.region.clone() });
            }
            image.name.clone_from(name);
        }
        if let Some(deprecated) = request.deprecated {
            if deprecated && read.image_shares_count(&image.id).await? > 0 {
                return Err(EcsError::ImageShared { id: image.id });
            }
            image.status = new_status(&image, deprecated)?.to_owned();
        }
        image.description = request.description.clone().unwrap_or(image.description);
        image.family = request.family.clone().unwrap_or(image.family);
        image.boot_mode = request.boot_mode.clone().unwrap_or(image.boot_mode);
        image.license_type = request.license_type.clone().unwrap_or(image.license_type);
        image.nvme_support = request.nvme_support.clone().unwrap_or(image.nvme_support);
        image.imds_support = request.imds_support.clone().unwrap_or(image.imds_support);
        Ok(image)
    }
}

fn permit_modify(request: &ModifyImage, permit: &Permit, scope: &Scope) -> Result<()> {
    require(permit, MODIFY_IMAGE_ATTRIBUTE, scope, &format!("image/{}", request.image_id))?;
    check_name(request.name.as_deref().unwrap_or_default())?;
    check_family(request.family.as_deref().unwrap_or_default())?;
    check_description(request.description.as_deref().unwrap_or_default())
}

/// Deprecated and Available turn into each other, and nothing else into them. What an image is already, it may be told to be.
fn new_status(image: &ImageRecord, deprecated: bool) -> Result<&'static str> {
    match (image.status.as_str(), deprecated) {
        ("Available" | "Deprecated", true) => Ok("Deprecated"),
        ("Available" | "Deprecated", false) => Ok("Available"),
        (_, true) => Err(EcsError::NotAvailable { id: image.id.clone(), status: image.status.clone() }),
        (_, false) => Err(EcsError::NotDeprecated { id: image.id.clone(), status: image.status.clone() }),
    }
}
