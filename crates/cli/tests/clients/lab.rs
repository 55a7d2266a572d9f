//! A place with a guest's disk to import, whose machines are ended with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::guest::make_disk;
use crate::running::{Place, Server};

pub(crate) struct Lab {
    pub(crate) place: Place,
    /// What the guest prints.
    pub(crate) line: String,
}

impl Lab {
    /// Its bucket `golden`, the directory `bucket`, holds `disk.raw`: a guest that prints the checksum of its disk and stays.
    pub(crate) fn new(seed: u32) -> Self {
        // This guest hears no power button.
        Self::at(Place::new(), 1, |disk| make_disk(disk, seed, true))
    }

    /// The same in memory: what is killed keeps its page cache, and flushes cost nothing.
    pub(crate) fn in_memory(seed: u32) -> Self {
        Self::at(Place::in_memory(), 1, |disk| make_disk(disk, seed, true))
    }

    /// Another guest, whose disk `guest` writes; it says what the guest prints.
    pub(crate) fn with(stop_timeout_s: u32, guest: impl FnOnce(&Path) -> String) -> Self {
        Self::at(Place::new(), stop_timeout_s, guest)
    }

    /// One with the data of another's, whose server has ended and none of whose machines runs.
    pub(crate) fn like(other: &Self) -> Self {
        let lab = Self { place: Place::in_memory(), line: other.line.clone() };
        for part in ["bucket", "data"] {
            let copied = Command::new("cp").arg("-a").arg(other.place.path().join(part)).arg(lab.place.path()).status();
            assert!(copied.expect("cp runs").success());
        }
        lab
    }

    fn at(place: Place, stop_timeout_s: u32, guest: impl FnOnce(&Path) -> String) -> Self {
        for directory in ["data", "bucket"] {
            fs::create_dir(place.path().join(directory)).expect("a directory");
        }
        // The emulator alone: what a hypervisor offers differs between machines.
        let config = format!("[instances]\naccelerator = 'tcg'\nstop_timeout_s = {stop_timeout_s}\n");
        fs::write(place.data().join("server.toml"), config).expect("a file");
        let line = guest(&place.path().join("bucket/disk.raw"));
        Self { place, line }
    }

    pub(crate) fn disk(&self) -> PathBuf {
        self.place.path().join("bucket/disk.raw")
    }

    /// What serves, with the bucket.
    pub(crate) fn serving(&self, reseal: Command) -> Command {
        let mut command = self.place.serving(reseal);
        command.arg("--import-directory").arg(format!("golden={}", self.disk().with_file_name("").display()));
        command
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start(self.serving(self.place.reseal()))
    }

    /// Names of what is in a directory of the data directory, in order.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.place.data().join(directory)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The processes of an instance's machine, by the directory that they work in; of all instances where it is empty.
    pub(crate) fn machines(&self, instance: &str) -> Vec<Pid> {
        let here = self.place.data().join("instances").join(instance);
        let numbers = fs::read_dir("/proc").expect("proc").flatten().filter_map(|entry| {
            let works_here = fs::read_link(entry.path().join("cwd")).is_ok_and(|place| place.starts_with(&here));
            entry.file_name().to_str().filter(|_| works_here)?.parse().ok()
        });
        numbers.filter_map(Pid::from_raw).collect()
    }
}

impl AsRef<Place> for Lab {
    fn as_ref(&self) -> &Place {
        &self.place
    }
}

/// A test that failed leaves no machine either.
impl Drop for Lab {
    fn drop(&mut self) {
        for pid in self.machines("") {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Runs a command that must end in time, and hangs otherwise: machines and foreign clients are in it.
pub(crate) fn within(seconds: u32, command: &Command) -> Output {
    limited(seconds, command).output().expect("timeout runs")
}

/// The same command, which is ended if it does not end in time.
pub(crate) fn limited(seconds: u32, command: &Command) -> Command {
    let mut limited = Command::new("timeout");
    limited.args(["-k", "1", &seconds.to_string()]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        limited.current_dir(directory);
    }
    limited
}

/// Looks until it is so, or the time is over.
pub(crate) fn until(seconds: u64, mut is_so: impl FnMut() -> bool) -> bool {
    let limit = Instant::now() + Duration::from_secs(seconds);
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Both outputs of a command.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
