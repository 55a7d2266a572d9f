use serde::Deserialize;

use super::Bucket;
use crate::store::{BlobId, Cause};

/// Answer of `ListObjectVersions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    #[serde(default, rename = "Version")]
    versions: Vec<Version>,
    #[serde(default, rename = "DeleteMarker")]
    delete_markers: Vec<Version>,
}

/// A version of an object, or a delete marker, which is a version without content.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    key: String,
    version_id: String,
}

impl Bucket {
    /// Removes the blob so that no version of its bytes is left, where the bucket keeps versions.
    ///
    /// A bucket without versions lists its object as version `null`; a service without such a list has no versions.
    pub(super) async fn purge(&self, id: &BlobId) -> Result<(), Cause> {
        let key = self.key(id).to_string();
        let mut before = Vec::new();
        loop {
            let versions = self.versions(&key).await?;
            if versions.is_empty() {
                break;
            }
            if versions == before {
                return Err(Cause::Unusable(format!("the service keeps version {}", versions[0].version_id)));
            }
            for version in &versions {
                self.calls.delete(&key, &[("versionId", &version.version_id)]).await?;
            }
            before = versions;
        }
        // Only an object that is there is deleted plainly: elsewhere that would leave a delete marker.
        match self.size(id).await {
            Ok(_) => self.calls.delete(&key, &[]).await,
            Err(Cause::NoSuchBlob) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// The first page of the versions of one object.
    async fn versions(&self, key: &str) -> Result<Vec<Version>, Cause> {
        let page: Option<Versions> = self.calls.list(&[("prefix", key), ("versions", "")]).await?;
        let all = page.into_iter().flat_map(|page| page.versions.into_iter().chain(page.delete_markers));
        Ok(all.filter(|version| version.key == key).collect())
    }
}
