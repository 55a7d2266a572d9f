//! Images, the snapshots that hold their disks, the blobs that hold the bytes, the jobs that make them, and the instances
//! that run from them.

pub use blobs::BlobRecord;
pub use client_tokens::ClientToken;
pub use disk_encryption_defaults::DiskEncryptionDefault;
pub use disks::{DiskFilter, DiskRecord};
pub use image_disks::ImageDiskRecord;
pub use image_list::{ImageFilter, ImageOrder, ImageOwner, ImageSort};
pub use image_shares::ImageShare;
pub use image_uses::ImageUse;
pub use images::ImageRecord;
pub use instances::{InstanceFilter, InstanceRecord};
pub use jobs::{JobFilter, JobOwner, JobRecord, NewJob};
pub use key_pairs::{KeyPairFilter, KeyPairRecord};
pub use snapshot_uses::SnapshotUse;
pub use snapshots::{DiskContent, SnapshotFilter, SnapshotRecord};
pub use tickets::{TicketFilter, TicketRecord, TicketReply};
pub use uploads::UploadRecord;

mod blobs;
mod client_tokens;
mod disk_encryption_defaults;
mod disks;
mod image_disks;
mod image_list;
mod image_shares;
mod image_uses;
mod images;
mod instances;
mod jobs;
mod key_pairs;
mod snapshot_uses;
mod snapshots;
mod tickets;
mod uploads;
