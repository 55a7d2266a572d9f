//! What calls on disks ask for, and what they are answered.

use catalog::{DiskRecord, Tag, Timestamp};

/// Whether a disk is to be encrypted, as the call says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encryption {
    /// `Encrypted`; `None`: the call does not say.
    pub encrypted: Option<bool>,
    /// `KMSKeyId`: an id, an alias or an ARN.
    pub key: Option<String>,
}

/// The system disk of a new instance.
#[derive(Debug, Clone, Default)]
pub struct NewSystemDisk {
    /// The API's word for its kind; empty: `cloud_essd`. It has no effect here.
    pub category: String,
    /// Size in GiB; `None`: that of the image.
    pub size_gib: Option<u64>,
    /// Name; empty: none.
    pub name: String,
    /// Text for people; empty: none.
    pub description: String,
    /// Whether it is encrypted.
    pub encryption: Encryption,
}

/// A data disk of a new instance.
#[derive(Debug, Clone, Default)]
pub struct NewDataDisk {
    /// The API's word for its kind; empty: `cloud_essd`. It has no effect here.
    pub category: String,
    /// Size in GiB; `None`: that of the snapshot, or of the image's disk.
    pub size_gib: Option<u64>,
    /// Name; empty: none.
    pub name: String,
    /// Text for people; empty: none.
    pub description: String,
    /// Device, which may be that of a data disk of the image; empty: the next that is free.
    pub device: String,
    /// What is on it at first; empty: nothing.
    pub snapshot_id: String,
    /// Whether it is encrypted.
    pub encryption: Encryption,
}

/// A new system disk for an instance that is Stopped.
#[derive(Debug, Clone, Default)]
pub struct ReplaceSystemDisk {
    /// The instance.
    pub instance_id: String,
    /// The image of the new disk.
    pub image_id: String,
    /// The disk; its category and texts are those of the old one where they are empty.
    pub disk: NewSystemDisk,
}

/// A disk with what belongs to it.
#[derive(Debug, Clone)]
pub struct DescribedDisk {
    /// The disk.
    pub disk: DiskRecord,
    /// Its tags, by name.
    pub tags: Vec<Tag>,
    /// Since when it is attached: it always is.
    pub attached_at: Timestamp,
}

/// A snapshot that is to be made of a disk.
#[derive(Debug, Clone, Default)]
pub struct CreateSnapshot {
    /// The disk.
    pub disk_id: String,
    /// Name; empty: none.
    pub name: String,
    /// Text for people; empty: none.
    pub description: String,
    /// Tags.
    pub tags: Vec<Tag>,
}
