//! Images, snapshots, the jobs that make them, and the instances that run from them: the use cases behind the ECS API.
//!
//! ```text
//!   CopyImage, ImportImage ─ checks ─ one change: image, snapshots, job, token ─ answered
//!                                                     │
//!   jobs: take ─ engine::copy with keys of kms ─ verify ─ store.put ─ one change: Available
//!                                                     │
//!   images ── disks ── snapshots ── blobs (stores of the regions)      sweep: what nobody uses
//!                                      │
//!   instances ── their disks: overlays on blobs ── qemu: machines of this host
//! ```
//!
//! - Every use case takes a [`ram::Permit`] and refuses one that does not cover it.
//! - What a copy does is decided by [`engine::decide`] and nothing else; an encrypted image never becomes plain.
//! - A key that was named is the key that is used, or the call fails. There is no fallback.
//! - Blobs are immutable. A copy that keeps its bytes shares the blob of its source.
//!
//! Deliberately absent: HTTP, codes of the API, and the bytes of images, which are the engine's.

#![forbid(unsafe_code)]

pub use blobs::{BlobStore, LocalStore, ObjectBucket};
pub use catalog::{
    DiskFilter, DiskRecord, ImageDiskRecord, ImageFilter, ImageOrder, ImageOwner, ImageRecord, ImageSort,
    InstanceFilter, InstanceRecord, JobFilter, JobRecord, KeyPairFilter, KeyPairRecord, Page, PageRequest,
    SnapshotFilter, SnapshotRecord, TicketFilter, TicketReply,
};
pub use config::{Bucket, EcsConfig};
pub use copy_image::{Check, CopyImage, DiskKey, FoundDisk};
pub use create_image::{CreateImage, NewImageDisk};
pub use describe_images::DescribedImage;
pub use directory_name::server_name;
pub use disks::{CreateSnapshot, DescribedDisk, Encryption, NewDataDisk, NewSystemDisk, ReplaceSystemDisk};
pub use ecs::{Ecs, Rooms};
pub use engine::{Refusal, SourceFormat};
pub use error::{EcsError, ImportError, Result};
pub use export_image::ExportImage;
pub use import_image::{ImportDisk, ImportImage, ImportSource, Imported};
pub use instances::{
    ConsoleOutput, DescribedInstance, ForwardConfig, InstanceError, InstanceType, InstanceTypeFilter, InstancesConfig,
    KeyLock, KeyNeed, ModifyInstance, NewInstances, OnKeyDisabled, PortForward, default_types,
};
pub use key_pairs::{KeyPairError, NewKeyPair, PerInstance};
pub use modify_image::ModifyImage;
pub use names::{ImageAttributes, check_description, check_name};
pub use network::{CIDR_BLOCK, GUEST_ADDRESS, Network, NetworkError, NetworkWanted, V_SWITCH_CIDR_BLOCK};
pub use new_image::NewImage;
pub use share_image::ShareImage;
pub use snapshots::DescribedSnapshot;
pub use tags::{ResourceKind, TagFilter, TaggedWith, TagsPage};
pub use tasks::TASK_ACTIONS;
pub use ticket_desk::{TicketDesk, Verdict};
pub use tickets::{DescribedTicket, IMAGE_COPY_SIZE, NewTicket};
pub use tokens::CallToken;
pub use uploads::{CreatedUpload, NewUpload, Receiving};
pub use verify_image::{VerifiedDisk, Watch};

mod abandoned_uploads;
mod arn;
mod cancel_copy;
mod config;
mod copy_image;
mod create_image;
mod default_encryption;
mod delete_image;
mod describe_images;
mod directory_name;
mod disks;
mod ecs;
mod error;
mod export_image;
mod ids;
mod import_image;
mod instances;
mod jobs;
mod key_pairs;
mod key_use;
mod modify_image;
mod names;
mod network;
mod new_image;
mod pages;
pub mod qemu;
mod share_image;
mod snapshots;
mod sweep;
mod tags;
mod tasks;
mod ticket_desk;
mod tickets;
mod tokens;
mod uploads;
mod verify_image;
