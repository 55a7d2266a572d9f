//! Where the bytes of a disk are, and names in the buckets that the operator configured.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use blobs::{Cause, HeldFile, ObjectBucket, StoreError};
use catalog::Scope;
use serde::{Deserialize, Serialize};

use crate::config::Bucket;
use crate::ecs::Ecs;
use crate::error::{EcsError, ImportError, Result};

/// Longest name of an object. Source: OSS.
const OBJECT_BYTES_MAX: usize = 1023;

/// Where a disk is imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportSource {
    /// An object of a bucket that the operator configured.
    Object {
        /// The bucket.
        bucket: String,
        /// Its name there.
        object: String,
    },
    /// A file by its path. Whoever names it may read every file that this process may: no call of the API does.
    File(PathBuf),
    /// A file that was uploaded, by its id.
    Upload(String),
}

/// Where bytes can be had from.
pub(crate) enum Located {
    /// From this machine.
    Here(OnDisk),
    /// From a service, once they are fetched.
    There(Arc<ObjectBucket>),
}

/// A file of this machine.
pub(crate) enum OnDisk {
    Named(PathBuf),
    Held(HeldFile),
}

impl OnDisk {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Held(file) => file.path(),
        }
    }
}

impl ImportSource {
    /// What people know it by.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Object { object, .. } => object.clone(),
            Self::File(path) => path.display().to_string(),
            Self::Upload(id) => id.clone(),
        }
    }

    /// Its bucket; empty where it is in none.
    pub(crate) fn bucket(&self) -> &str {
        match self {
            Self::Object { bucket, .. } => bucket,
            Self::File(_) | Self::Upload(_) => "",
        }
    }
}

impl Ecs {
    /// Finds what is to be imported.
    ///
    /// Errors: `BucketNotFound`, `MalformedObject`, `ObjectNotFound`, `Service`; `UploadNotFound`, `UploadIncomplete`.
    pub(crate) async fn locate(&self, source: &ImportSource, scope: &Scope) -> Result<Located> {
        Ok(match source {
            ImportSource::File(path) => Located::Here(OnDisk::Named(path.clone())),
            ImportSource::Upload(id) => Located::Here(OnDisk::Named(self.uploaded(id, scope).await?)),
            ImportSource::Object { bucket, object } => self.locate_object(bucket, object)?,
        })
    }

    fn locate_object(&self, bucket: &str, object: &str) -> Result<Located> {
        let found = self.config.import_buckets.get(bucket);
        let found = found.ok_or_else(|| ImportError::BucketNotFound(bucket.to_owned()))?;
        check_object(object)?;
        match found {
            Bucket::S3(found) => Ok(Located::There(Arc::clone(found))),
            Bucket::Directory(directory) => {
                let held = HeldFile::open_beneath(directory, Path::new(object));
                let held = held.map_err(|error| of_file(error, directory, bucket, object))?;
                Ok(Located::Here(OnDisk::Held(held)))
            }
        }
    }
}

pub(super) fn not_found(bucket: &str, object: &str) -> EcsError {
    ImportError::ObjectNotFound { bucket: bucket.to_owned(), object: object.to_owned() }.into()
}

/// What a service said of an object, in the words of the API: the operator's own names stay in the log.
pub(crate) fn of_service(error: StoreError, did: &'static str, bucket: &str, object: &str) -> EcsError {
    tracing::warn!(bucket, object, %error, cause = %error.cause, "a bucket refused");
    match error.cause {
        Cause::NoSuchBlob => not_found(bucket, object),
        _ => {
            ImportError::Service { bucket: bucket.to_owned(), object: object.to_owned(), did, source: Box::new(error) }
                .into()
        }
    }
}

/// What the system said of a file of a directory.
fn of_file(error: io::Error, directory: &Path, bucket: &str, object: &str) -> EcsError {
    let cause = match error.kind() {
        io::ErrorKind::NotFound => Cause::NoSuchBlob,
        _ => Cause::Io(error),
    };
    let store = format!("{object} in {}", directory.display());
    of_service(StoreError { store, blob: None, action: "open", cause }, "read", bucket, object)
}

fn check_object(object: &str) -> Result<()> {
    let path = Path::new(object);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let fits = !object.is_empty() && object.len() <= OBJECT_BYTES_MAX && !object.chars().any(char::is_control);
    if is_plain && fits {
        Ok(())
    } else {
        Err(ImportError::MalformedObject(object.escape_default().to_string()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a file that is not there is said not to be there; what the operator has to mend has another code, and no path in its text.
    #[test]
    fn what_cannot_be_opened_is_no_missing_object() {
        let told = |kind: io::ErrorKind| of_file(kind.into(), Path::new("/srv/golden"), "golden", "a.raw");
        let missing = told(io::ErrorKind::NotFound);
        assert!(matches!(missing, EcsError::Import(ImportError::ObjectNotFound { .. })), "{missing}");
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::Other] {
            let error = told(kind);
            assert!(matches!(error, EcsError::Import(ImportError::Service { .. })), "{error}");
            assert!(!error.to_string().contains("/srv"), "{error}");
        }
    }

    /// No name leads out of a bucket.
    #[test]
    fn objects_stay_in_their_bucket() {
        for good in ["a.qcow2", "golden/debian 12.raw", "镜像.vhd"] {
            assert!(check_object(good).is_ok(), "{good}");
        }
        for bad in ["", "/etc/passwd", "../a", "a/../../b", ".", "a\0b", "a\nb", &"a".repeat(1024)] {
            assert!(check_object(bad).is_err(), "{bad:?}");
        }
    }
}
