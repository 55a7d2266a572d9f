use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::browser::{SECONDS_MAX, judge};
use crate::lab::{Lab, limited, said};
use crate::running::Server;

/// Each write of the engine and the database takes this much longer, microseconds: the copy of a small disk takes seconds, on any machine.
const DELAY: &str = "inject=pwrite64:delay_enter=60000";

/// Data behind the guest's own.
const MORE_BYTES: usize = 24 << 20;

/// Shows that a page which shows a copy goes on by itself after the server was killed in the middle of it, to 100 %.
#[test]
fn a_page_goes_on_after_the_server_was_killed() {
    let lab = Lab::new(43);
    let mut disk = File::options().append(true).open(lab.disk()).expect("the disk");
    disk.write_all(&vec![0x5a; MORE_BYTES]).expect("more data");
    let imported = lab.place.run("image import bucket/disk.raw --name large");
    assert!(imported.status.success(), "{}", said(&imported));
    let slow = lab.serving(lab.place.traced(&["-e", "trace=pwrite64", "-e", DELAY]));
    let server = Server::start(slow);
    let address = server.address.clone();
    let mut script = limited(SECONDS_MAX, &judge("restart.js", &lab, &server));
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node runs");
    let mut lines = BufReader::new(script.stdout.take().expect("its output")).lines();
    let mut says = |word: &str| {
        let said = lines.by_ref().map_while(Result::ok).any(|line| line == word);
        assert!(said, "the script ended before it said {word}");
    };
    says("restart");
    server.kill();
    says("lost");
    let server = Server::start_at(&address, lab.serving(lab.place.reseal()));
    script.stdin.take().expect("its input").write_all(b"restarted\n").expect("it reads");
    let passed = lines.map_while(Result::ok).any(|line| line.contains("every step passed"));
    assert!(script.wait().expect("its end").success() && passed, "what it said is above");
    server.stop();
}
