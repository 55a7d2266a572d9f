//! A place with a guest's disk to import, whose machines are ended with it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::guest::make_disk;
use crate::running::{Place, Server};

/// The emulator alone: what a hypervisor offers differs between machines. A guest of these tests hears no power button.
const CONFIG: &str = "[instances]\naccelerator = 'tcg'\nstop_timeout_s = 1\n";

pub(crate) struct Lab {
    pub(crate) place: Place,
    /// What the guest prints.
    pub(crate) line: String,
}

impl Lab {
    /// Its bucket `golden`, the directory `bucket`, holds `disk.raw`: a guest that prints the checksum of its disk and stays.
    pub(crate) fn new(seed: u32) -> Self {
        let place = Place::new();
        for directory in ["data", "bucket"] {
            fs::create_dir(place.path().join(directory)).expect("a directory");
        }
        fs::write(place.data().join("server.toml"), CONFIG).expect("a file");
        let disk = place.path().join("bucket/disk.raw");
        let line = make_disk(&disk, seed, true);
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

    /// Ends every machine that a failed test left.
    fn end_machines(&self) {
        let Ok(entries) = fs::read_dir("/proc") else { return };
        let ours = self.place.data().display().to_string();
        for entry in entries.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
            else {
                continue;
            };
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let is_machine = command.starts_with(b"qemu") || command.windows(5).any(|window| window == b"/qemu");
            let is_here = fs::read_link(entry.path().join("cwd")).is_ok_and(|path| path.starts_with(&ours));
            if is_machine && is_here {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.end_machines();
    }
}

/// Runs a command that must end in time, and hangs otherwise: machines and foreign clients are in it.
pub(crate) fn within(seconds: u32, command: &Command) -> Output {
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
    limited.output().expect("timeout runs")
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
