//! What is shown of an image.

use serde::Serialize;

/// An image. Texts that are empty are not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ImageView {
    pub(crate) image_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) region: String,
    /// The API's word.
    pub(crate) status: String,
    /// Percent.
    pub(crate) progress: u32,
    pub(crate) encrypted: bool,
    pub(crate) creation_time: String,
    pub(crate) os_type: String,
    pub(crate) architecture: String,
    pub(crate) boot_mode: String,
    pub(crate) source_image_id: String,
    pub(crate) source_region: String,
    /// Of `CreateFailed`: why.
    pub(crate) failure: String,
    /// The system disk first.
    pub(crate) disks: Vec<DiskView>,
}

/// A disk of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DiskView {
    pub(crate) device: String,
    /// `system` or `data`.
    pub(crate) kind: String,
    pub(crate) virtual_bytes: u64,
    pub(crate) format: String,
    pub(crate) snapshot_id: String,
    pub(crate) key_id: String,
    pub(crate) key_version_id: String,
    /// How its bytes came to be: `import`, `keep`, `encrypt`, `reencrypt`, `rewrap`.
    pub(crate) mode: String,
    pub(crate) verified_time: String,
}

impl ImageView {
    /// Whether it is still being made.
    pub(crate) fn is_unfinished(&self) -> bool {
        matches!(self.status.as_str(), "Waiting" | "Creating")
    }

    /// Bytes of all its disks.
    pub(crate) fn virtual_bytes(&self) -> u64 {
        self.disks.iter().map(|disk| disk.virtual_bytes).sum()
    }
}
