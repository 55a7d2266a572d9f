//! Use cases of instances with a real QEMU (TCG): what runs, with which keys, and what is left when it does not.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

#[path = "../guest/mod.rs"]
mod guest;
/// What the tests of the server use, too.
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../../../cli/tests/server/moto.rs"]
mod moto;
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../../../cli/tests/server/throwaway.rs"]
mod throwaway;

mod copies;
mod gated_store;
mod images;
mod keys;
mod lab;
mod life;
mod restart;
mod taken;
