//! R03, R13: images of several disks.

use std::time::Instant;

use crate::caller::{Caller, JOB, text};
use crate::contents::key_of;
use crate::lab::{Lab, on_both};

on_both!(r03_r13_seven_disks_are_one_job_and_jobs_wait_in_order);

const DATA_DISKS: usize = 6;
/// Copies that a region makes at once.
const AT_ONCE: usize = 5;

/// Seven disks are one job; a key that is named is that of all disks, one that is not named is kept for all, and one disk may have a key of
/// its own; each disk's key is shown, and opens it. Of
/// seven jobs at most five run, the others wait, and they begin in the order of their calls.
fn r03_r13_seven_disks_are_one_job_and_jobs_wait_in_order(lab: &Lab) {
    let names: Vec<String> = (0..=DATA_DISKS).map(|disk| format!("disk{disk}")).collect();
    for (seed, name) in (2..).zip(&names) {
        lab.add_disk(name, seed, 1 << 20, 4 << 20);
    }
    let server = lab.serve();
    let caller = Caller::new(&server);
    let objects: Vec<String> = names.iter().map(|name| format!("{name}.qcow2")).collect();
    let plain = caller.import(&objects.iter().map(String::as_str).collect::<Vec<_>>());
    let (first, second) = (caller.create_key(), caller.create_key());

    let sealed = caller.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &first)]);
    let kept = caller.copy(&sealed, &[]);
    let replaced = caller.copy(&sealed, &[("Encrypted", "true"), ("KMSKeyId", &second)]);
    for (id, key) in [(&sealed, &first), (&kept, &first), (&replaced, &second)] {
        let image = caller.image(id).expect("it was made");
        for (disk, name) in names.iter().enumerate() {
            assert_eq!(key_of(&image, disk), key, "disk {disk} of {id}");
            lab.must_hold(&caller.region, &image, disk, &lab.golden().join(format!("{name}.raw")));
        }
    }

    let one = [("DiskDeviceMapping.1.Device", "/dev/xvdb"), ("DiskDeviceMapping.1.Encrypted", "true")];
    let mixed = caller.copy(&replaced, &[&one[..], &[("DiskDeviceMapping.1.KMSKeyId", &first)]].concat());
    let image = caller.image(&mixed).expect("it was made");
    for (disk, key) in [(0, &second), (1, &first), (2, &second)] {
        assert_eq!(key_of(&image, disk), key, "disk {disk}");
        lab.must_hold(&caller.region, &image, disk, &lab.golden().join(format!("{}.raw", names[disk])));
    }

    let copies: Vec<String> = (0..7).map(|_| caller.begin_copy(&plain, &[("Encrypted", "true")])).collect();
    let (mut waited, until) = (false, Instant::now() + JOB);
    loop {
        assert!(Instant::now() < until, "the copies have no end");
        let images = caller.images();
        let status = |id: &String| {
            let image = images.iter().find(|image| text(&image["ImageId"]) == id).expect("it is listed");
            text(&image["Status"]).to_owned()
        };
        let statuses: Vec<String> = copies.iter().map(status).collect();
        assert!(statuses.iter().filter(|status| *status == "Creating").count() <= AT_ONCE, "{statuses:?}");
        waited |= statuses.iter().any(|status| status == "Waiting");
        let first_waits = statuses.iter().position(|status| status == "Waiting").unwrap_or(statuses.len());
        assert!(statuses[first_waits..].iter().all(|status| status == "Waiting"), "out of order: {statuses:?}");
        if statuses.iter().all(|status| status == "Available") {
            break;
        }
        assert!(!statuses.contains(&"CreateFailed".to_owned()), "{statuses:?}");
    }
    assert!(waited, "no copy had to wait: the test shows nothing");
    server.stop();
}
