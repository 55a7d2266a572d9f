use std::collections::{BTreeSet, HashMap};
use std::sync::MutexGuard;

use jiff::Timestamp;
use object_store::path::Path as ObjectPath;
use serde::Deserialize;

use super::record::Record;
use super::{Bucket, S3Store};
use crate::store::blocking::blocking;
use crate::store::work::if_there;
use crate::store::{Begun, BlobId, BlobUpload, Cause};

/// Most uploads that are told at once.
const UPLOADS_MAX: usize = 10_000;

/// Answer of `ListMultipartUploads`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Uploads {
    #[serde(default, rename = "Upload")]
    uploads: Vec<Listed>,
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    next_key_marker: String,
    #[serde(default)]
    next_upload_id_marker: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    key: String,
    upload_id: String,
    initiated: String,
}

impl Bucket {
    /// The uploads that are running here, by their ids.
    pub(super) fn running(&self) -> MutexGuard<'_, HashMap<String, ObjectPath>> {
        self.uploads.lock().expect("no holder of this lock can panic")
    }
}

impl S3Store {
    /// The uploads of blobs that do not run here: those that this directory has a record of, and others of the bucket.
    pub(super) async fn abandoned(&self) -> Result<Vec<BlobUpload>, Cause> {
        let (mut found, mut recorded) = (Vec::new(), BTreeSet::new());
        for blob in self.recorded().await? {
            if self.runs(&blob) {
                continue;
            }
            let path = self.record(&blob);
            recorded.extend(blocking(move || Record::upload_of(&path)).await?);
            found.push(BlobUpload { blob, begun: Begun::Here });
        }
        self.add_listed(&mut found, &recorded).await?;
        Ok(found)
    }

    /// Aborts one of them, unless it runs here by now.
    pub(super) async fn abort_abandoned(&self, upload: &BlobUpload) -> Result<(), Cause> {
        match &upload.begun {
            Begun::Here if self.runs(&upload.blob) => Ok(()),
            Begun::Here => self.abort_recorded(&upload.blob).await,
            Begun::Elsewhere { upload: id, .. } if self.bucket.running().contains_key(id) => Ok(()),
            Begun::Elsewhere { upload: id, .. } => self.bucket.abort(&self.bucket.key(&upload.blob), id).await,
        }
    }

    /// Aborts the upload of a blob that this directory has a record of, if there is one.
    pub(super) async fn abort_recorded(&self, id: &BlobId) -> Result<(), Cause> {
        let (path, read) = (self.record(id), self.record(id));
        // One that cannot be read names no upload, which is listed as one of others.
        if let Some(upload) = blocking(move || Record::upload_of(&read)).await? {
            self.bucket.abort(&self.bucket.key(id), &upload).await?;
        }
        if_there(std::fs::remove_file(path))?;
        Ok(())
    }

    /// Whether an upload of a blob runs here.
    fn runs(&self, blob: &BlobId) -> bool {
        let key = self.bucket.key(blob);
        self.bucket.running().values().any(|running| *running == key)
    }

    /// Blobs whose uploads this directory has a record of.
    async fn recorded(&self) -> Result<Vec<BlobId>, Cause> {
        let uploads = self.uploads.clone();
        let names = blocking(move || {
            std::fs::read_dir(uploads)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()
        });
        Ok(names.await?.iter().filter_map(|name| name.to_str()?.parse().ok()).collect())
    }

    /// Adds the uploads that the service lists, but those that are `recorded` here.
    async fn add_listed(&self, found: &mut Vec<BlobUpload>, recorded: &BTreeSet<String>) -> Result<(), Cause> {
        let prefix = self.bucket.prefix.to_string();
        let mut markers = (String::new(), String::new());
        loop {
            let mut query = vec![("prefix", prefix.as_str()), ("uploads", "")];
            if !markers.0.is_empty() {
                query.extend([("key-marker", markers.0.as_str()), ("upload-id-marker", markers.1.as_str())]);
            }
            let Some(page) = self.bucket.calls.list::<Uploads>(&query).await? else { return Ok(()) };
            let others = page.uploads.into_iter().filter(|upload| !recorded.contains(&upload.upload_id));
            found.extend(others.filter_map(|upload| self.upload_of_blob(upload)));
            let next = (page.next_key_marker, page.next_upload_id_marker);
            // A service that does not move on would keep us here for ever.
            if !page.is_truncated || next == markers || found.len() >= UPLOADS_MAX {
                return Ok(());
            }
            markers = next;
        }
    }

    /// `None` for an upload that is of no blob, or runs here.
    fn upload_of_blob(&self, listed: Listed) -> Option<BlobUpload> {
        let blob = ObjectPath::parse(&listed.key).ok().and_then(|key| self.bucket.blob(&key))?;
        if self.bucket.running().contains_key(&listed.upload_id) {
            return None;
        }
        let at = listed.initiated.parse().unwrap_or(Timestamp::MAX);
        Some(BlobUpload { blob, begun: Begun::Elsewhere { at, upload: listed.upload_id } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_where_the_next_one_begins() {
        let text = "<ListMultipartUploadsResult><Bucket>b</Bucket><KeyMarker/><NextKeyMarker>p/1</NextKeyMarker>\
            <NextUploadIdMarker>u+/=</NextUploadIdMarker><IsTruncated>true</IsTruncated><Upload><Key>p/1</Key>\
            <UploadId>u+/=</UploadId><Initiated>2026-11-28T02:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>";
        let page: Uploads = quick_xml::de::from_str(text).unwrap();
        assert!(page.is_truncated);
        assert_eq!((page.next_key_marker.as_str(), page.next_upload_id_marker.as_str()), ("p/1", "u+/="));
        assert_eq!((page.uploads.len(), page.uploads[0].upload_id.as_str()), (1, "u+/="));
        assert!(page.uploads[0].initiated.parse::<Timestamp>().is_ok());
    }
}
