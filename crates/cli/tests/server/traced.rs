//! Servers under strace, which counts their system calls and kills them at one.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::running::Place;

/// How often the thread that made a call most often made it: strace counts for each thread.
pub(crate) type Counts = BTreeMap<String, u64>;

impl Place {
    /// `reseal serve` under strace. (Its faster mode, `--seccomp-bpf`, does not inject into the first thread.)
    pub(crate) fn serving_traced(&self, options: &[&str]) -> Command {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o"]).arg(self.path().join("trace.log"));
        command.args(options).arg(env!("CARGO_BIN_EXE_reseal"));
        self.serving(self.reseal_by(command))
    }

    /// The calls of the traced server, which has ended.
    pub(crate) fn counts(&self) -> Counts {
        most_in_one_thread(&fs::read_to_string(self.path().join("trace.log")).expect("a log"))
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
