//! Moves bytes: open, plan, copy while re-encrypting, verify, resume.
//!
//! ```text
//!   Image ── layer ──▶ StackWalk ──▶ Segmenter ──▶ workers: read, decrypt, zeros, place,
//!     │                                             encrypt, digest, write, journal
//!     └── LUKS header, envelope ──▶ pins ──▶ KeyService          │
//!                                                                ▼
//!   Target: tables from the journal ──▶ SealedFile: header, roots, envelope ──▶ commit
//! ```
//!
//! Invariants: a source is opened read-only; no file is opened that the caller did not name; an
//! encrypted source never becomes a plain target; a target appears when it is complete.
//! Deliberately absent: key-encrypting keys, regions, accounts, clocks.

#![forbid(unsafe_code)]

mod abandoned;
mod chain;
mod copy;
mod coverage;
mod decide;
pub mod disk;
mod error;
mod follow;
mod header_backup;
mod image;
mod inspect;
mod journal;
mod keep;
mod keys;
mod leaves;
mod luks;
mod observe;
mod passphrase;
mod pins;
mod pipeline;
mod publish;
mod read;
mod request;
mod rewrap;
mod scratch;
mod sealed_file;
mod sealing;
mod segment;
mod stack;
mod target;
mod transfer;
mod verify;
mod workers;

#[cfg(test)]
mod worked_example;

pub use abandoned::image_of_copy;
pub use blobs::{Durability, Identity, Overwrite};
pub use copy::copy;
pub use coverage::Coverage;
pub use decide::{Decision, Refusal, Request, SourceState, decide};
pub use error::{EngineError, Result};
pub use follow::Follower;
pub use formats::Codec;
pub use formats::envelope::Envelope;
pub use formats::probe::{Format as SourceFormat, UnknownFormat};
pub use header_backup::{forget_image, restore_header};
pub use inspect::{Report, inspect};
pub use keys::{KeyContext, KeyError, KeyService, NewDataKey, SealedRecord};
pub use leaves::{LEAF_BYTES, file_tree_path};
pub use observe::{Observer, Phase, Progress};
pub use passphrase::passphrase;
pub use request::{BenchSwitches, Copied, CopyRequest, ImageFile, TargetFormat, Unfinished};
pub use scratch::discard_copy;
pub use transfer::Surroundings;
pub use verify::{Change, Verified, verify};
