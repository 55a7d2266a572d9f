//! Buckets that the operator configured, and names in them.

use std::path::{Component, Path, PathBuf};

use crate::config::ImportPlace;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

/// Longest name of an object. Source: OSS.
const OBJECT_BYTES_MAX: usize = 1023;

impl Ecs {
    /// The file that is named, or the one behind an object's name.
    ///
    /// Errors: as [`Ecs::object_path`].
    pub(crate) fn file_to_import(&self, file: Option<&PathBuf>, bucket: &str, object: &str) -> Result<PathBuf> {
        file.map_or_else(|| self.object_path(bucket, object), |file| Ok(file.clone()))
    }

    /// The file behind an object's name. It lies in the directory of its bucket, symbolic links resolved.
    ///
    /// Errors: `BucketNotFound`, `MalformedObject`, `ObjectNotFound`.
    fn object_path(&self, bucket: &str, object: &str) -> Result<PathBuf> {
        let place = self.config.buckets.get(bucket).ok_or_else(|| EcsError::BucketNotFound(bucket.to_owned()))?;
        let ImportPlace::Directory(directory) = place;
        check_object(object)?;
        let not_found = || EcsError::ObjectNotFound { bucket: bucket.to_owned(), object: object.to_owned() };
        let directory = directory.canonicalize().map_err(|_| EcsError::BucketNotFound(bucket.to_owned()))?;
        let path = directory.join(object).canonicalize().map_err(|_| not_found())?;
        if path.starts_with(&directory) && path.is_file() { Ok(path) } else { Err(not_found()) }
    }
}

fn check_object(object: &str) -> Result<()> {
    let path = Path::new(object);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let fits = !object.is_empty() && object.len() <= OBJECT_BYTES_MAX && !object.chars().any(char::is_control);
    if is_plain && fits { Ok(()) } else { Err(EcsError::MalformedObject(object.escape_default().to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
