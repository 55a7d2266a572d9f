//! Shows that every store of blobs keeps the contract of `BlobStore`, and what only one kind of store promises.

mod conformance;
mod local;
mod memory;
mod place;
