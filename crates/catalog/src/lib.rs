//! What we remember: records, queries and migrations, on SQLite.
//!
//! ```text
//! Catalog ── session() ──► Session ── read()  ──► Read   queries
//!   one file,                      └─ write() ──► Write  changes, in one transaction; nothing is kept without commit()
//!   one connection
//! ```
//!
//! Several processes may use one catalog: writers wait for each other, readers never wait (write-ahead log).
//! Rules live elsewhere: this crate stores a state, it does not decide which state may follow. "Not found" is `None` here and an
//! error in the rooms above. It never sees a key in clear and does no cryptography.

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{CatalogError, Result};
pub use jiff::Timestamp;
pub use names::{Account, InvalidName, KeyId, KeyVersionId, Region, Scope};
pub use open::Catalog;
pub use page::{Page, PageRequest};
pub use queries::{AliasRecord, KeyRecord, KeyState, KeyVersionRecord, SealedImage, SealedImageRecord};
pub use session::{Read, Session, Write};

mod clock;
mod error;
mod migrations;
mod names;
mod open;
mod page;
mod queries;
mod row;
mod session;
