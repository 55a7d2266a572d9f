use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::OnceCell;

use super::work::create_private;
use super::{BlobId, Cause, OpenBlob};

/// Downloaded blobs: `STORE/cache/ID`. A file stays while a handle pins it; of the others, the least recently used go first
/// when all together are larger than the bound.
///
/// The cache is emptied when it is opened, because files that were not flushed mean nothing after a power loss. So one process has it.
#[derive(Debug)]
pub(super) struct Cache {
    directory: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<BlobId, Entry>,
    /// Counts uses, so that they have an order.
    uses: u64,
}

#[derive(Debug, Default)]
struct Entry {
    /// Length of the file, once it is complete. Whoever comes first downloads, the others wait.
    complete: Arc<OnceCell<u64>>,
    pins: usize,
    last_use: u64,
    /// The blob was deleted: the file goes with its last handle.
    deleted: bool,
}

impl Cache {
    pub(super) fn create(store: &Path, bytes_max: u64) -> std::io::Result<Arc<Self>> {
        let directory = store.join("cache");
        if directory.try_exists()? {
            std::fs::remove_dir_all(&directory)?;
        }
        create_private(&directory)?;
        Ok(Arc::new(Self { directory, bytes_max, state: Mutex::default() }))
    }

    /// Gives the blob as a file, which `download` writes when it is not there: it gets the path and returns the length.
    pub(super) async fn open<D>(self: &Arc<Self>, id: &BlobId, download: D) -> Result<OpenBlob, Cause>
    where
        D: AsyncFnOnce(PathBuf) -> Result<u64, Cause>,
    {
        let (pin, complete) = self.pin(id)?;
        let path = self.path(id);
        let bytes = *complete.get_or_try_init(|| download(path.clone())).await?;
        self.lock().trim(self);
        Ok(OpenBlob { path, bytes, _pin: Some(pin) })
    }

    /// Removes the file of a deleted blob, as soon as nobody uses it.
    pub(super) fn forget(&self, id: &BlobId) {
        let mut state = self.lock();
        if let Some(entry) = state.entries.get_mut(id) {
            entry.deleted = true;
            state.release(self, id);
        }
    }

    fn pin(self: &Arc<Self>, id: &BlobId) -> Result<(Pin, Arc<OnceCell<u64>>), Cause> {
        let mut state = self.lock();
        let entry = state.entries.entry(*id).or_default();
        if entry.deleted {
            return Err(Cause::NoSuchBlob);
        }
        entry.pins += 1;
        Ok((Pin { cache: Arc::clone(self), id: *id }, Arc::clone(&entry.complete)))
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        self.directory.join(id.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock can panic")
    }
}

impl State {
    /// Removes a file that nobody uses and that is not complete or not wanted any more.
    fn release(&mut self, cache: &Cache, id: &BlobId) {
        if self.entries.get(id).is_some_and(|e| e.pins == 0 && (e.deleted || !e.complete.initialized())) {
            self.remove(cache, id);
        }
    }

    /// Removes unused files until the rest is within the bound. Files in use may exceed it.
    fn trim(&mut self, cache: &Cache) {
        while self.bytes() > cache.bytes_max {
            let unused = self.entries.iter().filter(|(_, entry)| entry.pins == 0);
            let Some(id) = unused.min_by_key(|(_, entry)| entry.last_use).map(|(id, _)| *id) else { return };
            self.remove(cache, &id);
        }
    }

    fn remove(&mut self, cache: &Cache, id: &BlobId) {
        self.entries.remove(id);
        // A file that cannot be removed costs space, and goes with the next start.
        let _ = std::fs::remove_file(cache.path(id));
    }

    fn bytes(&self) -> u64 {
        self.entries.values().filter_map(|entry| entry.complete.get()).sum()
    }
}

/// Keeps one file in the cache.
#[derive(Debug)]
pub(super) struct Pin {
    cache: Arc<Cache>,
    id: BlobId,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = self.cache.lock();
        state.uses += 1;
        let uses = state.uses;
        if let Some(entry) = state.entries.get_mut(&self.id) {
            entry.pins -= 1;
            entry.last_use = uses;
        }
        state.release(&self.cache, &self.id);
        state.trim(&self.cache);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> BlobId {
        BlobId::from_random([n; 16])
    }

    async fn open(cache: &Arc<Cache>, n: u8, bytes: u64) -> OpenBlob {
        let download = async |path: PathBuf| {
            std::fs::write(path, vec![n; bytes as usize])?;
            Ok(bytes)
        };
        cache.open(&id(n), download).await.unwrap()
    }

    fn kept(cache: &Cache) -> Vec<u8> {
        (0..9).filter(|&n| cache.path(&id(n)).exists()).collect()
    }

    #[tokio::test]
    async fn the_least_recently_used_file_goes_first_and_none_that_is_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::create(dir.path(), 100).unwrap();
        let first = open(&cache, 1, 40).await;
        drop(open(&cache, 2, 40).await);
        assert_eq!(kept(&cache), [1, 2]);
        drop(open(&cache, 3, 40).await);
        assert_eq!(kept(&cache), [1, 3], "1 is in use, 2 is older than 3");
        let large = open(&cache, 4, 90).await;
        assert_eq!(kept(&cache), [1, 4], "files in use may exceed the bound");
        drop(first);
        assert_eq!(kept(&cache), [4]);
        drop(large);
        assert_eq!(kept(&cache), [4]);
    }

    #[tokio::test]
    async fn a_deleted_blob_goes_with_its_last_handle() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::create(dir.path(), 100).unwrap();
        let handle = open(&cache, 1, 10).await;
        cache.forget(&id(1));
        assert_eq!(kept(&cache), [1]);
        let again = cache.open(&id(1), async |_| Ok(10)).await;
        assert!(matches!(again, Err(Cause::NoSuchBlob)), "{again:?}");
        drop(handle);
        assert!(kept(&cache).is_empty());
    }

    /// What is left of a download that failed or was given up is removed, and the next one begins anew.
    #[tokio::test]
    async fn half_a_download_is_never_kept() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::create(dir.path(), 100).unwrap();
        let failing = async |path: PathBuf| {
            std::fs::write(path, "half")?;
            Err(Cause::WrongLength { expected: 8, found: 4 })
        };
        cache.open(&id(1), failing).await.unwrap_err();
        assert!(kept(&cache).is_empty());
        let endless = async |path: PathBuf| {
            std::fs::write(path, "half")?;
            std::future::pending().await
        };
        let waiting = tokio::spawn({
            let cache = Arc::clone(&cache);
            async move { cache.open(&id(2), endless).await.map(drop) }
        });
        while kept(&cache) != [2] {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        waiting.await.unwrap_err();
        assert!(kept(&cache).is_empty());
        assert_eq!(open(&cache, 2, 4).await.bytes(), 4);
    }
}
