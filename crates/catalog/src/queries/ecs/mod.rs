//! Images, the snapshots that hold their disks, the blobs that hold the bytes, and the jobs that make them.

pub use blobs::BlobRecord;
pub use client_tokens::ClientToken;
pub use image_disks::ImageDiskRecord;
pub use images::{ImageFilter, ImageRecord};
pub use jobs::{JobRecord, NewJob};
pub use snapshots::{DiskContent, SnapshotRecord};
pub use tickets::{TicketRecord, TicketReply};

mod blobs;
mod client_tokens;
mod image_disks;
mod images;
mod jobs;
mod snapshots;
mod tickets;
