//! The two engines behind one face. Nothing outside of this folder and `migrations.rs` knows which one is in use.
//!
//! A statement is one fixed text with `$1` placeholders that both engines understand, and values of three kinds: text, integer, blob.
//! Times are integers (milliseconds), truth values are 0 and 1.

pub(crate) use connection::Connection;
pub use opener::OpenedFor;
pub(crate) use opener::{BUSY_TIMEOUT, Opener};
pub(crate) use row::Row;
pub(crate) use value::{Statement, Value, values};

mod connection;
mod opener;
mod row;
mod settle;
mod value;
