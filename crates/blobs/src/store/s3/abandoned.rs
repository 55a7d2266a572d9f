use std::collections::{BTreeSet, HashMap};
use std::sync::MutexGuard;

use jiff::Timestamp;
use object_store::path::Path as ObjectPath;
use serde::Deserialize;

use super::record::Record;
use super::{Bucket, S3Store};
use crate::store::blocking::blocking;
use crate::store::work::if_there;
use crate::store::{BlobId, Cause};

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

    /// Aborts every upload of an object, but those that are running here. Returns how many there were.
    pub(super) async fn abort_all_of(&self, key: &ObjectPath) -> Result<u64, Cause> {
        let is_of = |upload: &Listed| upload.key == key.as_ref() && !self.running().contains_key(&upload.upload_id);
        self.abort_each(key.as_ref(), is_of).await
    }

    /// Aborts the uploads of objects with this prefix that are chosen.
    async fn abort_each(&self, prefix: &str, is_chosen: impl Fn(&Listed) -> bool) -> Result<u64, Cause> {
        let mut aborted = 0;
        let mut markers = (String::new(), String::new());
        loop {
            let mut query = vec![("prefix", prefix), ("uploads", "")];
            if !markers.0.is_empty() {
                query.extend([("key-marker", markers.0.as_str()), ("upload-id-marker", markers.1.as_str())]);
            }
            let Some(page) = self.calls.list::<Uploads>(&query).await? else { return Ok(aborted) };
            for upload in page.uploads.iter().filter(|upload| is_chosen(upload)) {
                self.calls.delete(&upload.key, &[("uploadId", &upload.upload_id)]).await?;
                aborted += 1;
            }
            let next = (page.next_key_marker, page.next_upload_id_marker);
            // A service that does not move on would keep us here for ever.
            if !page.is_truncated || next == markers {
                return Ok(aborted);
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
    /// Aborts the uploads of blobs that are not wanted: those that this directory has a record of, and old ones of the bucket.
    pub(super) async fn abort_abandoned(&self, before: Timestamp, wanted: &BTreeSet<BlobId>) -> Result<u64, Cause> {
        let (mut aborted, mut failed) = (0, None);
        for id in self.recorded().await? {
            let is_running = self.bucket.running().values().any(|key| *key == self.bucket.key(&id));
            if is_running || wanted.contains(&id) {
                continue;
            }
            match self.abort_recorded(&id).await {
                Ok(was_there) => aborted += u64::from(was_there),
                // One that cannot be aborted keeps nobody from the others.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let is_abandoned = |upload: &Listed| self.is_abandoned(upload, before, wanted);
        aborted += self.bucket.abort_each(self.bucket.prefix.as_ref(), is_abandoned).await?;
        failed.map_or(Ok(aborted), Err)
    }

    /// Aborts the upload of a blob that this directory has a record of. Returns whether there was one.
    pub(super) async fn abort_recorded(&self, id: &BlobId) -> Result<bool, Cause> {
        let (path, read, key) = (self.record(id), self.record(id), self.bucket.key(id));
        if !path.try_exists()? {
            return Ok(false);
        }
        let was_there = match blocking(move || Record::load(&read)).await? {
            Some(record) => self.bucket.abort(&key, &record.upload).await.map(|()| true)?,
            // One that names no upload is of one whose id did not come to us, if it began.
            None => self.bucket.abort_all_of(&key).await? > 0,
        };
        if_there(std::fs::remove_file(path))?;
        Ok(was_there)
    }

    /// Blobs whose uploads this directory has a record of.
    async fn recorded(&self) -> Result<Vec<BlobId>, Cause> {
        let uploads = self.uploads.clone();
        let names = blocking(move || {
            std::fs::read_dir(uploads)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()
        });
        Ok(names.await?.iter().filter_map(|name| name.to_str()?.parse().ok()).collect())
    }

    /// Whether it is an upload of a blob that is not wanted, old enough, and not running here.
    fn is_abandoned(&self, upload: &Listed, before: Timestamp, wanted: &BTreeSet<BlobId>) -> bool {
        let blob = ObjectPath::parse(&upload.key).ok().and_then(|key| self.bucket.blob(&key));
        let ours = blob.is_some_and(|blob| !wanted.contains(&blob));
        let old = upload.initiated.parse::<Timestamp>().is_ok_and(|initiated| initiated < before);
        ours && old && !self.bucket.running().contains_key(&upload.upload_id)
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
