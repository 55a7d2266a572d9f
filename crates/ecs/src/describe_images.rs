//! `DescribeImages`, `DescribeImageFromFamily`. Source: ecs-images.md 4.

use catalog::{ImageDiskRecord, ImageFilter, ImageRecord, Page, PageRequest, Read, Scope, Tag};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::tags::ResourceKind;

const DESCRIBE_IMAGES: Action = Action::new("ecs:DescribeImages");
const DESCRIBE_IMAGE_FROM_FAMILY: Action = Action::new("ecs:DescribeImageFromFamily");

/// An image with what belongs to it.
#[derive(Debug, Clone)]
pub struct DescribedImage {
    /// The image.
    pub image: ImageRecord,
    /// Its disks, the system disk first.
    pub disks: Vec<ImageDiskRecord>,
    /// The caller's tags on it, by name.
    pub tags: Vec<Tag>,
    /// Whether it is the caller's own.
    pub is_own: bool,
    /// Whether a disk of an instance of the caller is made of it.
    pub is_used: bool,
    /// Whether its owner shares it with others.
    pub is_shared: bool,
}

impl DescribedImage {
    /// Whether one of its disks opens with a key only.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.disks.iter().any(|disk| disk.snapshot.content.key_id.is_some())
    }
}

impl Ecs {
    /// Images of an account in a region and those that others share with it there, as the filter says, newest first.
    ///
    /// Asks for `ecs:DescribeImages` on `image/*`. Errors: `RegionNotFound`.
    pub async fn describe_images(
        &self,
        filter: &ImageFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedImage>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_IMAGES, scope, "image/*")?;
        let mut read = self.catalog.read();
        let found = read.images_page(filter, scope, page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for image in found.items {
            items.push(described(&mut read, image, scope).await?);
        }
        Ok(Page { items, total_count: found.total_count })
    }

    /// The newest Available image of a family.
    ///
    /// Asks for `ecs:DescribeImageFromFamily` on everything. Errors: `RegionNotFound`.
    pub async fn image_from_family(
        &self,
        family: &str,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Option<DescribedImage>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_IMAGE_FROM_FAMILY, scope, "*")?;
        let filter =
            ImageFilter { statuses: "Available".to_owned(), family: family.to_owned(), ..ImageFilter::default() };
        let mut read = self.catalog.read();
        let found = read.images_page(&filter, scope, PageRequest::first()).await?.items.into_iter().next();
        match found {
            Some(image) => Ok(Some(described(&mut read, image, scope).await?)),
            None => Ok(None),
        }
    }
}

/// The image with its disks and the caller's tags on it.
async fn described(read: &mut Read<'_>, image: ImageRecord, scope: &Scope) -> Result<DescribedImage> {
    let disks = read.image_disks(&image.id).await?;
    let tags = read.tags_of_resource(&ResourceKind::Image.tagged(&image.id, scope)).await?;
    let is_own = image.scope == *scope;
    let is_shared = read.image_shares_count(&image.id).await? > 0;
    let is_used = read.image_is_used_by(&image.id, &scope.account).await?;
    Ok(DescribedImage { image, disks, tags, is_own, is_shared, is_used })
}
