//! Images, the snapshots that hold their disks, the blobs that hold the bytes, and the jobs that make them.

pub use blobs::BlobRecord;
pub use client_tokens::ClientToken;
pub use disk_encryption_defaults::DiskEncryptionDefault;
pub use image_disks::ImageDiskRecord;
pub use image_shares::ImageShare;
pub use images::{ImageFilter, ImageOwner, ImageRecord};
pub use jobs::{JobFilter, JobRecord, NewJob};
pub use snapshots::{DiskContent, SnapshotFilter, SnapshotRecord};
pub use tickets::{TicketRecord, TicketReply};
pub use uploads::UploadRecord;

mod blobs;
mod client_tokens;
mod disk_encryption_defaults;
mod image_disks;
mod image_shares;
mod images;
mod jobs;
mod snapshots;
mod tickets;
mod uploads;
