//! The contract of `BlobStore`, the same for every store.

use std::sync::Arc;

use blobs::{BlobStore, Cause};

use crate::bucket::PART;
use crate::place::{id, ids, pattern, put, told, work_file};

/// Runs the whole contract on an empty store.
pub(crate) async fn keeps_the_contract(store: Arc<dyn BlobStore>) {
    a_blob_holds_what_was_put(&store).await;
    a_put_can_be_repeated(&store).await;
    only_work_files_become_blobs(&store).await;
    a_missing_blob_is_told_by_name(&store).await;
    ranges_stay_within_the_blob(&store).await;
    pages_go_through_all_blobs_in_order(&store).await;
    parallel_opens_get_the_same_file(&store).await;
    leftovers_are_listed(&store).await;
    store.give_up(&id(1)).await.unwrap();
    assert_eq!(store.uploads_here().await.unwrap(), []);
    assert_eq!(store.uploads_elsewhere().await.unwrap(), []);
}

/// Sizes around those at which a store changes its ways.
async fn a_blob_holds_what_was_put(store: &Arc<dyn BlobStore>) {
    for (n, bytes) in [0, 1, 4096, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 7].into_iter().enumerate() {
        let (id, content) = (id(n as u8), pattern(bytes));
        put(store, &id, &content).await;
        assert_eq!(store.size(&id).await.unwrap(), bytes as u64);
        let opened = store.open(&id).await.unwrap();
        assert_eq!(opened.bytes(), bytes as u64);
        assert!(std::fs::read(opened.path()).unwrap() == content, "{bytes} bytes differ");
        assert!(store.work_files().await.unwrap().is_empty(), "the work file of {bytes} bytes is left");
        store.delete(&id).await.unwrap();
        assert!(store.size(&id).await.unwrap_err().is_no_such_blob());
        store.delete(&id).await.unwrap();
    }
    assert_eq!(ids(store).await, []);
}

async fn a_put_can_be_repeated(store: &Arc<dyn BlobStore>) {
    let (id, content) = (id(1), pattern(PART + 100));
    let file = work_file(store, "finished", &content);
    store.put(&id, &file).await.unwrap();
    // The crash came after the put, before anyone knew.
    store.put(&id, &file).await.unwrap();
    // It came after the blob was there and before the work file was removed.
    work_file(store, "finished", &content);
    store.put(&id, &file).await.unwrap();
    assert!(!file.exists());
    assert_eq!(store.read_range(&id, 0..content.len() as u64).await.unwrap(), content);
    assert_eq!(ids(store).await, [id]);
    store.delete(&id).await.unwrap();
    assert_eq!(ids(store).await, []);
}

async fn only_work_files_become_blobs(store: &Arc<dyn BlobStore>) {
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("someone's");
    std::fs::write(&outside, "precious").unwrap();
    let link = store.work_directory().join("link");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    let directory = store.work_directory().join("directory");
    std::fs::create_dir(&directory).unwrap();
    let around = store.work_directory().join("..").join("work").join("x");
    for path in [&outside, &link, &directory, &around] {
        let error = store.put(&id(1), path).await.unwrap_err();
        assert!(matches!(error.cause, Cause::NotAWorkFile(_)), "{}", told(&error));
    }
    assert_eq!(std::fs::read(&outside).unwrap(), b"precious");
    std::fs::remove_file(link).unwrap();
    std::fs::remove_dir(directory).unwrap();
    let absent = store.work_directory().join("absent");
    let error = store.put(&id(1), &absent).await.unwrap_err();
    assert!(matches!(error.cause, Cause::NoWorkFile(_)), "{}", told(&error));
    assert_eq!(ids(store).await, []);
}

async fn a_missing_blob_is_told_by_name(store: &Arc<dyn BlobStore>) {
    let missing = id(0xab);
    let errors = [
        store.open(&missing).await.unwrap_err(),
        store.size(&missing).await.unwrap_err(),
        store.read_range(&missing, 0..1).await.unwrap_err(),
        store.read_range(&missing, 0..0).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_no_such_blob(), "{}", told(&error));
        let text = error.to_string();
        assert!(text.contains(&missing.to_string()) && text.contains(store.name()), "{text}");
    }
}

async fn ranges_stay_within_the_blob(store: &Arc<dyn BlobStore>) {
    let (id, content) = (id(1), pattern(1000));
    put(store, &id, &content).await;
    for range in [0..0, 0..1, 17..900, 999..1000, 0..1000, 1000..1000] {
        let wanted = &content[range.start as usize..range.end as usize];
        assert_eq!(store.read_range(&id, range.clone()).await.unwrap(), wanted, "{range:?}");
    }
    for range in [0..1001, 999..1001, 1000..1001, 5000..5001, 5000..5000, 0..u64::MAX] {
        let error = store.read_range(&id, range.clone()).await.unwrap_err();
        let Cause::PastTheEnd { blob_bytes: 1000, end } = error.cause else { panic!("{range:?}: {}", told(&error)) };
        assert_eq!(end, range.end);
    }
    store.delete(&id).await.unwrap();
}

async fn pages_go_through_all_blobs_in_order(store: &Arc<dyn BlobStore>) {
    for n in [7, 0xf0, 3, 0, 0xff] {
        put(store, &id(n), &pattern(usize::from(n))).await;
    }
    let mut seen = Vec::new();
    loop {
        let page = store.list(seen.last(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        for entry in page {
            assert_eq!(entry.id.to_string()[..2], format!("{:02x}", entry.bytes));
            assert!(entry.modified.as_second() > 1_700_000_000, "{}", entry.modified);
            seen.push(entry.id);
        }
    }
    assert_eq!(seen, [0, 3, 7, 0xf0, 0xff].map(id));
    for id in seen {
        store.delete(&id).await.unwrap();
    }
}

async fn parallel_opens_get_the_same_file(store: &Arc<dyn BlobStore>) {
    let (id, content) = (id(1), pattern(2 * PART));
    put(store, &id, &content).await;
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.open(&id).await.unwrap() })
        })
        .collect();
    let mut handles = Vec::new();
    for opener in openers {
        handles.push(opener.await.unwrap());
    }
    for handle in &handles {
        assert_eq!(handle.path(), handles[0].path());
        assert!(std::fs::read(handle.path()).unwrap() == content);
    }
    store.delete(&id).await.unwrap();
    assert!(store.open(&id).await.unwrap_err().is_no_such_blob());
}

async fn leftovers_are_listed(store: &Arc<dyn BlobStore>) {
    let file = work_file(store, "job-7.partial", b"1234567");
    std::fs::create_dir(store.work_directory().join("directory")).unwrap();
    let found = store.work_files().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].path, found[0].bytes), (&file, 7));
    std::fs::remove_file(file).unwrap();
    assert_eq!(store.work_files().await.unwrap(), []);
}
