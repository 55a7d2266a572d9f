use std::collections::BinaryHeap;
use std::fs::{File, Permissions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::blocking::blocking;
use super::error::StoreName;
use super::work::{WorkDirectory, changed, create_private, if_there};
use super::{BlobEntry, BlobId, BlobStore, Cause, OpenBlob, StoreResult, WorkFile};

/// Blobs as files of a directory: `blobs/ID`, each for its owner only.
///
/// A put is a rename, so it takes the same time whatever the size of the blob, and there is no moment with half a blob.
#[derive(Debug)]
pub struct LocalStore {
    name: StoreName,
    blobs: PathBuf,
    work: WorkDirectory,
}

impl LocalStore {
    /// Opens the store in `directory`, and makes what is missing.
    ///
    /// Errors: the system's.
    pub fn open(directory: &Path) -> StoreResult<Self> {
        let name = StoreName(format!("local store {}", directory.display()));
        let blobs = directory.join("blobs");
        let made = create_private(&blobs).and_then(|()| WorkDirectory::create(directory));
        let work = made.map_err(name.failed("open", None))?;
        // A directory that is lost with the power takes its blobs with it.
        let flushed = flush_directory(directory).and_then(|()| flush_directory(&directory.join("..")));
        flushed.map_err(name.failed("open", None))?;
        Ok(Self { name, blobs, work })
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        self.blobs.join(id.to_string())
    }

    /// Runs one action on files, in which what is not there is a blob that is not there.
    async fn run<T: Send + 'static>(
        &self,
        action: &'static str,
        id: Option<&BlobId>,
        work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
    ) -> StoreResult<T> {
        blocking(work).await.map_err(self.name.failed(action, id))
    }
}

#[async_trait]
impl BlobStore for LocalStore {
    fn name(&self) -> &str {
        &self.name.0
    }

    fn work_directory(&self) -> &Path {
        self.work.path()
    }

    async fn put(&self, id: &BlobId, work_file: &Path) -> StoreResult<()> {
        let (work, work_file, blobs, target) =
            (self.work.clone(), work_file.to_owned(), self.blobs.clone(), self.path(id));
        self.run("put", Some(id), move || {
            match work.open(&work_file)? {
                Some(file) => {
                    file.set_permissions(Permissions::from_mode(0o600))?;
                    file.sync_all()?;
                    std::fs::rename(&work_file, &target)?;
                }
                None if !target.try_exists()? => return Err(Cause::NoWorkFile(work_file)),
                // The earlier put may have been stopped just before it flushed the directory.
                None => {}
            }
            Ok(flush_directory(&blobs)?)
        })
        .await
    }

    async fn open(&self, id: &BlobId) -> StoreResult<OpenBlob> {
        let path = self.path(id);
        self.run("open", Some(id), move || {
            let bytes = existing(std::fs::metadata(&path))?.len();
            Ok(OpenBlob { path, bytes, _pin: None })
        })
        .await
    }

    async fn read_range(&self, id: &BlobId, range: Range<u64>) -> StoreResult<Vec<u8>> {
        let path = self.path(id);
        self.run("read", Some(id), move || {
            let file = existing(File::open(&path))?;
            let blob_bytes = file.metadata()?.len();
            if range.end > blob_bytes {
                return Err(Cause::PastTheEnd { blob_bytes, end: range.end });
            }
            let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
            file.read_exact_at(&mut bytes, range.start)?;
            Ok(bytes)
        })
        .await
    }

    async fn size(&self, id: &BlobId) -> StoreResult<u64> {
        let path = self.path(id);
        self.run("measure", Some(id), move || Ok(existing(std::fs::metadata(path))?.len())).await
    }

    async fn delete(&self, id: &BlobId) -> StoreResult<()> {
        let (blobs, path) = (self.blobs.clone(), self.path(id));
        self.run("delete", Some(id), move || {
            if_there(std::fs::remove_file(path))?;
            Ok(flush_directory(&blobs)?)
        })
        .await
    }

    async fn list(&self, after: Option<&BlobId>, limit: usize) -> StoreResult<Vec<BlobEntry>> {
        let (blobs, after) = (self.blobs.clone(), after.copied());
        self.run("list the blobs of", None, move || Ok(page(&blobs, after, limit)?)).await
    }

    async fn work_files(&self) -> StoreResult<Vec<WorkFile>> {
        let work = self.work.clone();
        self.run("list the work files of", None, move || Ok(work.files()?)).await
    }
}

fn page(blobs: &Path, mut after: Option<BlobId>, limit: usize) -> io::Result<Vec<BlobEntry>> {
    loop {
        let ids = first_ids(blobs, after, limit)?;
        let mut entries = Vec::with_capacity(ids.len());
        for id in &ids {
            // A blob that was deleted in between is none.
            let Some(metadata) = if_there(std::fs::metadata(blobs.join(id.to_string())))? else { continue };
            entries.push(BlobEntry { id: *id, bytes: metadata.len(), modified: changed(&metadata) });
        }
        // A page whose blobs were all deleted in between is not the end.
        if !entries.is_empty() || ids.is_empty() {
            return Ok(entries);
        }
        after = ids.last().copied();
    }
}

/// The first `limit` ids behind `after`. Memory does not grow with the number of blobs.
fn first_ids(blobs: &Path, after: Option<BlobId>, limit: usize) -> io::Result<Vec<BlobId>> {
    let mut first = BinaryHeap::new();
    for entry in std::fs::read_dir(blobs)? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<BlobId>().ok()) else { continue };
        if after.is_none_or(|after| id > after) {
            first.push(id);
        }
        if first.len() > limit {
            first.pop();
        }
    }
    Ok(first.into_sorted_vec())
}

fn existing<T>(result: io::Result<T>) -> Result<T, Cause> {
    if_there(result)?.ok_or(Cause::NoSuchBlob)
}

fn flush_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
