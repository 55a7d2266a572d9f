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
        let object = self.key(id);
        let key = object.to_string();
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
        match self.size(&object).await {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS lists the versions and delete markers of one object by time, not by kind.
    #[test]
    fn versions_and_delete_markers_may_alternate() {
        let entry =
            |kind, id| format!("<{kind}><Key>k</Key><VersionId>{id}</VersionId><IsLatest>false</IsLatest></{kind}>");
        let list = [entry("Version", "1"), entry("DeleteMarker", "2"), entry("Version", "3")].concat();
        let text =
            format!("<ListVersionsResult><Name>b</Name><IsTruncated>false</IsTruncated>{list}</ListVersionsResult>");
        let page: Versions = quick_xml::de::from_str(&text).unwrap();
        let ids = |versions: Vec<Version>| versions.into_iter().map(|v| v.version_id).collect::<Vec<_>>();
        assert_eq!((ids(page.versions), ids(page.delete_markers)), (vec!["1".into(), "3".into()], vec!["2".into()]));
    }
}
