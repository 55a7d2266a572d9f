//! What an interrupted copy leaves, and what must not become of it.

use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::support::{Bench, assert_ok, run};
use crypto::OsRandom;
use engine::{CopyRequest, Durability, EngineError, Observer, Request, Surroundings, TargetFormat, Unfinished};

const MIB: u64 = 1 << 20;
const ENCRYPT: Request = Request { encrypt: true, key_named: true, rewrap: false };

fn copy_observed(bench: &Bench, request: &CopyRequest, observer: &Observer<'_>) -> engine::Result<engine::Copied> {
    let around = Surroundings {
        service: &bench.service,
        random: &OsRandom,
        created: "2026-11-25T00:00:00Z".into(),
        unix_seconds: 1_795_000_000,
        observer,
        follower: None,
    };
    engine::copy(request, &around)
}

/// Cancels a copy after some segments.
fn copy_cancelled(bench: &Bench, request: &CopyRequest, after_segments: u64) -> engine::Result<engine::Copied> {
    let (seen, cancel) = (AtomicU64::new(0), AtomicBool::new(false));
    let report = |_| {
        if seen.fetch_add(1, Ordering::Relaxed) + 1 == after_segments {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let observer = Observer { cancel: &cancel, report: &report };
    copy_observed(bench, request, &observer)
}

/// Runs a copy in a process of its own that is killed after some segments: a fork is what `kill -9` leaves.
pub(crate) fn copy_killed(bench: &Bench, request: &CopyRequest, after_segments: u64) {
    let seen = AtomicU64::new(0);
    let cancel = AtomicBool::new(false);
    let report = |_| {
        if seen.fetch_add(1, Ordering::Relaxed) + 1 == after_segments {
            keep_scratch(bench);
        }
    };
    let observer = Observer { cancel: &cancel, report: &report };
    copy_observed(bench, request, &observer).unwrap();
    // The copy has finished meanwhile; put back what was there when it would have been killed.
    std::fs::remove_file(&request.target).unwrap();
    assert_ok(&run(bench.dir.path(), "sh", &["-c", "rm -rf data && mv killed/* ."]));
}

fn keep_scratch(bench: &Bench) {
    // The journal first: the workers go on meanwhile, and a record is written after what it records.
    let script = "mkdir killed && cp -a target.partial.journal killed/ && cp -a --sparse=always target.partial data killed/ \
                  && cp -a target.guest.partial killed/ 2>/dev/null; true";
    assert_ok(&run(bench.dir.path(), "sh", &["-c", script]));
}

/// What an unrecorded segment wrote behind the recorded ones, and what must not show. (A raw file has no such place.)
pub(crate) fn write_unrecorded(bench: &Bench, format: TargetFormat) {
    if format != TargetFormat::Raw {
        let partial = std::fs::File::options().write(true).open(bench.path("target.partial")).unwrap();
        // Far enough behind: the last recorded block of a VHD may end in a hole.
        let end = partial.metadata().unwrap().len() + 2 * MIB;
        partial.write_all_at(&vec![0xaa; 6 * MIB as usize], end).unwrap();
    }
}

fn noise(bench: &Bench, len: u64) {
    bench.raw("disk.raw", len, &(0..len / MIB).map(|i| (i * MIB + 4096 * (i % 200), 40_000)).collect::<Vec<_>>());
}

/// A source that was fetched anew is another file. Whoever names it says that its bytes are the same, and the copy goes on; else it begins anew.
#[test]
fn a_killed_copy_goes_on_with_a_source_that_was_fetched_anew() {
    for name in [Some("blob-1".to_owned()), None] {
        let bench = Bench::new();
        noise(&bench, 24 * MIB);
        let mut request = bench.request("disk.raw", "target");
        (request.encryption, request.source_name) = (ENCRYPT, name.clone());
        copy_killed(&bench, &request, 5);
        assert_ok(&run(bench.dir.path(), "sh", &["-c", "cp --sparse=always disk.raw anew && mv anew disk.raw"]));
        let copied = bench.copy(&request).unwrap();
        assert_eq!(copied.resumed_segments > 0, name.is_some(), "{copied:?}");
        assert!(copied.verified && bench.verify("target").unwrap().intact, "{name:?}");
    }
}

/// A copy that is cancelled, or whose key service is gone when all is written, leaves nothing, or what the next one goes on from: as its
/// caller wants it.
#[test]
fn an_unfinished_copy_is_discarded_or_kept() {
    for unfinished in [Unfinished::Discard, Unfinished::Keep] {
        for is_cancelled in [true, false] {
            let bench = Bench::new();
            noise(&bench, 24 * MIB);
            let mut request = bench.request("disk.raw", "target");
            (request.encryption, request.unfinished) = (ENCRYPT, unfinished);
            let ended = if is_cancelled {
                copy_cancelled(&bench, &request, 5)
            } else {
                bench.service.is_gone.store(true, Ordering::Relaxed);
                bench.copy(&request)
            };
            let error = ended.unwrap_err();
            assert_eq!(matches!(error, EngineError::Cancelled), is_cancelled, "{error}");
            bench.service.is_gone.store(false, Ordering::Relaxed);
            let left = run(bench.dir.path(), "sh", &["-c", "ls -d target* data/*/* 2>/dev/null || true"]);
            let is_kept = unfinished == Unfinished::Keep;
            assert_eq!(!left.stdout.is_empty(), is_kept, "{unfinished:?} {left:?}");
            let copied = bench.copy(&request).unwrap();
            assert_eq!(copied.resumed_segments > 0, is_kept, "{copied:?}");
            assert!(bench.verify("target").unwrap().intact, "{unfinished:?}");
            assert_eq!(bench.service.records.lock().unwrap().len(), 1, "{unfinished:?}");
        }
    }
}

/// Every encrypted and plain format goes on from where it was, and holds the source.
#[test]
fn a_killed_copy_goes_on_in_every_format() {
    let forms = [
        (TargetFormat::Qcow2, true, 64 << 10),
        (TargetFormat::Qcow2, true, 4096),
        (TargetFormat::Luks1, true, 64 << 10),
        (TargetFormat::Luks2, true, 64 << 10),
        (TargetFormat::Qcow2, false, 64 << 10),
        (TargetFormat::Vhd, false, 64 << 10),
        (TargetFormat::Raw, false, 64 << 10),
    ];
    for (format, encrypt, cluster_bytes) in forms {
        let bench = Bench::new();
        noise(&bench, 24 * MIB);
        assert_ok(&run(bench.dir.path(), "qemu-img", &["convert", "-O", "qcow2", "disk.raw", "disk.qcow2"]));
        let mut request = bench.request("disk.qcow2", "target");
        request.format = Some(format);
        request.cluster_bytes = cluster_bytes;
        if encrypt {
            request.encryption = ENCRYPT;
        }
        copy_killed(&bench, &request, 5);
        write_unrecorded(&bench, format);
        let copied = bench.copy(&request).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert!(copied.resumed_segments > 0, "{format:?} {copied:?}");
        assert!(copied.verified);
        if encrypt {
            assert!(bench.verify("target").unwrap().intact, "{format:?}");
        }
    }
}

/// A source that changed since and was given its old time again is another one: nothing of the first run is used, and who says in which state
/// it was looked at is refused.
#[test]
fn a_source_with_its_old_time_is_not_believed() {
    let bench = Bench::new();
    noise(&bench, 8 * MIB);
    let mut request = bench.request("disk.raw", "target");
    request.encryption = ENCRYPT;
    copy_killed(&bench, &request, 3);
    let seen = blobs::SourceFile::open(&bench.path("disk.raw")).unwrap().identity().unwrap();
    let file = std::fs::File::options().write(true).open(bench.path("disk.raw")).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.write_all_at(&[1; 4096], 0).unwrap();
    file.set_modified(modified).unwrap();
    request.source_state = Some(seen);
    assert!(matches!(bench.copy(&request), Err(engine::EngineError::SourceChanged { .. })));
    request.source_state = None;
    assert_eq!(bench.copy(&request).unwrap().resumed_segments, 0);
}

/// A copy that was killed when its tree had its name and its header's copy had none, and cannot go on because its source changed: the copy
/// that begins anew leaves nothing of it.
#[test]
fn a_copy_that_begins_anew_leaves_nothing_of_the_one_before() {
    let bench = Bench::new();
    noise(&bench, 8 * MIB);
    let mut request = bench.request("disk.raw", "target");
    request.encryption = ENCRYPT;
    copy_killed(&bench, &request, 3);
    let kept = "tree=$(ls data/trees) && id=${tree%.tree.partial} && test $tree != $id && \
                mv data/trees/$tree data/trees/$id.tree && mkdir -p data/headers && touch data/headers/$id.luks.partial";
    assert_ok(&run(bench.dir.path(), "sh", &["-c", kept]));
    let file = std::fs::File::options().write(true).open(bench.path("disk.raw")).unwrap();
    file.write_all_at(&[1; 4096], 0).unwrap();
    assert_eq!(bench.copy(&request).unwrap().resumed_segments, 0);
    for kept in ["data/trees", "data/headers"] {
        let names: Vec<_> = std::fs::read_dir(bench.path(kept)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
    assert!(bench.verify("target").unwrap().intact);
}

/// A source is never touched, whatever name it has.
#[test]
fn a_source_with_the_name_of_a_scratch_file_is_refused_and_kept() {
    for name in ["target", "target.partial", "target.partial.journal", "target.guest.partial", "target.verify.partial"]
    {
        let bench = Bench::new();
        bench.raw(name, 2 * MIB, &[(0, 100_000)]);
        let before = std::fs::read(bench.path(name)).unwrap();
        let mut request = bench.request(name, "target");
        request.encryption = ENCRYPT;
        request.overwrite = engine::Overwrite::Replace;
        assert!(bench.copy(&request).is_err(), "{name}");
        assert_eq!(std::fs::read(bench.path(name)).unwrap(), before, "{name}");
    }
}

/// A file that happens to be called like a partial one is somebody's.
#[test]
fn a_partial_file_of_another_origin_is_kept() {
    let bench = Bench::new();
    noise(&bench, 2 * MIB);
    std::fs::write(bench.path("target.partial"), "a download").unwrap();
    for encryption in [ENCRYPT, Request { encrypt: false, key_named: false, rewrap: false }] {
        let mut request = bench.request("disk.raw", "target");
        request.encryption = encryption;
        let error = bench.copy(&request).unwrap_err().to_string();
        assert!(error.contains("not of an interrupted copy"), "{error}");
        assert_eq!(std::fs::read(bench.path("target.partial")).unwrap(), b"a download");
    }
}

/// Leaf digests that are gone make the copy begin anew instead of sealing a wrong root.
#[test]
fn a_copy_whose_digests_are_gone_begins_anew() {
    for store in ["target.guest.partial", "data/trees"] {
        let bench = Bench::new();
        noise(&bench, 12 * MIB);
        let mut request = bench.request("disk.raw", "target");
        request.encryption = ENCRYPT;
        copy_killed(&bench, &request, 4);
        let remove = format!("find {store} -type f -delete");
        assert_ok(&run(bench.dir.path(), "sh", &["-c", &remove]));
        let copied = bench.copy(&request).unwrap();
        assert_eq!(copied.resumed_segments, 0, "{store}");
        assert!(bench.verify("target").unwrap().intact, "{store}");
    }
}

/// A rewrap does not make changed bytes authentic, with and without the source's digest tree.
#[test]
fn a_changed_image_is_not_rewrapped_into_an_intact_one() {
    for format in [TargetFormat::Qcow2, TargetFormat::Luks1] {
        for (without_tree, in_data) in [(false, false), (true, false), (true, true)] {
            let bench = Bench::new();
            noise(&bench, 8 * MIB);
            let mut request = bench.request("disk.raw", "sealed");
            request.encryption = ENCRYPT;
            request.format = Some(format);
            bench.copy(&request).unwrap();
            // Byte 80 is in the LUKS1 or the qcow2 header.
            let file = std::fs::File::options().read(true).write(true).open(bench.path("sealed")).unwrap();
            let at = if in_data { file.metadata().unwrap().len() * 3 / 4 } else { 80 };
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 1], at).unwrap();
            if without_tree {
                assert_ok(&run(bench.dir.path(), "sh", &["-c", "rm data/trees/*"]));
            }
            let mut request = bench.request("sealed", "rewrapped");
            request.encryption = Request { rewrap: true, ..ENCRYPT };
            request.durability = Durability::Durable;
            request.verify = false;
            let error = bench.copy(&request).unwrap_err().to_string();
            assert!(error.contains("changed") || error.contains("differs") || error.contains("not the one"), "{error}");
            assert!(!bench.path("rewrapped").exists());
        }
    }
}
