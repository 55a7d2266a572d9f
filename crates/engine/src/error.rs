use std::path::PathBuf;

/// Shorthand for what this crate returns.
pub type Result<T> = std::result::Result<T, EngineError>;

/// Why a copy, a verification or an inspection did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Reading or writing a file failed.
    #[error(transparent)]
    Blob(#[from] blobs::BlobError),
    /// The file is not what it claims to be, or has a feature that is not handled.
    #[error("{path}: {source}", path = path.display())]
    Format {
        /// The image file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: formats::FormatError,
    },
    /// The combination of source and request is not allowed.
    #[error(transparent)]
    Refused(#[from] crate::decide::Refusal),
    /// The request cannot be carried out on this source or as this format; the text says what to do.
    #[error("{0}")]
    Unsuitable(String),
    /// The key service refused: unknown key, key state, wrong context.
    #[error("{0}")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No key that was given opens the image.
    #[error("{path}: {reason}", path = path.display())]
    Locked {
        /// The image file.
        path: PathBuf,
        /// What was tried and what to give.
        reason: String,
    },
    /// A layer of a guest's disk that QEMU does not open; copied to qcow2 it would.
    #[error("{path}: {reason}", path = path.display())]
    NotForGuests {
        /// The image file.
        path: PathBuf,
        /// What it is, and what to do.
        reason: String,
    },
    /// Bytes that were pinned when the image was sealed are different now.
    #[error("{path}: integrity error: {reason}", path = path.display())]
    Tampered {
        /// The image file.
        path: PathBuf,
        /// Which bytes, and how to go on.
        reason: String,
    },
    /// The copy does not hold what the source holds.
    #[error("{path}: verification failed: {reason}", path = path.display())]
    Mismatch {
        /// The new file, not yet under its name.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// The source was written to while it was copied, or since it was looked at.
    #[error("{path} changed since it was looked at; stop what writes to it and copy again", path = path.display())]
    SourceChanged {
        /// The source.
        path: PathBuf,
    },
    /// The user or the caller asked to stop.
    #[error("cancelled; nothing was left behind")]
    Cancelled,
    /// A cryptographic primitive refused its input.
    #[error("{what}: {source}")]
    Crypto {
        /// What was being done.
        what: &'static str,
        /// The refusal.
        #[source]
        source: crypto::CryptoError,
    },
}

impl EngineError {
    /// Wraps a format error with the file that it is about.
    pub(crate) fn format(path: &std::path::Path) -> impl Fn(formats::FormatError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Format { path: path.clone(), source }
    }

    /// Wraps a refusal of the crypto room.
    pub(crate) fn crypto(what: &'static str) -> impl Fn(crypto::CryptoError) -> Self {
        move |source| Self::Crypto { what, source }
    }
}
