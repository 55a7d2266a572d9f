//! Two servers on one database and one bucket, neither of which knows that it is alone.

use std::time::{Duration, Instant};

use crate::caller::{Caller, JOB, is_over};
use crate::lab::Lab;
use crate::running::Server;

const DATA_BYTES: usize = 24 << 20;
/// How much longer each write takes, microseconds. The engine writes down one MiB after the other, which makes twelve seconds at least.
const SLOW: u32 = 500_000;
/// A job is its server's for 30 seconds and is renewed every eight, so this is left of its time, however late a loaded machine renews it.
/// Others look for jobs every second.
const LEFT: Duration = Duration::from_secs(5);

/// Shows that a copy whose server was killed is made by another one that runs beside it, and not before the time of the dead one is over;
/// and that the dead one, started again, ends the upload that it had begun.
#[test]
fn another_server_takes_over_when_the_time_of_a_dead_one_is_over() {
    let lab = Lab::remote();
    lab.add_disk("large", 5, DATA_BYTES, DATA_BYTES as u64);
    let server = lab.serve();
    let plain = Caller::new(&server).import(&["large.qcow2"]);
    server.stop();

    let first = Server::start(lab.serving_beside(&lab.place, lab.slowly(SLOW)));
    let caller = Caller::new(&first);
    let copy = caller.begin_copy(&plain, &[("Encrypted", "true")]);
    let other_host = lab.another_host();
    let second = Server::start(lab.serving_beside(&other_host, other_host.reseal()));
    until("a part goes up", || !lab.uploads_of_bucket(&caller.region).is_empty());
    first.kill();
    let died = Instant::now();

    let caller = Caller::new(&second);
    until("the copy is made", || caller.image(&copy).is_some_and(|image| is_over(&image)));
    let image = caller.must_be_available(&copy);
    assert!(died.elapsed() > LEFT, "taken over after {:?}", died.elapsed());
    lab.must_hold(&caller.region, &image, 0, &lab.golden().join("large.raw"));
    second.stop();

    let (data, region) = (lab.place.data(), caller.region);
    assert!(!lab.uploads(&data, &region).is_empty(), "the dead server left nothing: the test shows nothing");
    let first = Server::start(lab.serving_beside(&lab.place, lab.place.reseal()));
    until("its upload is ended", || lab.uploads(&data, &region).is_empty());
    assert_eq!(lab.blobs(&data, &region).len(), 2, "the blobs of the two images");
    first.stop();
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let limit = Instant::now() + JOB;
    while !is_so() {
        assert!(Instant::now() < limit, "not in time: {what}");
        // It is long, and each look is work for servers that others wait for.
        std::thread::sleep(Duration::from_millis(200));
    }
}
