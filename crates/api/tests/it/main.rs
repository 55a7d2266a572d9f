//! The wire as a client sees it: real sockets, raw bytes, exact answers. Behind it stand services in memory.

mod actions;
mod answers;
mod authentication;
mod client;
mod connections;
mod coverage;
mod failures;
mod memory;
mod secrecy;
mod signing;
mod tls;
mod vectors;
