//! Records and their queries, one file a record, the resource first in each name. One text a query, for both engines.

pub(crate) mod ecs;
pub(crate) mod kms;
pub(crate) mod ram;
pub(crate) mod trail;

mod ids;
mod meta;
mod rows;
mod tags;
mod unsettled;

pub use tags::{Tag, TagPosition, TaggedResource};
