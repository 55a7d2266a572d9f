use std::fmt;
use std::io;
use std::path::PathBuf;

use super::BlobId;

/// Shorthand for what a store returns.
pub type StoreResult<T> = std::result::Result<T, StoreError>;

/// A store could not do what it was asked. Says which store, which blob and what was tried; the cause is the source.
/// Holds no secret, access key or signature.
#[derive(Debug)]
pub struct StoreError {
    /// The store, as [`super::BlobStore::name`].
    pub store: String,
    /// The blob, where one is concerned.
    pub blob: Option<BlobId>,
    /// What was tried: `put`, `open`, `list the work files of` …
    pub action: &'static str,
    /// Why it failed.
    pub cause: Cause,
}

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The store has no such blob.
    #[error("there is no such blob")]
    NoSuchBlob,
    /// Neither the work file nor the blob is there: nothing can be put.
    #[error("there is no work file {path}", path = .0.display())]
    NoWorkFile(PathBuf),
    /// Work files lie directly in the work directory and are regular files; no other file is taken or removed.
    #[error("{path} is not a file of the work directory", path = .0.display())]
    NotAWorkFile(PathBuf),
    /// The range reaches past the end of the blob.
    #[error("the blob ends at byte {blob_bytes}, before byte {end}")]
    PastTheEnd {
        /// Length of the blob.
        blob_bytes: u64,
        /// End of the range that was asked for.
        end: u64,
    },
    /// The store has, or gave, another number of bytes than it should.
    #[error("{found} bytes where {expected} were expected")]
    WrongLength {
        /// What it should be.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// The object was replaced while it was read: its parts would be of two objects.
    #[error("it was replaced while it was read; ask again when it stays")]
    Replaced,
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The configuration of the store cannot be used.
    #[error("{field} {reason}")]
    Configuration {
        /// The field of the configuration.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The service answered with an error.
    #[error("the service answered {code}: {message}")]
    Service {
        /// The service's code, such as `SignatureDoesNotMatch`, or the status of HTTP where it gave none.
        code: String,
        /// The service's message.
        message: String,
    },
    /// There was no answer, or none that can be understood.
    #[error("the service cannot be used: {0}")]
    Unusable(String),
}

impl StoreError {
    /// Whether it failed because the store has no such blob.
    #[must_use]
    pub fn is_no_such_blob(&self) -> bool {
        matches!(self.cause, Cause::NoSuchBlob)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.action)?;
        if let Some(blob) = &self.blob {
            write!(f, " blob {blob} in")?;
        }
        write!(f, " {}", self.store)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Name of a store, which makes its errors.
#[derive(Debug, Clone)]
pub(super) struct StoreName(pub(super) String);

impl StoreName {
    /// Turns a cause into the error of `action`: for `map_err`.
    pub(super) fn failed<C: Into<Cause>>(
        &self,
        action: &'static str,
        blob: Option<&BlobId>,
    ) -> impl Fn(C) -> StoreError {
        move |cause| StoreError { store: self.0.clone(), blob: blob.copied(), action, cause: cause.into() }
    }
}
