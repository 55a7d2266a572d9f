//! Copies with a key service in memory: all modes, and what an interruption leaves. Judged by QEMU, cryptsetup and the digest tree.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod interrupted;
mod modes;
mod support;
