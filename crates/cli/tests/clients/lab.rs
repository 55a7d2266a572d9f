//! A place with a guest's disk to import, whose machines are ended with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::guest::make_disk;
use crate::running::{Place, Server};

/// What a boot sector does to switch the machine off, and the same without the last step, so that the guest stays.
const SWITCH_OFF: [u8; 7] = [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef];
const STAY: [u8; 7] = [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0x90];

pub(crate) struct Lab {
    pub(crate) place: Place,
    /// What the guest prints.
    pub(crate) line: String,
}

impl Lab {
    /// Its bucket `golden`, the directory `bucket`, holds `disk.raw`: a guest that prints the checksum of its disk and stays.
    pub(crate) fn new(seed: u32) -> Self {
        // This guest hears no power button.
        Self::with(1, |disk| staying_guest(disk, seed))
    }

    /// Another guest, whose disk `guest` writes; it says what the guest prints.
    pub(crate) fn with(stop_timeout_s: u32, guest: impl FnOnce(&Path) -> String) -> Self {
        let place = Place::new();
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

    /// The processes of the machines that run here.
    pub(crate) fn machines(&self) -> Vec<u32> {
        let ours = self.place.data();
        let processes = fs::read_dir("/proc").expect("proc").flatten();
        let is_ours = |pid: &u32| {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let is_machine = command.starts_with(b"qemu") || command.windows(5).any(|window| window == b"/qemu");
            is_machine && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path.starts_with(&ours))
        };
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_ours).collect()
    }
}

/// Guest A, but for its last step.
fn staying_guest(disk: &Path, seed: u32) -> String {
    let line = make_disk(disk, seed);
    let mut bytes = fs::read(disk).expect("the disk");
    let at = bytes.windows(SWITCH_OFF.len()).position(|window| window == SWITCH_OFF).expect("its last step");
    bytes[at..at + STAY.len()].copy_from_slice(&STAY);
    fs::write(disk, bytes).expect("the disk");
    line
}

/// A test that failed leaves no machine either.
impl Drop for Lab {
    fn drop(&mut self) {
        for pid in self.machines().into_iter().filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
            let _ = kill_process(pid, Signal::KILL);
        }
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
