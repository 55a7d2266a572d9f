//! What is written down of a process, so that it is found again.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::HypervisorError;
use super::process::start_ticks;

const FILE: &str = "process.json";

/// Names one process: a pid alone is soon another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProcessRecord {
    pub(super) pid: u32,
    start_ticks: u64,
    /// The kernel's own id of this boot: ticks begin anew with each.
    boot_id: String,
}

impl ProcessRecord {
    /// `None` if there is no such process.
    pub(super) fn of(pid: u32) -> Option<Self> {
        Some(Self { pid, start_ticks: start_ticks(pid)?, boot_id: boot_id()? })
    }

    /// Whether the process of this number is the one that was written down.
    pub(super) fn is_current(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Errors: `File`.
    pub(super) fn write(&self, directory: &Path) -> Result<(), HypervisorError> {
        let path = directory.join(FILE);
        let partial = directory.join("process.json.partial");
        let bytes = serde_json::to_vec(self).expect("numbers and text are JSON");
        // The directory is closed to others. A record that a crash of the host loses is of no use after it.
        fs::write(&partial, bytes)
            .and_then(|()| private(&partial))
            .map_err(HypervisorError::file("writing", &partial))?;
        fs::rename(&partial, &path).map_err(HypervisorError::file("writing", path))
    }

    /// `None` if there is none that can be read: the lock says whether there is a process.
    pub(super) fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(directory.join(FILE)).ok()?).ok()
    }
}

fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

fn boot_id() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written is read, and a pid with another start or boot is not the same process.
    #[test]
    fn a_reused_pid_is_not_the_process_that_was_written_down() {
        let directory = tempfile::tempdir().unwrap();
        let own = ProcessRecord::of(std::process::id()).unwrap();
        own.write(directory.path()).unwrap();
        assert_eq!(ProcessRecord::read(directory.path()), Some(own.clone()));
        assert!(own.is_current());
        assert!(!ProcessRecord { start_ticks: own.start_ticks + 1, ..own.clone() }.is_current());
        assert!(!ProcessRecord { boot_id: "another".to_owned(), ..own }.is_current());
        fs::write(directory.path().join(FILE), b"{\"pid\":").unwrap();
        assert_eq!(ProcessRecord::read(directory.path()), None);
    }
}
