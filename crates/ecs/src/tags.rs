//! Tags of images, snapshots, instances and disks. Source: ecs-images.md 6.

use catalog::{PageRequest, Read, Scope, Tag, TagPosition, TaggedResource};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

const TAG_RESOURCES: Action = Action::new("ecs:TagResources");
const UNTAG_RESOURCES: Action = Action::new("ecs:UntagResources");
const LIST_TAG_RESOURCES: Action = Action::new("ecs:ListTagResources");

/// Most tags of a resource, and rows of one list.
const TAGS_MAX: usize = 20;
const ROWS_MAX: u32 = 50;

/// What can have tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// An image.
    Image,
    /// A snapshot.
    Snapshot,
    /// An instance.
    Instance,
    /// A disk.
    Disk,
}

impl ResourceKind {
    /// The API's word, which is also that of ARNs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Snapshot => "snapshot",
            Self::Instance => "instance",
            Self::Disk => "disk",
        }
    }

    pub(crate) fn tagged(self, id: &str, scope: &Scope) -> TaggedResource {
        TaggedResource { scope: scope.clone(), resource_type: self.name().to_owned(), resource_id: id.to_owned() }
    }

    async fn is_there(self, read: &mut Read<'_>, id: &str, scope: &Scope) -> Result<bool> {
        let found = match self {
            Self::Image => read.image_by_id(id).await?.map(|image| image.scope),
            Self::Snapshot => read.snapshot_by_id(id).await?.map(|snapshot| snapshot.scope),
            Self::Instance => read.instance_by_id(id).await?.map(|instance| instance.scope),
            Self::Disk => read.disk_by_id(id).await?.map(|disk| disk.scope),
        };
        Ok(found.as_ref() == Some(scope))
    }
}

/// Resources that have a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFilter {
    /// Its name.
    pub key: String,
    /// One of these values; none: any.
    pub values: Vec<String>,
}

impl TagFilter {
    /// One for each tag; an empty value stands for any.
    #[must_use]
    pub fn all_of(tags: &[Tag]) -> Vec<Self> {
        let values = |tag: &Tag| Some(tag.value.clone()).filter(|value| !value.is_empty()).into_iter().collect();
        tags.iter().map(|tag| Self { key: tag.key.clone(), values: values(tag) }).collect()
    }
}

/// A tag and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedWith {
    /// Id of the resource.
    pub resource_id: String,
    /// The tag.
    pub tag: Tag,
}

/// One part of a list of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagsPage {
    /// By resource and name.
    pub items: Vec<TaggedWith>,
    /// Where it goes on; `None` at its end.
    pub next: Option<TagPosition>,
}

impl Ecs {
    /// Gives resources tags, or other values to those they have. All or none.
    ///
    /// Asks for `ecs:TagResources` on each. Errors: `ResourceNotFound`, `TagQuota`.
    pub async fn tag_resources(
        &self,
        (kind, ids): (ResourceKind, &[String]),
        tags: &[Tag],
        permit: &Permit,
        scope: &Scope,
    ) -> Result<()> {
        require_each(permit, TAG_RESOURCES, (kind, ids), scope)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            for id in ids {
                require_there(&mut write.read(), kind, id, scope).await?;
                let resource = kind.tagged(id, scope);
                for tag in tags {
                    write.tag_put(tag, &resource).await?;
                }
                let count = write.read().tags_of_resource(&resource).await?.len();
                if count > TAGS_MAX {
                    return Err(EcsError::TagQuota { resource: id.clone(), tags: count, max: TAGS_MAX });
                }
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Takes tags from resources; those that one does not have are no error. All or none. `keys`: `None` for all tags.
    ///
    /// Asks for `ecs:UntagResources` on each. Errors: `ResourceNotFound`.
    pub async fn untag_resources(
        &self,
        (kind, ids): (ResourceKind, &[String]),
        keys: Option<&[String]>,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<()> {
        require_each(permit, UNTAG_RESOURCES, (kind, ids), scope)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            for id in ids {
                require_there(&mut write.read(), kind, id, scope).await?;
                let resource = kind.tagged(id, scope);
                let Some(keys) = keys else {
                    write.tags_delete_of_resource(&resource).await?;
                    continue;
                };
                for key in keys {
                    write.tag_delete(key, &resource).await?;
                }
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Tags of the resources that are named, or of all of the kind; with `filters`, of those that have all of these tags.
    ///
    /// Asks for `ecs:ListTagResources` on each that is named, else on all of the kind. Errors: `RegionNotFound`.
    pub async fn list_tag_resources(
        &self,
        (kind, ids): (ResourceKind, &[String]),
        filters: &[TagFilter],
        after: &TagPosition,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<TagsPage> {
        self.store(&scope.region)?;
        if ids.is_empty() {
            require(permit, LIST_TAG_RESOURCES, scope, &format!("{}/*", kind.name()))?;
        }
        require_each(permit, LIST_TAG_RESOURCES, (kind, ids), scope)?;
        let named = ids.join(",");
        let ids = match self.ids_with_tags(kind, &named, filters, scope).await? {
            Some(ids) if ids.is_empty() => return Ok(TagsPage { items: Vec::new(), next: None }),
            Some(ids) => ids,
            None => named,
        };
        let mut read = self.catalog.read();
        // One more than is wanted shows whether there are more.
        let mut found = read.tags_after(after, (kind.name(), &ids), scope, ROWS_MAX + 1).await?;
        let goes_on = found.len() > ROWS_MAX as usize;
        found.truncate(ROWS_MAX as usize);
        let next = found.last().filter(|_| goes_on).map(|(position, _)| position.clone());
        let items = found.into_iter().map(|(position, tag)| TaggedWith { resource_id: position.resource_id, tag });
        Ok(TagsPage { items: items.collect(), next })
    }

    /// Ids of the resources that have all these tags, among those that are named, separated by commas like them. `None` without tags.
    pub(crate) async fn ids_with_tags(
        &self,
        kind: ResourceKind,
        named: &str,
        filters: &[TagFilter],
        scope: &Scope,
    ) -> Result<Option<String>> {
        let mut found: Option<Vec<String>> = (!named.is_empty()).then(|| named.split(',').map(str::to_owned).collect());
        for filter in filters {
            let with_tag = self.ids_with_tag(kind, filter, scope).await?;
            found = Some(match found {
                None => with_tag,
                Some(before) => before.into_iter().filter(|id| with_tag.contains(id)).collect(),
            });
        }
        Ok(found.filter(|_| !filters.is_empty()).map(|ids| ids.join(",")))
    }

    async fn ids_with_tag(&self, kind: ResourceKind, filter: &TagFilter, scope: &Scope) -> Result<Vec<String>> {
        let any = [None];
        let values: Vec<Option<&str>> = filter.values.iter().map(|value| Some(value.as_str())).collect();
        let mut ids = Vec::new();
        for value in if values.is_empty() { &any[..] } else { &values } {
            let mut page = PageRequest::first();
            loop {
                let mut read = self.catalog.read();
                let part = read.tagged_resources_page(&filter.key, *value, kind.name(), scope, page).await?.items;
                if part.is_empty() {
                    break;
                }
                ids.extend(part);
                page = page.next();
            }
        }
        Ok(ids)
    }
}

fn require_each(permit: &Permit, action: Action, (kind, ids): (ResourceKind, &[String]), scope: &Scope) -> Result<()> {
    ids.iter().try_for_each(|id| require(permit, action, scope, &format!("{}/{id}", kind.name())))
}

async fn require_there(read: &mut Read<'_>, kind: ResourceKind, id: &str, scope: &Scope) -> Result<()> {
    if kind.is_there(read, id, scope).await? {
        return Ok(());
    }
    Err(EcsError::ResourceNotFound { kind: kind.name(), id: id.to_owned(), region: scope.region.clone() })
}
