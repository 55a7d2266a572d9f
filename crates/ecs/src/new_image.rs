//! What every new image has in common, however it is made.

use catalog::{DiskContent, ImageRecord, Scope, SnapshotRecord, Tag, TaggedResource, Timestamp, Write};

use crate::error::Result;
use crate::names::{ImageAttributes, check_description, check_family, check_name};

/// What a caller says of a new image. Texts that are empty are not said.
#[derive(Debug, Clone, Default)]
pub struct NewImage {
    /// Name.
    pub name: String,
    /// Text for people.
    pub description: String,
    /// Family.
    pub family: String,
    /// Version.
    pub version: String,
    /// What is known of the system.
    pub attributes: ImageAttributes,
    /// Tags.
    pub tags: Vec<Tag>,
}

impl NewImage {
    /// Errors: `MalformedName`, `MalformedDescription`, `MalformedFamily`.
    pub(crate) fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        check_description(&self.description)?;
        check_family(&self.family)
    }

    /// An image of which nothing is there yet. Its status is the caller's to say.
    pub(crate) fn record(&self, id: String, scope: &Scope, now: Timestamp) -> ImageRecord {
        let attributes = self.attributes.clone();
        ImageRecord {
            id,
            scope: scope.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            family: self.family.clone(),
            version: self.version.clone(),
            status: String::new(),
            progress: 0,
            remain_s: None,
            is_copied: false,
            source_image_id: String::new(),
            source_region: String::new(),
            os_type: attributes.os_type,
            os_name: attributes.platform.clone(),
            platform: attributes.platform,
            architecture: attributes.architecture,
            boot_mode: attributes.boot_mode,
            license_type: attributes.license_type,
            nvme_support: attributes.nvme_support,
            imds_support: attributes.imds_support,
            failure: String::new(),
            created_at: now,
        }
    }
}

/// The snapshot that becomes a disk of a new image, before its bytes are there.
pub(crate) fn snapshot_of(image: &ImageRecord, id: String, position: u32, content: DiskContent) -> SnapshotRecord {
    SnapshotRecord {
        id,
        scope: image.scope.clone(),
        name: String::new(),
        description: format!("Made for image {}", image.id),
        status: "progressing".to_owned(),
        disk_type: if position == 0 { "system" } else { "data" }.to_owned(),
        image_id: image.id.clone(),
        source_disk_id: String::new(),
        content,
        created_at: image.created_at,
        updated_at: image.created_at,
    }
}

/// Tags of what is new.
pub(crate) async fn insert_tags(write: &mut Write, tags: &[Tag], resource: &TaggedResource) -> Result<()> {
    for tag in tags {
        write.tag_put(tag, resource).await?;
    }
    Ok(())
}
