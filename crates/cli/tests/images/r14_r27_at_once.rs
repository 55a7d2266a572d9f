//! R14, R27: many calls at the same time.

use std::collections::BTreeSet;
use std::fs;

use crate::caller::Caller;
use crate::lab::{Lab, on_both};
use crate::running::Server;

on_both!(r14_copies_of_one_source_at_once_share_nothing, r27_a_token_makes_one_image);

const COPIES: usize = 10;

/// Ten copies of one source at once under three keys all become Available, hold what it holds, and no two share a data key; the source is
/// not touched.
fn r14_copies_of_one_source_at_once_share_nothing(lab: &Lab) {
    let server = lab.serve();
    let caller = Caller::new(&server);
    let plain = caller.import(&["disk.qcow2"]);
    let image = caller.image(&plain).expect("it was made");
    let source = || fs::read(lab.blob(&caller.region, &image, 0)).expect("the source");
    let before = source();
    let keys: Vec<String> = (0..3).map(|_| caller.create_key()).collect();
    let copies = at_once(&server, |caller, index| {
        caller.begin_copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &keys[index % keys.len()])])
    });
    let mut secrets = BTreeSet::new();
    for copy in &copies {
        let image = caller.must_be_available(copy);
        lab.must_hold(&caller.region, &image, 0, &lab.disk());
        secrets.insert(lab.secret(&caller.region, &image, 0));
    }
    assert_eq!(secrets.len(), COPIES, "two copies share a data key");
    assert!(source() == before, "the source changed");
    server.stop();
}

/// Ten calls at once with one token, and one after the end, make one image. Another call with the token, a name that is taken and a bad
/// token are refused.
fn r27_a_token_makes_one_image(lab: &Lab) {
    let server = lab.serve();
    let caller = Caller::new(&server);
    let plain = caller.import(&["disk.qcow2"]);
    let key = caller.create_key();
    let given = [("Encrypted", "true"), ("DestinationImageName", "once"), ("ClientToken", "retry-1")];
    let copies: BTreeSet<String> =
        at_once(&server, |caller, _| caller.begin_copy(&plain, &given)).into_iter().collect();
    let copy = copies.first().expect("an id");
    assert_eq!(copies.len(), 1, "one token made several images");
    caller.must_be_available(copy);
    assert_eq!(caller.begin_copy(&plain, &given), *copy, "after the end");
    assert_eq!(caller.images().len(), 2);

    let long = "t".repeat(65);
    let source = ("ImageId", plain.as_str());
    for (code, more) in [
        ("IdempotentParameterMismatch", &[("KMSKeyId", key.as_str()), given[0], given[1], given[2]][..]),
        ("InvalidImageName.Duplicated", &[given[0], given[1]]),
        ("InvalidParameter", &[("ClientToken", &long)]),
        ("InvalidParameter", &[("ClientToken", "é")]),
    ] {
        caller.refused(code, "CopyImage", &[&[source], more].concat());
    }
    server.stop();
}

/// Makes calls from as many connections at the same time.
fn at_once(server: &Server, call: impl Fn(&Caller, usize) -> String + Sync) -> Vec<String> {
    let (barrier, call) = (std::sync::Barrier::new(COPIES), &call);
    std::thread::scope(|scope| {
        let begin = |index| {
            let barrier = &barrier;
            scope.spawn(move || {
                let caller = Caller::new(server);
                barrier.wait();
                call(&caller, index)
            })
        };
        let begun: Vec<_> = (0..COPIES).map(begin).collect();
        begun.into_iter().map(|thread| thread.join().expect("an id")).collect()
    })
}
