//! Where a key could be seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lab::{said, within};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    CommandLine,
    Environment,
    OpenFile,
    File,
    Memory,
}

/// A file that shows it.
pub(super) type Place = (Kind, PathBuf);

/// Of all processes of the machine.
pub(super) fn arguments_and_environments() -> Vec<Place> {
    let processes = fs::read_dir("/proc").expect("proc").map(|entry| entry.expect("an entry").path());
    let processes = processes.filter(|path| path.join("cmdline").exists());
    processes
        .flat_map(|path| [(Kind::CommandLine, path.join("cmdline")), (Kind::Environment, path.join("environ"))])
        .collect()
}

/// What a process has open, also what has no name any more. No pipe or socket: reading would take something from it.
pub(super) fn open_files(pid: u32) -> Vec<Place> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("a running process");
    let descriptors = descriptors.map(|entry| entry.expect("an entry").path());
    descriptors.filter(|path| path.is_file()).map(|path| (Kind::OpenFile, path)).collect()
}

pub(super) fn files_below(directory: &Path) -> Vec<Place> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.is_file() {
            found.push((Kind::File, path));
        }
    }
    found
}

/// All memory of a process as it is now, with what it wants to have left out of dumps: written by gdb to `directory`.
pub(super) fn memory(pid: u32, directory: &Path) -> Place {
    let prefix = directory.join("core");
    let dumped = within(120, Command::new("gcore").arg("-a").arg("-o").arg(&prefix).arg(pid.to_string()));
    let dump = prefix.with_extension(pid.to_string());
    assert!(dumped.status.success() && dump.is_file(), "{}", said(&dumped));
    (Kind::Memory, dump)
}
