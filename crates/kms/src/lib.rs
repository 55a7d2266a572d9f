//! The life of a key: states, versions, data keys, and the root of trust.
//!
//! ```text
//! root of trust ──wraps──► key version ──wraps──► data key (32 bytes; its text opens a disk)
//!  file, passphrase         catalog row            ciphertext blob, kept by whoever asked
//!  or credential            states, aliases        bound to an encryption context
//! ```
//!
//! [`Kms`] is the door. Its calls bear the names of the KMS API and refuse with its codes ([`KmsError::code`]); which call is
//! allowed in which state is one table (`state.rs`). Time and randomness are arguments.
//!
//! Deliberately absent: the wire, permissions and prices; they stand in front of this crate. There is no fallback from one key to
//! another, anywhere.

pub use catalog::{
    Account, AliasRecord, KeyId, KeyRecord, KeyState, KeyVersionId, Page, PageRequest, Region, Scope, SealedImage,
    SealedImageRecord,
};
pub use context::EncryptionContext;
pub use data_dir::DataDir;
pub use data_keys::{Ciphertext, NewDataKey, Opened};
pub use error::{KmsError, Result};
pub use key_ref::{AliasName, KeyRef, key_arn};
pub use keys::{IfInUse, NewKey};
pub use kms::Kms;
pub use root::{RootError, RootMade, RootSource, read_passphrase_file, root_restore};
pub use state::Action;

mod aliases;
mod context;
mod data_dir;
mod data_keys;
mod error;
mod key_ref;
mod keys;
mod kms;
mod root;
mod service_key;
mod state;
mod usage;
