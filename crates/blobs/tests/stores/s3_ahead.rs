//! Work files whose parts go up while they are written.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use blobs::{Begun, BlobStore, BlobUpload, PutAhead, partial_path};

use crate::bucket::{PART, PREFIX, config, store};
use crate::moto::Moto;
use crate::place::{id, ids, pattern, until};
use crate::s3s_server::S3sServer;

/// Eight whole parts, and some more.
const BYTES: usize = 8 * PART + 12_345;
/// What is written at once: parts begin and end within one.
const PIECE: usize = 3 << 20;

/// A blob in the making.
struct Making {
    store: Arc<dyn BlobStore>,
    content: Vec<u8>,
    work: PathBuf,
    file: Arc<File>,
}

impl Making {
    fn new(store: Arc<dyn BlobStore>) -> Self {
        let work = store.work_directory().join("made");
        let file = File::options().create(true).truncate(false).write(true).open(partial_path(&work)).unwrap();
        Self { store, content: pattern(BYTES), work, file: Arc::new(file) }
    }

    fn pieces(&self) -> Vec<Range<usize>> {
        (0..BYTES).step_by(PIECE).map(|start| start..(start + PIECE).min(BYTES)).collect()
    }

    /// Begins a run that finds these pieces written.
    async fn begin(&self, there: &[Range<usize>]) -> Arc<PutAhead> {
        let ahead = Arc::new(self.store.put_ahead(&id(1), &self.work).unwrap());
        let (begun, there) = (Arc::clone(&ahead), there.to_vec());
        let begin = move || begun.begin(BYTES as u64, &mut there.into_iter().map(bytes)).unwrap();
        tokio::task::spawn_blocking(begin).await.unwrap();
        ahead
    }

    fn write(&self, ahead: &PutAhead, pieces: &[Range<usize>]) {
        for piece in pieces {
            self.file.write_all_at(&self.content[piece.clone()], piece.start as u64).unwrap();
            ahead.written(bytes(piece.clone()));
        }
    }

    /// Gives the file its name, and puts it.
    async fn put(&self) {
        std::fs::rename(partial_path(&self.work), &self.work).unwrap();
        self.store.put(&id(1), &self.work).await.unwrap();
        assert!(self.store.read_range(&id(1), 0..BYTES as u64).await.unwrap() == self.content, "other bytes");
    }
}

fn bytes(piece: Range<usize>) -> Range<u64> {
    piece.start as u64..piece.end as u64
}

/// Numbers of the parts that are written down as sent.
fn recorded(directory: &std::path::Path) -> BTreeSet<usize> {
    let text = std::fs::read_to_string(directory.join("store/uploads").join(id(1).to_string())).unwrap();
    let lines = text.lines().skip(2).map(|line| line[1..].split_once(',').unwrap().0);
    lines.map(|index| index.parse::<usize>().unwrap() + 1).collect()
}

/// Whatever the order in which a file is written, each part goes up once, as soon as it is whole and before the file is; the first comes
/// last, and the object is the file.
#[tokio::test(flavor = "multi_thread")]
async fn parts_go_up_in_any_order_and_the_first_one_last() {
    let mut firsts = BTreeSet::new();
    for order in 0..3 {
        let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
        let making = Making::new(store(&config(&server.endpoint, dir.path())));
        let mut pieces = making.pieces();
        match order {
            1 => pieces.reverse(),
            2 => pieces.sort_by_key(|piece| (piece.start / PIECE * 5) % 14),
            _ => {}
        }
        let (early, late) = pieces.split_at(pieces.len() / 2);
        let ahead = making.begin(&[]).await;
        making.write(&ahead, early);
        until("a part comes while the file is written", || !server.parts().is_empty()).await;
        making.write(&ahead, late);
        ahead.finish().await.unwrap();
        let mut parts = server.parts();
        firsts.insert(parts[0]);
        parts.sort_unstable();
        assert_eq!(parts, (2..=8).collect::<Vec<_>>(), "neither the first nor the last, which is no whole one");
        making.put().await;
        assert_eq!(server.parts()[7..], [9, 1]);
        let object = server.object(&format!("{PREFIX}/{}", id(1)));
        assert!(std::fs::read(object).unwrap() == making.content);
        assert_eq!(std::fs::read_dir(dir.path().join("store/uploads")).unwrap().count(), 0, "a record is left");
    }
    assert!(firsts.len() > 1, "the order of writing makes no difference: {firsts:?}");
}

/// Of a run that ended in the midst of it, parts that are written down do not come again; those that a later run does not vouch for do,
/// with what is in them by then.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_sends_what_is_missing() {
    for (lost, label) in [(0, "killed"), (3, "without power")] {
        let (server, dir) = (S3sServer::start().await, tempfile::tempdir().unwrap());
        let config = config(&server.endpoint, dir.path());
        let mut making = Making::new(store(&config));
        let pieces = making.pieces();
        let (early, late) = pieces.split_at(9);
        let ahead = making.begin(&[]).await;
        making.write(&ahead, early);
        ahead.finish().await.unwrap();
        let sent = recorded(dir.path());
        assert_eq!(sent, (2..=5).collect(), "{label}");
        let before = server.parts().len();

        // What is not vouched for is written anew, and differs.
        let (there, anew) = early.split_at(early.len() - lost);
        anew.iter().for_each(|piece| making.content[piece.clone()].reverse());
        making.store = store(&config);
        let ahead = making.begin(there).await;
        making.write(&ahead, &[anew, late].concat());
        ahead.finish().await.unwrap();
        making.put().await;
        let vouched: BTreeSet<usize> = sent.into_iter().filter(|part| part * PART <= there.len() * PIECE).collect();
        let again = &server.parts()[before..];
        assert!(!vouched.is_empty() && again.iter().all(|part| !vouched.contains(part)), "{label}: {again:?}");
        assert_eq!(again.len(), 9 - vouched.len(), "{label}: {again:?}");
    }
}

/// A put that was killed between its parts and its end, or whose upload the service gave up meanwhile, ends well.
#[tokio::test(flavor = "multi_thread")]
async fn a_put_goes_on_where_another_ended() {
    for is_forgotten in [false, true] {
        let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
        let config = config(&moto.endpoint(), dir.path());
        let mut making = Making::new(store(&config));
        let ahead = making.begin(&[]).await;
        making.write(&ahead, &making.pieces());
        ahead.finish().await.unwrap();
        assert_eq!(moto.ask("GET", "?uploads", "").matches("<UploadId>").count(), 1);
        if is_forgotten {
            let record = std::fs::read_to_string(dir.path().join("store/uploads").join(id(1).to_string())).unwrap();
            let upload = record.split('"').nth(1).unwrap();
            moto.ask("DELETE", &format!("/{PREFIX}/{}?uploadId={upload}", id(1)), "");
        }
        making.store = store(&config);
        making.put().await;
        assert!(!moto.ask("GET", "?uploads", "").contains("<UploadId>"));
    }
}

/// What came of a blob that will never be is removed: by who gives it up, and by the sweeper, whatever its age. An upload that is in use
/// is left alone, also one of an earlier process.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_leaves_nothing() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    let config = config(&moto.endpoint(), dir.path());
    for is_swept in [false, true] {
        let making = Making::new(store(&config));
        let ahead = making.begin(&[]).await;
        making.write(&ahead, &making.pieces()[..5]);
        let uploads = dir.path().join("store/uploads");
        let record = uploads.join(id(1).to_string());
        let is_named = || std::fs::read_to_string(&record).is_ok_and(|text| text.lines().count() > 1);
        until("the id of the upload is written down", is_named).await;
        assert_eq!(making.store.uploads_here().await.unwrap(), [], "it is running");
        assert_eq!(making.store.uploads_elsewhere().await.unwrap(), [], "it is running");
        let own = BlobUpload { blob: id(1), begun: Begun::Here };
        making.store.abort_upload(&own).await.unwrap();
        assert_eq!(making.store.uploads_here().await.unwrap(), [], "it is running still");
        ahead.finish().await.unwrap();
        drop(ahead);
        let later = store(&config);
        assert_eq!(later.uploads_here().await.unwrap(), std::slice::from_ref(&own));
        assert_eq!(later.uploads_elsewhere().await.unwrap(), [], "once, though the service lists it too");
        if is_swept {
            later.abort_upload(&own).await.unwrap();
        } else {
            later.give_up(&id(1)).await.unwrap();
        }
        later.give_up(&id(1)).await.unwrap();
        assert!(!moto.ask("GET", "?uploads", "").contains("<UploadId>"));
        assert_eq!(std::fs::read_dir(dir.path().join("store/uploads")).unwrap().count(), 0, "a record is left");
        assert_eq!(ids(&later).await, []);
    }
}
