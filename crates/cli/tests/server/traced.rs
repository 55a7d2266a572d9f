//! Servers and commands under strace, which counts their system calls and kills them at one.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Mutex;

use crate::running::Place;

/// How often the thread that made a call most often made it: strace counts for each thread.
pub(crate) type Counts = BTreeMap<String, u64>;

impl Place {
    /// `reseal` under strace, without the programs that it starts: machines go on without it. (The faster mode of strace, `--seccomp-bpf`,
    /// does not inject into the first thread.)
    pub(crate) fn traced(&self, options: &[&str]) -> Command {
        let mut command = Command::new("strace");
        command.args(["-f", "-b", "execve", "-qq", "-o"]).arg(self.path().join("trace.log"));
        command.args(options).arg(env!("CARGO_BIN_EXE_reseal"));
        self.reseal_by(command)
    }

    /// The calls of what was traced, which has ended.
    pub(crate) fn counts(&self) -> Counts {
        most_in_one_thread(&fs::read_to_string(self.path().join("trace.log")).expect("a log"))
    }
}

/// A system call, and which one of a thread.
pub(crate) struct Point {
    pub(crate) call: &'static str,
    pub(crate) n: u64,
}

/// Points to be killed at, for several workers.
pub(crate) struct Points(Mutex<Vec<Point>>);

impl Points {
    /// At most so many of each call as `calls` says, in the middle of equal parts of all that there were.
    pub(crate) fn spread(calls: &[(&'static str, u64)], counts: &Counts) -> Self {
        let of_call = |&(call, most): &(&'static str, u64)| {
            let count = counts.get(call).copied().unwrap_or(0);
            let points = most.min(count);
            (0..points).map(move |i| Point { call, n: 1 + (2 * i + 1) * count / (2 * points) })
        };
        Self(Mutex::new(calls.iter().flat_map(of_call).collect()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().expect("nobody panics with it").len()
    }

    pub(crate) fn take(&self) -> Option<Point> {
        self.0.lock().expect("nobody panics with it").pop()
    }
}

fn most_in_one_thread(log: &str) -> Counts {
    let mut threads = BTreeMap::<(&str, &str), u64>::new();
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        if let Some((name, _)) = call.trim_start().split_once('(') {
            *threads.entry((thread, name)).or_default() += 1;
        }
    }
    let mut most = Counts::new();
    for ((_, name), count) in threads {
        let known = most.entry(name.to_owned()).or_default();
        *known = count.max(*known);
    }
    most
}
