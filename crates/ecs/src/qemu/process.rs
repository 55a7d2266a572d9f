//! A process that is ours to end, however it was started, and nobody else in its place.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::sync::watch;

use super::serial::trim_logs;

/// How often the logs of a machine are looked at.
const TRIM_PERIOD: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// The watching thread reads some metadata and waits: it needs little stack.
const WATCHER_STACK: usize = 128 << 10;

/// A process by its descriptor, which never means another one, and a thread that waits for its end.
#[derive(Clone)]
pub(super) struct Process {
    pid: u32,
    descriptor: Arc<OwnedFd>,
    over: watch::Receiver<bool>,
}

impl Process {
    /// A child, which is reaped when it ends. On an error it is killed.
    pub(super) fn of_child(mut child: Child, directory: PathBuf) -> io::Result<Self> {
        let pid = child.id();
        match open(pid) {
            Ok(descriptor) => Self::watch(pid, descriptor, Some(child), directory),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error.into())
            }
        }
    }

    /// A process that somebody else started; `None` if `is_it` says no, or it is gone.
    pub(super) fn of_stranger(
        pid: u32,
        directory: PathBuf,
        is_it: impl FnOnce(u32) -> bool,
    ) -> io::Result<Option<Self>> {
        // The descriptor first: then it is the one that was asked about, as numbers are not given twice while it lives.
        match open(pid) {
            Ok(descriptor) if is_it(pid) => Self::watch(pid, descriptor, None, directory).map(Some),
            Ok(_) | Err(Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A thread of its own: a runtime that shuts down would wait for a blocking task for as long as the machine runs.
    fn watch(pid: u32, descriptor: OwnedFd, child: Option<Child>, directory: PathBuf) -> io::Result<Self> {
        let (end, over) = watch::channel(false);
        let process = Self { pid, descriptor: Arc::new(descriptor), over };
        let watched = Arc::clone(&process.descriptor);
        let watcher = std::thread::Builder::new().name(format!("machine-{pid}")).stack_size(WATCHER_STACK);
        let begun = watcher.spawn(move || {
            wait_for_end(&watched, &directory);
            if let Some(Err(error)) = child.map(|mut child| child.wait()) {
                tracing::warn!(pid, %error, "a machine's process cannot be reaped");
            }
            end.send_replace(true);
        });
        if let Err(error) = begun {
            // Nobody would ever learn of its end.
            process.kill();
            return Err(error);
        }
        Ok(process)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends it at once; nothing if it is over.
    pub(super) fn kill(&self) {
        match pidfd_send_signal(&self.descriptor, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => tracing::warn!(pid = self.pid, %error, "a machine's process cannot be killed"),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Until it is over and, if it was a child, reaped.
    pub(super) async fn ended(&self) {
        // The watching thread ends with a word.
        let _ = self.over.clone().wait_for(|over| *over).await;
    }

    /// Whether it was over within `at_most`.
    pub(super) async fn ends_within(&self, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.ended()).await.is_ok()
    }
}

fn open(pid: u32) -> rustix::io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
    pidfd_open(pid, PidfdFlags::empty())
}

/// A descriptor of a process becomes readable when the process ends.
fn wait_for_end(descriptor: &OwnedFd, directory: &Path) {
    loop {
        match poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&TRIM_PERIOD)) {
            Ok(0) => trim_logs(directory),
            Err(Errno::INTR) => {}
            // Nothing else can go wrong with one valid descriptor but want of memory, and then a busy loop helps nobody.
            Err(error) => {
                tracing::warn!(%error, "a machine's process cannot be watched");
                std::thread::sleep(Duration::from_secs(1));
            }
            Ok(_) => return,
        }
    }
}

/// When a process began, in ticks since the machine did; `None` if there is none. With the pid it names one process of this boot.
pub(super) fn start_ticks(pid: u32) -> Option<u64> {
    start_ticks_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// proc(5): field 22. The second is the name, in parentheses, and may hold anything.
fn start_ticks_of(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name with spaces and parentheses does not shift the fields.
    #[test]
    fn the_start_is_found_behind_any_name() {
        let behind = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 424242 20";
        assert_eq!(start_ticks_of(&format!("77 (qemu) {behind}")), Some(424_242));
        assert_eq!(start_ticks_of(&format!("77 (a) R 9 (b) {behind}")), Some(424_242));
        assert_eq!(start_ticks_of("77 (qemu) S 1"), None);
        assert_eq!(start_ticks_of(""), None);
    }
}
