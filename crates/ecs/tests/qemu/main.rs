//! Machines under a real QEMU (TCG): what boots, what is refused, what is left behind, and what can be seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

#[path = "../guest/mod.rs"]
mod guest;

mod boots;
mod lab;
mod life;
mod privileges;
mod refusals;
