//! Starts the process of QEMU, as little privileged as it can be, and takes it back if its start fails.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::directory;
use super::error::HypervisorError;
use super::process::Process;
use super::qmp::Qmp;
use super::record::ProcessRecord;
use super::serial::serial_log;
use super::user::VmUser;

/// How long QEMU's end may take once it was told or killed.
pub(super) const END_MAX: Duration = Duration::from_secs(10);

/// How often a socket is looked for that is not there yet.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The programs that QEMU is started through, each of which becomes the next: the pid stays.
pub(super) struct Programs {
    pub(super) qemu: PathBuf,
    pub(super) prlimit: PathBuf,
    pub(super) setpriv: PathBuf,
    /// Whom QEMU runs as, if not as ourselves.
    pub(super) user: Option<VmUser>,
}

impl Programs {
    /// A command that runs QEMU: no core dumps, no new privileges, another user if we are root, no environment, its own process
    /// group, so that a Ctrl-C for us is not for it. The directory is entered before the user changes: whoever may not pass
    /// through the directories above can still be in it.
    pub(super) fn command(&self, run: &Path, arguments: Vec<OsString>) -> Command {
        let mut command = Command::new(&self.prlimit);
        command.arg("--core=0:0").arg(&self.setpriv).args(["--no-new-privs", "--inh-caps=-all"]);
        if let Some(VmUser { uid, gid }) = self.user {
            // The groups are those of the user: `kvm` may be among them.
            command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--init-groups".to_owned()]);
        }
        command.arg(&self.qemu).args(arguments);
        command.current_dir(run).env_clear().process_group(0);
        command
    }
}

/// A process that is killed unless its start is finished, also when the one who waits for the start goes away.
pub(super) struct Launch {
    process: Process,
    directory: PathBuf,
    is_finished: bool,
}

impl Launch {
    /// Errors: `File`, `Start`.
    pub(super) fn begin(
        programs: &Programs,
        directory: &Path,
        lock: std::os::fd::OwnedFd,
        arguments: Vec<OsString>,
    ) -> Result<Self, HypervisorError> {
        let log = directory::new_log(&serial_log(directory), programs.user)?;
        let messages = directory::new_log(&directory::messages(directory), None)?;
        let mut command = programs.command(&directory::run_directory(directory), arguments);
        command.stdin(Stdio::from(lock)).stdout(log).stderr(messages);
        let child = command.spawn().map_err(HypervisorError::Start)?;
        drop(command);
        let process = Process::of_child(child, directory.to_owned()).map_err(HypervisorError::Start)?;
        let launch = Self { process, directory: directory.to_owned(), is_finished: false };
        if let Some(record) = ProcessRecord::of(launch.process.pid()) {
            record.write(directory)?;
        }
        Ok(launch)
    }

    /// The first connection, when QEMU is ready for it.
    ///
    /// Errors: `EndedEarly`, `NoAnswer`, `Stranger`.
    pub(super) async fn connect(&self, timeout: Duration) -> Result<Qmp, HypervisorError> {
        let run = directory::run_directory(&self.directory);
        let ready = async {
            loop {
                match Qmp::connect(&run, self.process.pid(), timeout).await {
                    Err(HypervisorError::Broken { command: "connect", .. }) => tokio::time::sleep(LOOK_AGAIN).await,
                    done => return done,
                }
            }
        };
        tokio::select! {
            biased;
            () = self.process.ended() => Err(self.ended_early()),
            done = tokio::time::timeout(timeout, ready) => {
                done.unwrap_or(Err(HypervisorError::NoAnswer { command: "connect", after: timeout }))
            }
        }
    }

    /// The machine runs: it is left alone from now on.
    pub(super) fn finish(mut self) -> Process {
        self.is_finished = true;
        self.process.clone()
    }

    /// Ends the process. If it had ended by itself, that is the error.
    pub(super) async fn give_up(self, error: HypervisorError) -> HypervisorError {
        // A conversation breaks a moment before the process is seen to be over.
        let broken = matches!(error, HypervisorError::Broken { .. });
        let died = broken && self.process.ends_within(Duration::from_secs(1)).await;
        self.process.kill();
        if !self.process.ends_within(END_MAX).await {
            return HypervisorError::Unkillable { pid: self.process.pid() };
        }
        if died { self.ended_early() } else { error }
    }

    fn ended_early(&self) -> HypervisorError {
        HypervisorError::EndedEarly { reason: directory::last_messages(&self.directory) }
    }
}

impl Drop for Launch {
    fn drop(&mut self) {
        if !self.is_finished {
            self.process.kill();
        }
    }
}
