//! Use cases of instances with a real QEMU (TCG): what runs, with which keys, and what is left when it does not.

#![expect(
    clippy::unwrap_used,
    reason = "the suite's functions are called by tests, so the exception for tests does not see them"
)]
#![expect(unreachable_pub, reason = "the guest is for the tests of other crates, too")]

#[path = "../guest/mod.rs"]
mod guest;

mod images;
mod keys;
mod lab;
mod life;
mod restart;
