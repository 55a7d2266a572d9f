//! The two engines behind one face. Nothing outside of this folder and `migrations.rs` knows which one is in use.
//!
//! A statement is a text of the program with `$1` placeholders that both engines understand, fixed or composed, and values of three kinds: text, integer, blob.
//! Times are integers (milliseconds), truth values are 0 and 1.

pub(crate) use composed::Composed;
pub(crate) use connection::Connection;
pub use opener::OpenedFor;
pub(crate) use opener::{BUSY_TIMEOUT, Opener};
pub(crate) use row::Row;
pub(crate) use value::{Statement, Value, values};

mod composed;
mod connection;
mod opener;
mod row;
mod settle;
mod value;
