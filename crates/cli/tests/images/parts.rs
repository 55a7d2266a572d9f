//! Copies whose region has its blobs in a bucket: the parts go up while the copy is made.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::caller::Caller;
use crate::gate::{Gate, part};
use crate::lab::Lab;
use crate::running::Server;

const REGION: &str = "cn-hangzhou";
const DATA_BYTES: usize = 44 << 20;
/// How much longer each write takes, microseconds. The engine writes down one MiB after the other, which makes seven seconds at least.
const SLOW: u32 = 150_000;
/// How long a cancelled copy may leave something.
const GONE: Duration = Duration::from_secs(30);

struct Place {
    lab: Lab,
    gate: Gate,
}

impl Place {
    fn new() -> Self {
        let lab = Lab::remote();
        lab.add_disk("large", 5, DATA_BYTES, DATA_BYTES as u64);
        let gate = Gate::before(&lab.service());
        lab.change_configuration(|text| text.replace(&lab.service(), gate.address()));
        Self { lab, gate }
    }

    /// So many workers send parts of 5 MiB.
    fn serve(&self, reseal: Command, workers: usize) -> Server {
        let is_other = |line: &&str| !line.starts_with("workers");
        self.lab.change_configuration(|text| {
            let text: Vec<&str> = text.lines().filter(is_other).collect();
            text.join("\n").replace("part_bytes", &format!("workers = {workers}\npart_bytes"))
        });
        Server::start(self.lab.serving(reseal))
    }

    fn uploads(&self) -> usize {
        self.lab.uploads_of_bucket(REGION).len()
    }

    fn names(&self, directory: &str) -> Vec<String> {
        self.lab.names(&self.lab.place.data().join("regions").join(REGION).join(directory))
    }

    /// Whatever the store keeps on this machine while a blob is made.
    fn leftovers(&self) -> Vec<String> {
        [self.names("work"), self.names("uploads")].concat()
    }

    /// The end of the work file is not there yet.
    fn must_be_half_written(&self) {
        let work = self.names("work");
        let partial = work.iter().find(|name| name.ends_with(".partial")).unwrap_or_else(|| panic!("{work:?}"));
        let whole = partial.trim_end_matches(".partial").to_owned();
        assert!(!work.contains(&whole), "the work file has its name: {work:?}");
        let directory = self.lab.place.data().join("regions").join(REGION).join("work");
        let bytes = fs::read(directory.join(partial)).expect("the work file");
        let end = bytes.get(DATA_BYTES - (1 << 20)..DATA_BYTES).unwrap_or_default();
        assert!(end.iter().all(|byte| *byte == 0), "the engine has written its last data");
    }
}

/// Shows that a copy that is cancelled while its parts go up leaves no upload and no file; that parts go up while the engine is still
/// writing; that a server that is killed then sends none of them again when it goes on; that part 1 comes last, before the upload is
/// completed; and that the object holds the source.
#[test]
fn a_copy_goes_up_in_parts_and_none_comes_twice() {
    let place = Place::new();
    let server = place.serve(place.lab.place.reseal(), 1);
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
    server.stop();

    let server = place.serve(place.lab.slowly(SLOW), 1);
    let caller = Caller::new(&server);
    place.gate.hold_after(2);
    let copy = caller.begin_copy(&plain, &[("Encrypted", "true")]);
    // With one worker, what came before the part that waits is written down.
    place.gate.wait_for_held();
    server.kill();
    place.must_be_half_written();
    let sent: Vec<u64> = place.gate.open().iter().filter_map(|asked| part(asked)).take(2).collect();
    let server = place.serve(place.lab.place.reseal(), 3);
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

    place.lab.must_hold(&caller.region, &image, 0, &place.lab.golden().join("large.raw"));
    server.stop();
}
