//! The life of a key: states, versions, data keys, and the root of trust.
//!
//! ```text
//! root of trust ──wraps──► key version ──wraps──► data key (32 bytes; its text opens a disk)
//!  file, passphrase,        catalog row            ciphertext blob, kept by whoever asked
//!  credential, token        states, aliases        bound to an encryption context
//! ```
//!
//! [`Kms`] is the door. Its calls bear the names of the KMS API and refuse with its codes ([`KmsError::code`]); which call is
//! allowed in which state is one table (`state.rs`). Time and randomness are arguments.
//!
//! Every call that a user can make takes a [`ram::Permit`] and refuses one that was not made for it. What takes none is for the rooms
//! above: what decides about a permit ([`Kms::key_facts`], [`Kms::key_of_blob`]), the work of the clock (`…_due_…`), bills and balances,
//! the service's own key and secrets, and the records of files that lost their envelope.
//!
//! Deliberately absent: the wire and policies; they stand in front of this crate. There is no fallback from one key to
//! another, anywhere.

pub use action::Action;
pub use asymmetric::{Answered, PairRef};
pub use billing::{Bill, CALLS_PER_PRICE, FreeFor, InvalidMonth, KeyUnit, Month, PRICE_RULES, PriceRule, Usage};
pub use catalog::{
    Account, AliasRecord, KeyFilter, KeyId, KeyRecord, KeyState, KeyVersionId, KeyVersionRecord, Page, PageRequest,
    Region, Scope, SealedImage, SealedImageRecord, Tag,
};
pub use context::EncryptionContext;
pub use create::NewKey;
pub use data_dir::DataDir;
pub use data_keys::{Ciphertext, NewDataKey, Opened, OpenedBy};
pub use error::{KmsError, Result};
pub use export::{ExportedDataKey, Receiver};
pub use import::{ImportParameters, Material};
pub use key_policy::KeyFacts;
pub use key_ref::{AliasName, KeyRef, key_arn};
pub use keys::IfInUse;
pub use kms::Kms;
pub use limits::Limits;
pub use root::{
    RootBackup, RootChanged, RootError, RootKind, RootMade, RootSource, RootState, TokenName, TokenPlace,
    TokenUriError, read_passphrase_file, root_restore, root_restore_on,
};
pub use rotation_interval::RotationInterval;
pub use spec::{KeySpec, KeyUsage, Origin, ProtectionLevel};

mod action;
mod aliases;
mod asymmetric;
mod billing;
mod blocking;
mod change;
mod context;
mod create;
mod data_dir;
mod data_keys;
mod deletion;
mod error;
mod export;
mod import;
mod key_policy;
mod key_ref;
mod keys;
mod kms;
mod known;
mod limits;
mod permission;
mod root;
mod rotation_interval;
mod secrets;
mod service_key;
mod spec;
mod state;
mod tags;
mod usage;
mod versions;
