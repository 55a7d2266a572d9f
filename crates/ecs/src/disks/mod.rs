//! Disks of instances.

mod request;

pub use request::{CreateSnapshot, DescribedDisk, Encryption, NewDataDisk, NewSystemDisk, ReplaceSystemDisk};
