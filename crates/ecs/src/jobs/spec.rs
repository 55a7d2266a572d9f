//! What a job is to do, as it stands in the catalog. It names everything that the job makes, so a job that begins again makes the same.

use engine::Identity;
use kms::KeyId;
use serde::{Deserialize, Serialize};

use crate::error::{EcsError, Result};
use crate::import_image::ImportSource;

/// The API's word for the job that makes no image.
pub(crate) const EXPORT_IMAGE: &str = "ExportImage";

/// The API's words for the jobs that read disks.
pub(crate) const CREATE_IMAGE: &str = "CreateImage";
pub(crate) const CREATE_SNAPSHOT: &str = "CreateSnapshot";

/// How an image is recorded under its key while it is being made.
pub(crate) const COPYING: &str = "copying";

/// `CopyImage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopySpec {
    /// The disks, the system disk first.
    pub(crate) disks: Vec<CopyDisk>,
}

/// One disk of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopyDisk {
    /// 0: the system disk.
    pub(crate) position: u32,
    /// What is copied.
    pub(crate) source_snapshot: String,
    /// What becomes of it.
    pub(crate) snapshot: String,
    /// The blob that is made; none where the copy shares that of its source.
    pub(crate) blob: Option<String>,
    /// `keep`, `encrypt`, `reencrypt` or `rewrap`.
    pub(crate) mode: String,
    /// The key that it comes under, where it is made anew.
    #[serde(with = "key_text", default)]
    pub(crate) key: Option<KeyId>,
}

/// `ImportImage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportSpec {
    /// The disks, the system disk first.
    pub(crate) disks: Vec<ImportedDisk>,
}

/// One disk of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportedDisk {
    /// 0: the system disk.
    pub(crate) position: u32,
    /// Where it is.
    pub(crate) source: ImportSource,
    /// What it was found to be when the call was made: it is not probed again. Of an object of a service: what the caller says.
    pub(crate) format: Option<String>,
    /// In which state it was when the call was made; in another it is refused.
    pub(crate) seen: Seen,
    /// How large the disk is said to be at most, in GiB.
    pub(crate) size_gib: Option<u64>,
    /// What becomes of it.
    pub(crate) snapshot: String,
    /// The blob that is made.
    pub(crate) blob: String,
}

/// What shows that a source is the one that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Seen {
    /// A file of this machine.
    File(Identity),
    /// Length of an object of a service, in bytes.
    Object(u64),
}

/// `CreateImage` from an instance, and `CreateSnapshot`: both read disks of an instance that is Stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadSpec {
    /// The instance, which is not started meanwhile.
    pub(crate) instance: String,
    /// The disks, the system disk first.
    pub(crate) disks: Vec<ReadDisk>,
}

/// One disk that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadDisk {
    /// Its place in the image: 0 for the system disk.
    pub(crate) position: u32,
    /// The disk.
    pub(crate) disk: String,
    /// What becomes of it.
    pub(crate) snapshot: String,
    /// The blob that is made.
    pub(crate) blob: String,
    /// The key that it is under, and stays under.
    #[serde(with = "key_text", default)]
    pub(crate) key: Option<KeyId>,
}

/// `ExportImage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportSpec {
    /// Where the files go.
    pub(crate) bucket: String,
    /// `raw`, `qcow2` or `vhd`.
    pub(crate) format: String,
    /// The disks, the system disk first.
    pub(crate) disks: Vec<ExportedDisk>,
}

/// One disk of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportedDisk {
    /// What is on it.
    pub(crate) snapshot: String,
    /// Name of the file in the bucket.
    pub(crate) object: String,
}

impl ReadSpec {
    pub(crate) fn to_json(&self) -> Result<String> {
        to_json(self)
    }

    /// Errors: `Damaged`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        read(text)
    }
}

impl ExportSpec {
    pub(crate) fn to_json(&self) -> Result<String> {
        to_json(self)
    }

    /// Errors: `Damaged`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        read(text)
    }
}

impl CopySpec {
    pub(crate) fn to_json(&self) -> Result<String> {
        to_json(self)
    }

    /// Errors: `Damaged`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        read(text)
    }
}

impl ImportSpec {
    pub(crate) fn to_json(&self) -> Result<String> {
        to_json(self)
    }

    /// Errors: `Damaged`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        read(text)
    }
}

fn to_json(spec: &impl Serialize) -> Result<String> {
    serde_json::to_string(spec).map_err(|error| EcsError::Damaged(error.to_string()))
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| EcsError::Damaged(format!("the text of a job: {error}")))
}

/// Ids of keys are text in JSON.
mod key_text {
    use kms::KeyId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(key: &Option<KeyId>, to: S) -> Result<S::Ok, S::Error> {
        match key {
            Some(key) => to.collect_str(key),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<KeyId>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written is read again, with a key and without.
    #[test]
    fn a_spec_comes_back() {
        for key in [None, Some(KeyId::new(catalog::Timestamp::UNIX_EPOCH, [7; 10]))] {
            let disk = CopyDisk {
                position: 0,
                source_snapshot: "s-1".to_owned(),
                snapshot: "s-2".to_owned(),
                blob: key.map(|_| "00".to_owned()),
                mode: "keep".to_owned(),
                key,
            };
            let spec = CopySpec { disks: vec![disk] };
            assert_eq!(CopySpec::read(&spec.to_json().unwrap()).unwrap(), spec);
        }
        assert!(matches!(CopySpec::read("{}"), Err(EcsError::Damaged(_))));
    }

    /// So is the state of a file, whatever its times.
    #[test]
    fn a_state_comes_back() {
        for seen in [
            Seen::Object(u64::MAX),
            Seen::File(Identity { inode: (1, u64::MAX), len: 9, modified_ns: -1, changed_ns: i128::MAX }),
        ] {
            let disk = ImportedDisk {
                position: 1,
                source: ImportSource::Upload("u-1".to_owned()),
                format: None,
                seen,
                size_gib: Some(4),
                snapshot: "s-1".to_owned(),
                blob: "00".to_owned(),
            };
            let spec = ImportSpec { disks: vec![disk] };
            assert_eq!(ImportSpec::read(&spec.to_json().unwrap()).unwrap(), spec);
        }
    }
}
