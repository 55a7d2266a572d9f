//! The wire as a client sees it: real sockets, raw bytes, exact answers. Behind it stand services in memory.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod actions;
mod answers;
mod authentication;
mod client;
mod connections;
mod coverage;
mod every_row;
mod failures;
mod installation;
mod memory;
mod permissions;
mod ram_actions;
mod secrecy;
mod sessions;
mod signing;
mod tls;
mod vectors;
