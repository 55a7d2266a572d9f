//! The conversation with QEMU: one command, one answer, each under a time-out. Nothing of it is logged.

pub(super) use client::Qmp;
pub(super) use message::secret_command;

mod client;
mod message;
