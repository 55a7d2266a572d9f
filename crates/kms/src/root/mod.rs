//! The root of trust: the key that wraps the material of all key versions.
//!
//! ```text
//! source.rs   where a root key is kept          key_file, sealed_file, credential: 32 bytes that come into our memory
//! key.rs      wraps and unwraps                 token: a key in an HSM, which stays there
//! in_use.rs   the root key of an open service   find.rs: which of the keys in a place belongs to a catalog
//! change.rs   another root key                  follow.rs: how other processes notice; place.rs: where it went
//! backup.rs   a copy, and whether there is one  restore.rs: the same key from it
//! ```
//!
//! The catalog keeps a check value, a known text wrapped under the root key. So a wrong root key is told at once and by name, and
//! does not look like a hundred damaged keys. It also decides which root key is in force when there are two, during a change.
//!
//! A change is made by one process while others go on (`reseal root rotate` beside a server). It is one transaction, so a process is
//! wrong about the root key only until it looks at the check value again, and it looks in two cases, which are all that matter:
//!
//! - **A value does not open.** What it has read or remembered of before still opens under the key of before, which it keeps; what it
//!   reads anew does not, and leads it to the new key. No poll, no message, no cost while nothing changes.
//! - **It writes a wrapped value.** It holds the write lock of the catalog then, so the check value cannot change until it is done; a
//!   value that it wrapped before is wrapped anew. So nothing is ever written under a key that is not in force.
//!
//! The new key is found where the old one is (a rotation) or where `root.place` says (a move); when it cannot be used, calls fail as
//! temporary, and it is looked for again. Alternatives: two root keys in force at once, with values moved in small steps, would spare
//! writers the wait for the transaction; but then a kill leaves a catalog that needs both keys, and a backup of one is none.

pub use backup::{RootBackup, RootKind, RootState};
pub use change::RootChanged;
pub use error::RootError;
pub use passphrase::read_passphrase_file;
pub use restore::{root_restore, root_restore_on};
pub use source::{RootMade, RootSource};
pub use token::{TokenName, TokenPlace, TokenUriError};

pub(crate) use in_use::Root;

use catalog::{KeyId, KeyVersionId, Read};
use crypto::Context;

use crate::error::Result;

mod backup;
mod change;
mod credential;
mod error;
mod fields;
mod find;
mod follow;
mod in_use;
mod key;
mod key_file;
mod passphrase;
mod percent;
mod place;
mod restore;
mod rewrap;
mod sealed_file;
mod source;
mod token;

/// AES-256 key.
const ROOT_KEY_BYTES: usize = 32;

/// Name of the check value in the catalog.
const CHECK_NAME: &str = "root_check";
/// Names of the service's secrets in the catalog begin with this.
pub(crate) const SECRET_PREFIX: &str = "secret:";

const CHECK_TEXT: &[u8] = b"reseal root check";

/// Binds wrapped material to its place, so that rows of the catalog cannot be swapped.
pub(crate) fn material_context(key: KeyId, version: KeyVersionId) -> Context {
    context([("purpose", "key material".to_owned()), ("key", key.to_string()), ("version", version.to_string())])
}

/// Binds the private half of a wrapping key to its import.
pub(crate) fn import_context(key: KeyId, token: &str) -> Context {
    context([("purpose", "import".to_owned()), ("key", key.to_string()), ("token", token.to_owned())])
}

/// Binds a secret of the service to its purpose.
pub(crate) fn secret_context(purpose: &str) -> Context {
    context([("purpose", "service secret".to_owned()), ("name", purpose.to_owned())])
}

fn check_context() -> Context {
    context([("purpose", "root check".to_owned())])
}

fn context<const N: usize>(pairs: [(&str, String); N]) -> Context {
    Context::from_pairs(pairs).expect("a few short and different names are within the limits of a context")
}

async fn check_value(read: &mut Read<'_>) -> Result<Option<Vec<u8>>> {
    Ok(read.meta_by_name(CHECK_NAME).await?)
}
