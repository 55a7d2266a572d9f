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

    /// Aborts every upload of an object, but those that are running here.
    pub(super) async fn abort_all_of(&self, key: &ObjectPath) -> Result<(), Cause> {
        let mut found = Vec::new();
        self.list_uploads(key.as_ref(), |page| {
            found.extend(page.into_iter().filter(|upload| upload.key == key.as_ref()));
            found.len() < UPLOADS_MAX
        })
        .await?;
        for upload in found {
            if !self.running().contains_key(&upload.upload_id) {
                self.abort(key, &upload.upload_id).await?;
            }
        }
        Ok(())
    }

    /// The uploads of objects with this prefix, page by page, while more of them are wanted.
    async fn list_uploads(&self, prefix: &str, mut more: impl FnMut(Vec<Listed>) -> bool) -> Result<(), Cause> {
        let mut markers = (String::new(), String::new());
        loop {
            let mut query = vec![("prefix", prefix), ("uploads", "")];
            if !markers.0.is_empty() {
                query.extend([("key-marker", markers.0.as_str()), ("upload-id-marker", markers.1.as_str())]);
            }
            let Some(page) = self.calls.list::<Uploads>(&query).await? else { return Ok(()) };
            let next = (page.next_key_marker, page.next_upload_id_marker);
            // A service that does not move on would keep us here for ever.
            if !more(page.uploads) || !page.is_truncated || next == markers {
                return Ok(());
            }
            markers = next;
        }
    }
}

/// An upload that the service is asked for. It has no id yet, and does not count as abandoned either.
pub(super) struct Beginning<'a> {
    bucket: &'a Bucket,
    name: String,
}

impl<'a> Beginning<'a> {
    pub(super) fn of(bucket: &'a Bucket, key: &ObjectPath) -> Self {
        // No id of a service: those have no space.
        let name = format!("{key} begins");
        bucket.running().insert(name.clone(), key.clone());
        Self { bucket, name }
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        self.bucket.running().remove(&self.name);
    }
}

impl S3Store {
    /// The uploads that this directory has a record of, but those that run here.
    pub(super) async fn abandoned_here(&self) -> Result<Vec<BlobUpload>, Cause> {
        let recorded = self.recorded().await?.into_iter().filter(|blob| !self.runs(blob));
        Ok(recorded.map(|blob| BlobUpload { blob, begun: Begun::Here }).collect())
    }

    /// The uploads that the service lists, but those that this directory has a record of or that run here.
    pub(super) async fn abandoned_elsewhere(&self) -> Result<Vec<BlobUpload>, Cause> {
        let mut recorded = BTreeSet::new();
        for blob in self.recorded().await? {
            let path = self.record(&blob);
            recorded.extend(blocking(move || Record::upload_of(&path)).await?);
        }
        let mut found = Vec::new();
        self.bucket
            .list_uploads(self.bucket.prefix.as_ref(), |page| {
                let others = page.into_iter().filter(|upload| !recorded.contains(&upload.upload_id));
                found.extend(others.filter_map(|upload| self.upload_of_blob(upload)));
                found.len() < UPLOADS_MAX
            })
            .await?;
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
        let (path, read, key) = (self.record(id), self.record(id), self.bucket.key(id));
        if !path.try_exists()? {
            return Ok(());
        }
        match blocking(move || Record::upload_of(&read)).await? {
            Some(upload) => self.bucket.abort(&key, &upload).await?,
            // One that names no upload is of one whose id did not come to us, if it began.
            None => self.bucket.abort_all_of(&key).await?,
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
