//! Records and their queries, one file a record, the resource first in each name. One text a query, for both engines.

pub mod kms;
pub mod ram;
pub mod trail;

mod meta;
mod tags;

pub use tags::{Tag, TaggedResource};
