//! Use cases of instances with a real QEMU (TCG): what runs, with which keys, and what is left when it does not.

#[path = "../guest/mod.rs"]
mod guest;

mod images;
mod keys;
mod lab;
mod life;
mod restart;
