//! `DescribeImages`, `DescribeImageFromFamily`. Source: ecs-images.md 4.

use std::collections::BTreeMap;

use catalog::{ImageDiskRecord, ImageFilter, ImageRecord, ImageUse, Page, PageRequest, Read, Scope, Tag};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;
use crate::pages::by_owner;
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
    /// Images of an account in a region and those that others share with it there, as the filter says.
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
        let items = described(&mut read, found.items, scope).await?;
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
        let mut found = read.images_page(&filter, scope, PageRequest::first()).await?.items;
        found.truncate(1);
        Ok(described(&mut read, found, scope).await?.pop())
    }
}

/// Images with their disks and the caller's tags on them, in their order. As many queries for one image as for a page of them.
async fn described(read: &mut Read<'_>, images: Vec<ImageRecord>, scope: &Scope) -> Result<Vec<DescribedImage>> {
    let ids: Vec<&str> = images.iter().map(|image| image.id.as_str()).collect();
    let disks = read.images_disks(&ids).await?;
    let mut disks = by_owner(disks.into_iter().map(|disk| (disk.image_id.clone(), disk)));
    let mut tags = by_owner(read.tags_of_resources((ResourceKind::Image.name(), &ids), scope).await?);
    let uses = read.images_uses(&ids, &scope.account).await?;
    let mut uses: BTreeMap<String, ImageUse> = uses.into_iter().map(|one| (one.image_id.clone(), one)).collect();
    let describe = |image: ImageRecord| {
        let used = uses.remove(&image.id);
        DescribedImage {
            disks: disks.remove(&image.id).unwrap_or_default(),
            tags: tags.remove(&image.id).unwrap_or_default(),
            is_own: image.scope == *scope,
            is_shared: used.as_ref().is_some_and(|used| used.is_shared),
            is_used: used.is_some_and(|used| used.is_used),
            image,
        }
    };
    Ok(images.into_iter().map(describe).collect())
}
