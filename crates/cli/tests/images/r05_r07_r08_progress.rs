//! R05, R07, R08: what is seen of a slow copy, and how it is given up.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::caller::{Caller, text};
use crate::lab::{Lab, on_both};
use crate::running::Server;

on_both!(r05_r07_a_slow_copy_shows_its_progress, r08_a_cancelled_copy_leaves_nothing);

/// How much longer each write takes, microseconds.
const DELAY: u32 = 60_000;
const DATA_BYTES: usize = 24 << 20;

/// The progress of a slow copy rises in steps and what remains falls; it is 100 % with Available and not before. Until then the default
/// list does not show it, and the list of what is being made does.
fn r05_r07_a_slow_copy_shows_its_progress(lab: &Lab) {
    let (server, plain) = slow(lab);
    let caller = Caller::new(&server);
    let copy = caller.begin_copy(&plain, &[("Encrypted", "true")]);
    let count = |status: &[(&str, &str)]| {
        let found = caller.ecs("DescribeImages", &[&[("ImageId", copy.as_str())], status].concat()).expect("a list");
        found["TotalCount"].as_u64().expect("a number")
    };
    assert_eq!((count(&[]), count(&[("Status", "Creating")])), (0, 1), "a copy in progress");
    let looks = caller.watch(&copy);
    let percents: Vec<u64> = looks.iter().map(percent).collect();
    assert!(percents.is_sorted(), "progress went back: {percents:?}");
    // How many of its steps a client sees depends on the machine; the first and the last alone would be no progress.
    assert!(percents.iter().filter(|percent| (1..100).contains(*percent)).count() >= 2, "too few steps: {percents:?}");
    let remains: Vec<u64> = looks.iter().map(remain).filter(|remain| *remain > 0).collect();
    assert!(!remains.is_empty() && remains.is_sorted_by(|a, b| a >= b), "what remains grew: {remains:?}");
    for look in &looks {
        assert_eq!(look["Status"] == "Available", percent(look) == 100, "{look}");
    }
    assert_eq!((count(&[]), count(&[("Status", "Creating")])), (1, 0), "a finished copy");
    let image = caller.image(&copy).expect("it was made");
    lab.must_hold(&caller.region, &image, 0, &lab.golden().join("large.raw"));
    server.stop();
}

/// A copy that is cancelled is gone at once with its files and its hold on the key, and its source is usable; until then neither it nor
/// its source can be deleted. A copy that is finished cannot be cancelled and stays.
fn r08_a_cancelled_copy_leaves_nothing(lab: &Lab) {
    let (server, plain) = slow(lab);
    let caller = Caller::new(&server);
    let key = caller.create_key();
    let copy = caller.begin_copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]);
    for id in [&copy, &plain] {
        caller.refused("OperationDenied.ImageCopying", "DeleteImage", &[("ImageId", id)]);
    }
    let begun = Instant::now();
    caller.ecs("CancelCopyImage", &[("ImageId", &copy)]).expect("it is in progress");
    // A second is what is promised; these files are slow.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(caller.image(&copy).is_none(), "a cancelled copy is listed");
    lab.must_hold_nothing_else(&lab.place.data(), &caller, "cancelled");
    caller.kms("DisableKey", &[("KeyId", &key)]);

    let shared = caller.copy(&plain, &[]);
    caller.refused("IncorrectImageStatus", "CancelCopyImage", &[("ImageId", &shared)]);
    caller.must_be_available(&shared);
    server.stop();
}

/// A server whose writes are slow, and a plain image of it.
fn slow(lab: &Lab) -> (Server, String) {
    lab.add_disk("large", 5, DATA_BYTES, DATA_BYTES as u64);
    let server = lab.serve();
    let plain = Caller::new(&server).import(&["large.qcow2"]);
    server.stop();
    (Server::start(lab.serving(lab.slowly(DELAY))), plain)
}

fn percent(image: &Value) -> u64 {
    text(&image["Progress"]).trim_end_matches('%').parse().expect("a number")
}

fn remain(image: &Value) -> u64 {
    image["DiskDeviceMappings"]["DiskDeviceMapping"][0]["RemainTime"].as_u64().expect("a number")
}
