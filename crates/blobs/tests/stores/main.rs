//! Shows that every store of blobs keeps the contract of `BlobStore`, and what only one kind of store promises.

mod bucket;
mod conformance;
mod killed;
mod local;
mod memory;
mod moto;
mod place;
mod process_memory;
mod s3_cache;
mod s3_failures;
mod s3_uploads;
mod s3_versions;
mod s3s_server;
mod silent_server;
