//! Shows that every store of blobs keeps the contract of `BlobStore`, and what only one kind of store promises.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod bucket;
mod conformance;
mod killed;
mod local;
mod memory;
mod moto;
mod objects;
mod place;
mod process_memory;
mod s3_ahead;
mod s3_cache;
mod s3_failures;
mod s3_uploads;
mod s3_versions;
mod s3s_server;
mod silent_server;
