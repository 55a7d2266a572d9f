//! Disks that are not made, and what an error or a kill leaves of them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crypto::Secret;
use engine::disk::{DiskRequest, Recorded, Seal};
use engine::{EngineError, Envelope, ImageFile, KeyContext, KeyError, KeyService, NewDataKey, Overwrite, SealedRecord};

use crate::layers::{IMAGE_BYTES, KINDS, LUKS2, MIB, image, put, reference};
use crate::support::{Bench, MemoryService, assert_ok, run};

/// Every file below a directory.
fn files(dir: &Path) -> Vec<String> {
    let listed = run(dir, "find", &[".", "-type", "f"]);
    let mut names: Vec<_> = String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// An encrypted image never gets a plain disk, whatever its kind; no disk is smaller than its image; what QEMU does not open is said
/// so; a changed image is refused. Nothing is left of any.
#[test]
fn disks_that_must_not_be_are_refused() {
    let bench = Bench::new();
    reference(&bench);
    KINDS.iter().for_each(|kind| image(&bench, *kind));
    bench.raw("disk.raw", 4 * MIB, &[(0, 1000)]);
    image(&bench, LUKS2);
    let before = files(bench.dir.path());
    let refused = |change: &dyn Fn(&mut engine::disk::DiskRequest<'_>)| {
        let mut request = bench.disk_request("disk", IMAGE_BYTES + 3 * MIB, Some(KINDS[0]));
        change(&mut request);
        let error = bench.make_disk(&request).expect_err("it was made");
        assert_eq!(files(bench.dir.path()), before, "{error}");
        error
    };
    let under = |name: &str, format| Some(ImageFile { path: bench.path(name), format });
    for kind in KINDS.iter().filter(|kind| kind.sealed) {
        for format in [Some(kind.format), None] {
            let error = refused(&|request| {
                request.backing = under(kind.name, format);
                request.seal = None;
            });
            assert!(error.to_string().contains("never gets a plain disk"), "{error}");
        }
    }
    let error = refused(&|request| request.virtual_size = IMAGE_BYTES - 512);
    assert!(error.to_string().contains("smaller than its image"), "{error}");
    let error = refused(&|request| request.virtual_size += 1);
    assert!(matches!(error, EngineError::Format { .. }), "{error}");
    let error = refused(&|request| request.backing = under(LUKS2.name, Some(LUKS2.format)));
    assert!(matches!(error, EngineError::NotForGuests { .. }), "{error}");
    let luks2 = ImageFile { path: bench.path(LUKS2.name), format: None };
    let error = engine::disk::passphrase(&luks2, None, &bench.service).map(|_| ()).expect_err("QEMU cannot open it");
    assert!(matches!(error, EngineError::NotForGuests { .. }), "{error}");
    let error = refused(&|request| request.backing = under(KINDS[0].name, Some(engine::SourceFormat::Raw)));
    assert!(error.to_string().contains("looks like qcow2"), "{error}");
    let error = refused(&|request| {
        request.path = bench.path(KINDS[0].name);
        request.overwrite = Overwrite::Replace;
    });
    assert!(error.to_string().contains("would change the source"), "{error}");
    put(&bench.path(KINDS[0].name), b"changed", 65_536 + 4096);
    let error = refused(&|_| ());
    assert!(matches!(error, EngineError::Tampered { .. }), "{error}");
}

/// Layers of a disk are named one by one: a disk does not lie on a disk.
#[test]
fn a_disk_on_a_disk_is_refused() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", IMAGE_BYTES, Some(KINDS[0]))).unwrap();
    let mut request = bench.disk_request("second", IMAGE_BYTES, None);
    request.backing = Some(ImageFile { path: bench.path("disk"), format: None });
    let error = bench.make_disk(&request).expect_err("it was made").to_string();
    assert!(error.contains("overlay on the backing file"), "{error}");
}

/// A key service that fails, or during whose call the process is killed: what was there then is kept in `killed`.
struct Faulty<'a> {
    keys: &'a MemoryService,
    dir: &'a Path,
    kills: AtomicBool,
}

impl KeyService for Faulty<'_> {
    fn new_data_key(&self, context: &KeyContext) -> Result<NewDataKey, KeyError> {
        self.keys.new_data_key(context)
    }

    fn unwrap(&self, envelope: &Envelope) -> Result<Secret, KeyError> {
        self.keys.unwrap(envelope)
    }

    fn remember(&self, _record: &SealedRecord) -> Result<(), KeyError> {
        if self.kills.load(Ordering::Relaxed) {
            assert_ok(&run(self.dir, "sh", &["-c", "mkdir killed && cp -a disk.partial disk.partial.journal killed/"]));
        }
        Err("the catalog is gone".into())
    }

    fn forget(&self, record: &SealedRecord) -> Result<(), KeyError> {
        self.keys.forget(record)
    }

    fn recall(&self, luks_uuid: &str) -> Result<Vec<String>, KeyError> {
        self.keys.recall(luks_uuid)
    }
}

/// An error leaves nothing; after a kill the same call makes the disk, and until then its id is known. A file of another origin under
/// the partial name stays.
#[test]
fn errors_leave_nothing_and_a_killed_run_is_repeated() {
    let bench = Bench::new();
    let before = files(bench.dir.path());
    let faulty = Faulty { keys: &bench.service, dir: bench.dir.path(), kills: AtomicBool::new(false) };
    let mut request = bench.disk_request("disk", MIB, None);
    request.seal = Some(Seal { service: &faulty, created: "2026-11-28T00:00:00Z".into() });
    assert!(matches!(bench.make_disk(&request), Err(EngineError::Key(_))));
    assert_eq!(files(bench.dir.path()), before);
    faulty.kills.store(true, Ordering::Relaxed);
    assert!(bench.make_disk(&request).is_err());
    assert_ok(&run(bench.dir.path(), "sh", &["-c", "mv killed/* . && rmdir killed"]));
    let abandoned = engine::image_of_copy(&bench.path("disk")).expect("the journal tells");
    std::fs::write(bench.path(&format!("data/headers/{abandoned}.luks")), "kept before the kill").unwrap();
    let made = bench.make_disk(&bench.disk_request("disk", MIB, None)).unwrap();
    let kept = format!("./data/headers/{}.luks", made.sealed.unwrap().image);
    assert_eq!(files(bench.dir.path()), [kept, "./disk".to_owned()], "and nothing of the killed run");
    std::fs::write(bench.path("other.partial"), "someone's").unwrap();
    assert!(bench.make_disk(&bench.disk_request("other", MIB, None)).is_err());
    assert_eq!(std::fs::read(bench.path("other.partial")).unwrap(), b"someone's");
}

/// A layer is what was recorded of it, or gets no key: plain for sealed, sealed for plain, another image, another key.
#[test]
fn a_layer_is_what_was_recorded() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", IMAGE_BYTES, Some(KINDS[0]))).unwrap();
    bench.make_disk(&bench.disk_request("other", IMAGE_BYTES, Some(KINDS[0]))).unwrap();
    let plain = DiskRequest { seal: None, backing: None, ..bench.disk_request("plain", IMAGE_BYTES, None) };
    bench.make_disk(&plain).unwrap();
    let recorded = bench.recorded("disk").unwrap();
    let another_key = Recorded { key_id: "another".to_owned(), ..recorded.clone() };
    let asked = bench.service.asked.load(Ordering::Relaxed);
    for (name, recorded) in
        [("plain", Some(&recorded)), ("other", Some(&recorded)), ("disk", None), ("disk", Some(&another_key))]
    {
        let file = ImageFile { path: bench.path(name), format: None };
        let refused = engine::disk::passphrase(&file, recorded, &bench.service);
        assert!(matches!(refused, Err(EngineError::Tampered { .. })), "{name}");
        assert!(engine::disk::require_recorded(&file, recorded).is_err(), "{name}");
    }
    assert_eq!(bench.service.asked.load(Ordering::Relaxed), asked, "the key service was asked");
    let file = ImageFile { path: bench.path("disk"), format: None };
    engine::disk::require_recorded(&file, Some(&recorded)).unwrap();
}
