//! Disks of instances: making them, and what QEMU needs to open them.
//!
//! ```text
//!   create ──▶ qcow2 of a few clusters: LUKS header, empty tables ── names ──▶ image blob, never changed
//!   passphrase: header pins ──▶ KMS ──▶ what QEMU gets for one layer
//! ```
//!
//! A guest writes to its disk, so no digest covers the content; the envelope says `"mode":"disk"`. What does not change, the
//! LUKS header, is pinned as that of any image. To make an image of a disk, copy it with its backing files.

mod create;
mod empty;
mod layer;
mod verified;

pub use create::{Created, DiskRequest, Seal, create};
pub use layer::{Recorded, passphrase, require_recorded};
pub(crate) use verified::verified;
