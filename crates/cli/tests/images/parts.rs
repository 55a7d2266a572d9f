//! Copies whose region has its blobs in a bucket: the parts go up while the copy is made.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::caller::{Caller, text};
use crate::contents::extension;
use crate::gate::{Gate, part};
use crate::lab::Lab;
use crate::moto::Moto;
use crate::running::Server;

const DATA_BYTES: usize = 44 << 20;
/// How long a cancelled copy may leave something.
const GONE: Duration = Duration::from_secs(30);

struct Place {
    lab: Lab,
    moto: Moto,
    gate: Gate,
}

impl Place {
    fn new() -> Self {
        let (lab, moto) = (Lab::new(), Moto::start(&["images"]));
        lab.add_disk("large", 5, DATA_BYTES, DATA_BYTES as u64);
        fs::create_dir_all(lab.place.data()).expect("a directory");
        let gate = Gate::before(moto.bucket("").trim_start_matches("http://").trim_end_matches('/'));
        Self { lab, moto, gate }
    }

    /// So many workers send parts of 5 MiB.
    fn serve(&self, workers: usize) -> Server {
        let bucket = self.moto.section("images", self.lab.place.path());
        let service = self.moto.bucket("");
        let bucket = bucket.replace(service.trim_end_matches('/'), &format!("http://{}", self.gate.address()));
        let text = format!(
            "[region.cn-hangzhou.store]\n{bucket}path = '{}'\npart_bytes = 5242880\nworkers = {workers}\n",
            self.store().display()
        );
        fs::write(self.lab.place.data().join("server.toml"), text).expect("a file");
        self.lab.serve()
    }

    fn store(&self) -> PathBuf {
        self.lab.place.path().join("store")
    }

    fn uploads(&self) -> usize {
        let list = self.moto.ask("GET", "/images?uploads", b"");
        String::from_utf8_lossy(&list).matches("<UploadId>").count()
    }

    /// Whatever the store keeps on this machine while a blob is made.
    fn leftovers(&self) -> Vec<String> {
        ["work", "uploads"].iter().flat_map(|directory| self.lab.names(&self.store().join(directory))).collect()
    }
}

/// Shows that a copy that is cancelled while its parts go up leaves no upload and no file; that a server that is killed while they do sends
/// none of them again when it goes on; that part 1 comes last, before the upload is completed; and that the object holds the source.
#[test]
fn a_copy_goes_up_in_parts_and_none_comes_twice() {
    let place = Place::new();
    let server = place.serve(1);
    let caller = Caller::new(&server);
    let plain = caller.import(&["large.qcow2"]);

    place.gate.hold_after(2);
    let cancelled = caller.begin_copy(&plain, &[("Encrypted", "true")]);
    place.gate.wait_for_held();
    assert_eq!(place.uploads(), 1);
    caller.ecs("CancelCopyImage", &[("ImageId", &cancelled)]).expect("it is in progress");
    let until = Instant::now() + GONE;
    while place.uploads() > 0 || !place.leftovers().is_empty() {
        assert!(Instant::now() < until, "{} uploads, {:?}", place.uploads(), place.leftovers());
        std::thread::sleep(Duration::from_millis(20));
    }
    place.gate.open();

    place.gate.hold_after(3);
    let copy = caller.begin_copy(&plain, &[("Encrypted", "true")]);
    // With one worker, what came before the part that waits is written down.
    place.gate.wait_for_held();
    server.kill();
    let sent: Vec<u64> = place.gate.open().iter().filter_map(|asked| part(asked)).take(3).collect();
    let server = place.serve(3);
    let caller = Caller::new(&server);
    let image = caller.must_be_available(&copy);
    let asked = place.gate.open();
    let rest: Vec<u64> = asked.iter().filter_map(|asked| part(asked)).collect();
    assert_eq!(rest.last(), Some(&1), "{rest:?}");
    let all: BTreeSet<u64> = sent.iter().chain(&rest).copied().collect();
    assert_eq!((all.len(), all.last()), (sent.len() + rest.len(), Some(&(all.len() as u64))), "{sent:?} {rest:?}");
    let changes: Vec<&String> =
        asked.iter().filter(|asked| !asked.starts_with("GET") && !asked.starts_with("HEAD")).collect();
    let completed = changes.iter().rposition(|asked| asked.starts_with("POST") && asked.contains("uploadId="));
    assert!(completed > changes.iter().rposition(|asked| part(asked) == Some(1)), "{changes:?}");
    assert_eq!((place.uploads(), place.leftovers()), (0, vec![]));

    let blob = text(&extension(&image, 0)["BlobId"]);
    let here = place.lab.blob(&caller.region, &image, 0);
    fs::create_dir_all(here.parent().expect("a directory")).expect("a directory");
    fs::write(&here, place.moto.ask("GET", &format!("/images/{blob}"), b"")).expect("a file");
    place.lab.must_hold(&caller.region, &image, 0, &place.lab.golden().join("large.raw"));
    server.stop();
}
