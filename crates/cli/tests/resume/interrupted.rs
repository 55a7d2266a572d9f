//! Signals that ask to stop.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::fixture::MIB;
use crate::support::Workshop;

/// Each write takes a fifth of a second, so that a signal comes in the middle.
const SLOW: &[&str] = &["-e", "trace=pwrite64", "-e", "inject=pwrite64:delay_exit=200000"];

/// Ctrl-C, a service manager's stop and a closed terminal end the copy with an error, and leave no target, no partial
/// file, no journal and no tree.
#[test]
fn a_signal_to_stop_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let shop = Workshop::new();
        shop.full_disk("disk.raw", 50, 8 * MIB);
        // The key and the data directory are made beforehand, so that only the copy itself could leave something.
        shop.must("self-test");
        let before = shop.names(".");
        let child = slow_copy(&shop, "copy disk.raw sealed.qcow2 --encrypt --threads 1");
        rustix::process::kill_process(pid(&child), signal).expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{signal:?}: {said}");
        assert!(said.contains("reseal: error: cancelled"), "{signal:?}: {said}");
        assert_eq!(shop.names("."), before, "{signal:?} left something");
        assert!(shop.kept().is_empty(), "{signal:?} left {:?}", shop.kept());
        shop.must("copy disk.raw sealed.qcow2 --encrypt");
        shop.must_equal("sealed.qcow2", "disk.raw", "raw");
    }
}

/// Two copies to one target: the second is refused at once and disturbs nothing, the first comes to its end.
#[test]
fn a_second_copy_to_the_same_target_is_refused() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 51, 2 * MIB);
    shop.full_disk("other.raw", 52, 2 * MIB);
    let mut first = slow_copy(&shop, "copy disk.raw sealed.qcow2 --encrypt --threads 1");
    // It stands still meanwhile: on a busy machine the others may take longer than the whole of it.
    rustix::process::kill_process(pid(&first), Signal::STOP).expect("it runs");
    for line in ["copy other.raw sealed.qcow2 --encrypt", "copy other.raw sealed.qcow2 --encrypt --force"] {
        let error = shop.refusal(line);
        assert!(error.contains("another process is writing") && error.contains("sealed.qcow2"), "{error}");
    }
    assert!(first.try_wait().expect("our child").is_none(), "it ended before the others began");
    rustix::process::kill_process(pid(&first), Signal::CONT).expect("it runs");
    let output = first.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    shop.must_equal("sealed.qcow2", "disk.raw", "raw");
    shop.must("verify sealed.qcow2");
}

/// A copy that has begun to write its partial file.
fn slow_copy(shop: &Workshop, line: &str) -> Child {
    let child = shop.slowed(SLOW, line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("strace runs");
    let partial = shop.path("sealed.qcow2.partial");
    let start = Instant::now();
    while partial.metadata().map_or(0, |metadata| metadata.len()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "the copy never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("a process id")).expect("not 0")
}
