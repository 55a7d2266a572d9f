//! Machines under a real QEMU (TCG): what boots, what is refused, what is left behind, and what can be seen from outside.

#[path = "../guest/mod.rs"]
mod guest;

mod boots;
mod lab;
mod life;
mod privileges;
mod refusals;
