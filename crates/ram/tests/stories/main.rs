//! Shows the use cases story by story, on a catalog in a temporary directory.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod accounts;
mod conflicts;
mod console;
mod keys;
mod limits;
mod lists;
mod office;
mod permits;
mod policies;
mod services;
mod sessions;
