//! R06: one image to many regions, with a kill in the middle.

use std::time::{Duration, Instant};

use crate::caller::Caller;
use crate::contents::{extension, is_encrypted};
use crate::lab::Lab;
use crate::running::Server;

const REGIONS: [&str; 5] = ["cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen", "eu-central-1"];
/// Copies to each.
const EACH: usize = 5;

/// 25 copies at once to five regions are each answered at once. After a `kill -9` in their midst all come to their good end by themselves:
/// none is lost, none is there twice, and each holds what the source holds.
#[test]
fn r06_copies_to_many_regions_survive_a_kill() {
    must_survive(&Lab::new());
}

/// Shows the same where the catalog is on PostgreSQL and the blobs are in a bucket.
#[test]
fn r06_copies_to_many_regions_of_s3_survive_a_kill() {
    must_survive(&Lab::remote_in(&REGIONS));
}

fn must_survive(lab: &Lab) {
    let server = serve(lab);
    let plain = Caller::new(&server).import(&["disk.qcow2"]);
    std::thread::scope(|scope| {
        for region in REGIONS.iter().cycle().take(REGIONS.len() * EACH) {
            scope.spawn(|| {
                let caller = Caller::new(&server);
                let begun = Instant::now();
                caller.begin_copy(&plain, &[("Encrypted", "true"), ("DestinationRegionId", region)]);
                assert!(begun.elapsed() < Duration::from_secs(20), "a call took {:?}", begun.elapsed());
            });
        }
    });
    let unfinished: usize = REGIONS.iter().map(|region| unfinished(&Caller::in_region(&server, region))).sum();
    server.kill();
    assert!(unfinished > 0, "everything was finished: the kill shows nothing");

    let server = serve(lab);
    for region in REGIONS {
        let caller = Caller::in_region(&server, region);
        let copies: Vec<_> = caller.idle().into_iter().filter(|image| image["IsCopied"] == true).collect();
        assert_eq!(copies.len(), EACH, "{region}");
        for copy in &copies {
            assert!(copy["Status"] == "Available" && is_encrypted(copy, 0), "{region}: {copy}");
            assert_ne!(
                extension(copy, 0)["VerifiedTime"],
                "",
                "{region}: its plaintext was not compared with the source's"
            );
            if region == REGIONS[0] {
                lab.must_hold(region, copy, 0, &lab.disk());
            }
        }
    }
    server.stop();
}

fn serve(lab: &Lab) -> Server {
    let more: Vec<&str> = REGIONS[1..].iter().flat_map(|region| ["--also-region", *region]).collect();
    lab.serve_with(&more)
}

fn unfinished(caller: &Caller) -> usize {
    caller.images().iter().filter(|image| image["Status"] != "Available").count()
}
