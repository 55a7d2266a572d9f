//! Copies with a key service in memory: all modes, chains of layers, disks of instances, and what an interruption leaves. Judged by
//! QEMU, cryptsetup and the digest tree.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod chains;
mod disk_refusals;
mod disks;
mod followed;
mod interrupted;
mod layers;
mod modes;
mod support;
