use std::io;
use std::path::{Path, PathBuf};

/// Shorthand for what this crate returns.
pub type Result<T> = std::result::Result<T, BlobError>;

/// An operation on a file that failed: what, where, why.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The operating system refused.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried, as a verb: `open`, `read`, `write` …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The source is neither a regular file nor a block device.
    #[error("{path} is a {kind}; an image must be a regular file or a block device", path = path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// The target exists.
    #[error("{path} exists; give --force to replace it", path = path.display())]
    TargetExists {
        /// The file.
        path: PathBuf,
    },
    /// Something that is not this program's has the name of a file that it keeps beside a target.
    #[error("{path} is in the way: {why}; remove it or choose another target", path = path.display())]
    Foreign {
        /// What is there.
        path: PathBuf,
        /// What shows that it is somebody else's.
        why: &'static str,
    },
    /// Another process writes the same target.
    #[error("another process is writing {path}; wait for it or choose another target", path = path.display())]
    TargetBusy {
        /// The partial file that is locked.
        path: PathBuf,
    },
}

impl BlobError {
    /// Wraps an error of the system.
    pub(crate) fn io(action: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.to_owned(), source: source.into() }
    }
}
