//! Disks of instances.
//!
//! ```text
//!   encryption: what a disk comes under ─ plan: which disks ─ make: record, then file
//!   replace, reinit: a new file on a disk of an instance that is Stopped       snapshot, image: what is on them, as a job
//! ```

mod describe;
mod encryption;
mod image;
mod make;
mod plan;
mod reinit;
mod replace;
mod request;
mod snapshot;

pub(crate) use describe::is_attached;
pub(crate) use plan::{PlannedDisk, disk_refused};
pub use request::{CreateSnapshot, DescribedDisk, Encryption, NewDataDisk, NewSystemDisk, ReplaceSystemDisk};
