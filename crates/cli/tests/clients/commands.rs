//! `reseal instance`: the same story at a server and on a data directory.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::lab::{Lab, said, until, within};
use crate::running::Server;

/// A machine of the least size.
const TYPE: &str = "--type ecs.t5-lc2m1.nano";

/// Runs `reseal` with words, at a server or on the data directory.
type Run<'a> = &'a dyn Fn(&str) -> Output;

/// Shows that instances live at a server by commands, that a console shows what the guest writes, and that what is told of them is byte for
/// byte the same afterwards without the server, where they can be started, stopped and deleted as well.
#[test]
fn instances_live_at_a_server_and_without_one() {
    let lab = Lab::new(11);
    let server = lab.serve();
    let endpoint = server.endpoint();
    let at_server = |words: &str| within(60, lab.place.client(&endpoint).args(words.split_whitespace()));
    done(&at_server("image import golden/disk.raw --name plain --quiet"));
    let key = done(&at_server("key create --alias golden"));
    done(&at_server("image copy plain --name sealed --encrypt --key alias/golden --quiet"));
    let made: Value = json(&at_server(&format!("instance run sealed --name one {TYPE} --json")));
    let id = made[0]["instance_id"].as_str().expect("an id").to_owned();
    assert_eq!((&made[0]["status"], &made[0]["encrypted"]), (&"Running".into(), &true.into()));
    prints_its_line(&at_server, &lab);
    the_console_is_attached(&lab, &server, &id);
    refuses_what_it_should(&at_server, &id, &key);
    done(&at_server("instance stop one --force"));
    let words = ["instance list", "instance list --json", "instance show one", "instance show one --json"];
    let remote = words.map(|words| done(&at_server(words)));
    assert!(remote[2].contains(&key) && remote[2].contains("ecs.t5-lc2m1.nano: 1 CPU, 512 MiB"), "{}", remote[2]);
    server.stop();
    let locally = |words: &str| within(60, lab.place.reseal().args(words.split_whitespace()));
    assert_eq!(words.map(|words| done(&locally(words))), remote);
    assert!(done(&locally("instance start one")).contains(": Running, encrypted"));
    prints_its_line(&locally, &lab);
    // The guest hears no power button, so this is the hard stop after the soft one.
    assert!(done(&locally("instance stop one")).ends_with(": stopped"));
    assert!(done(&locally("instance delete one")).ends_with(": deleted"));
    assert_eq!(done(&locally("instance list --json")), "[]");
}

/// Shows that a command finds a machine that a server left, and that names that fit two instances are not guessed.
#[test]
fn machines_outlive_their_server() {
    let lab = Lab::new(13);
    let server = lab.serve();
    let endpoint = server.endpoint();
    let at_server = |words: &str| within(60, lab.place.client(&endpoint).args(words.split_whitespace()));
    done(&at_server("image import golden/disk.raw --name plain --quiet"));
    let two = json(&at_server(&format!("instance run plain --name twin --amount 2 --encrypt {TYPE} --json")));
    server.stop();
    let locally = |words: &str| within(60, lab.place.reseal().args(words.split_whitespace()));
    let found: Value = json(&locally("instance list --json"));
    let ids: Vec<&str> =
        found.as_array().expect("a list").iter().filter_map(|one| one["instance_id"].as_str()).collect();
    assert_eq!(ids.len(), 2);
    assert!(found.as_array().expect("a list").iter().all(|one| one["status"] == "Running"), "{found}");
    let guess = locally("instance stop twin --force");
    assert!(!guess.status.success() && ids.iter().all(|id| said(&guess).contains(id)), "{}", said(&guess));
    for one in two.as_array().expect("a list") {
        let id = one["instance_id"].as_str().expect("an id");
        done(&locally(&format!("instance delete {id} --force")));
    }
    assert_eq!(done(&locally("instance list --json")), "[]");
}

/// The guest has read its disk.
fn prints_its_line(run: Run<'_>, lab: &Lab) {
    let logs = || String::from_utf8_lossy(&run("instance logs one").stdout).into_owned();
    assert!(until(30, || logs().contains(&lab.line)), "{} is not in: {}", lab.line, logs());
}

/// What the guest writes comes out of the console while it is attached, and the guest's end is the console's.
fn the_console_is_attached(lab: &Lab, server: &Server, id: &str) {
    let at_server = |words: &str| within(60, lab.place.client(&server.endpoint()).args(words.split_whitespace()));
    let mut command = lab.place.client(&server.endpoint());
    command.arg("--data").arg(lab.place.data()).args(["instance", "console", id]);
    let mut attached = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("reseal runs");
    let mut output = attached.stdout.take().expect("its output");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    let listener = std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while let Ok(len @ 1..) = output.read(&mut buffer) {
            hearing.lock().expect("no panic").extend_from_slice(&buffer[..len]);
        }
    });
    let is_heard = || String::from_utf8_lossy(&heard.lock().expect("no panic")).contains(&lab.line);
    // The guest speaks only when it boots, and the first reset may come before the console is attached.
    let was_heard = (0..10).any(|_| {
        done(&at_server("instance reboot one --force"));
        until(3, is_heard)
    });
    assert!(was_heard, "{:?}", heard.lock());
    done(&at_server("instance stop one --force"));
    drop(attached.stdin.take());
    assert!(attached.wait().expect("its end").success());
    listener.join().expect("its end");
    done(&at_server("instance start one"));
    a_terminal_is_detached(lab, server, id);
    let shown: Value = json(&at_server("instance show one --json"));
    assert_eq!(shown["status"], "Running", "the instance goes on");
}

/// Ctrl-] on a terminal ends the console.
fn a_terminal_is_detached(lab: &Lab, server: &Server, id: &str) {
    let (reseal, data, endpoint) = (env!("CARGO_BIN_EXE_reseal"), lab.place.data(), server.endpoint());
    let command = format!("{reseal} --data {} --endpoint {endpoint} instance console {id}", data.display());
    let mut terminal = Command::new("sh");
    terminal.arg("-c").arg(format!("(sleep 1; printf '\\035') | script -qec '{command}' /dev/null"));
    for (name, value) in lab.place.client(&endpoint).get_envs() {
        value.map(|value| terminal.env(name, value));
    }
    let left = within(20, &terminal);
    assert!(left.status.success() && said(&left).contains("Ctrl-]"), "{left:?}");
}

fn refuses_what_it_should(run: Run<'_>, id: &str, key: &str) {
    let running = run("instance delete one");
    assert!(!running.status.success() && said(&running).contains("must be"), "{}", said(&running));
    assert!(said(&run("instance show absent")).contains("reseal instance list"));
    done(&run("instance stop one --force"));
    done(&run(&format!("key disable {key} --force")));
    let refused = run(&format!("instance start {id}"));
    assert!(!refused.status.success() && said(&refused).contains("reseal key enable"), "{}", said(&refused));
    assert!(done(&run("instance show one")).contains("not startable:"));
    assert!(done(&run("instance list")).contains("Stopped (key not usable)"));
    let socket = run(&format!("instance console {id}"));
    assert!(!socket.status.success() && said(&socket).contains("needs a running one"), "{}", said(&socket));
    done(&run(&format!("key enable {key}")));
    done(&run("instance start one"));
}

/// What a command said that succeeded.
#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&done(output)).expect("JSON")
}
