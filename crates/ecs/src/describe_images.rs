//! `DescribeImages`. Source: ecs-images.md 4.

use catalog::{ImageDiskRecord, ImageFilter, ImageRecord, Page, PageRequest, Scope, Tag, TaggedResource};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::Result;

const DESCRIBE_IMAGES: Action = Action::new("ecs:DescribeImages");

/// An image with what belongs to it.
#[derive(Debug, Clone)]
pub struct DescribedImage {
    /// The image.
    pub image: ImageRecord,
    /// Its disks, the system disk first.
    pub disks: Vec<ImageDiskRecord>,
    /// Its tags, by name.
    pub tags: Vec<Tag>,
}

impl DescribedImage {
    /// Whether one of its disks opens with a key only.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.disks.iter().any(|disk| disk.snapshot.content.key_id.is_some())
    }
}

impl Ecs {
    /// Images of an account in a region, newest first; with `tags`, those that have all of them (an empty value: any).
    ///
    /// Asks for `ecs:DescribeImages` on `image/*`. Errors: `RegionNotFound`.
    pub async fn describe_images(
        &self,
        filter: &ImageFilter,
        tags: &[Tag],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedImage>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_IMAGES, scope, "image/*")?;
        let filter = match self.ids_with_tags(filter, tags, scope).await? {
            Some(ids) if ids.is_empty() => return Ok(Page { items: Vec::new(), total_count: 0 }),
            Some(ids) => ImageFilter { ids: ids.join(","), ..filter.clone() },
            None => filter.clone(),
        };
        let mut read = self.catalog.read();
        let found = read.images_page(&filter, scope, page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for image in found.items {
            let disks = read.image_disks(&image.id).await?;
            let resource = TaggedResource {
                scope: scope.clone(),
                resource_type: "image".to_owned(),
                resource_id: image.id.clone(),
            };
            let tags = read.tags_of_resource(&resource).await?;
            items.push(DescribedImage { image, disks, tags });
        }
        Ok(Page { items, total_count: found.total_count })
    }

    /// Ids of the images that have all `tags`, among those that the filter names. `None` without tags.
    async fn ids_with_tags(&self, filter: &ImageFilter, tags: &[Tag], scope: &Scope) -> Result<Option<Vec<String>>> {
        let mut found: Option<Vec<String>> =
            (!filter.ids.is_empty()).then(|| filter.ids.split(',').map(str::to_owned).collect());
        for tag in tags {
            let value = Some(tag.value.as_str()).filter(|value| !value.is_empty());
            let mut with_tag = Vec::new();
            let mut page = PageRequest::first();
            loop {
                let part =
                    self.catalog.read().tagged_resources_page(&tag.key, value, "image", scope, page).await?.items;
                if part.is_empty() {
                    break;
                }
                with_tag.extend(part);
                page = page.next();
            }
            found = Some(match found {
                None => with_tag,
                Some(before) => before.into_iter().filter(|id| with_tag.contains(id)).collect(),
            });
        }
        Ok(found.filter(|_| !tags.is_empty()))
    }
}
