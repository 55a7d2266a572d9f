//! A machine that runs, or did.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::directory::run_directory;
use super::error::HypervisorError;
use super::launch::END_MAX;
use super::process::Process;
use super::qmp::Qmp;

/// How long a machine that is told to quit may take before it is killed. It only has to write what it holds of its disks.
const QUIT_MAX: Duration = Duration::from_secs(5);

/// A machine. Dropping it changes nothing: the machine goes on, and is found again.
pub struct Machine {
    directory: PathBuf,
    process: Process,
    answer_timeout: Duration,
    /// One conversation at a time.
    turn: Mutex<()>,
}

/// What a machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineState {
    /// Its start was begun and never finished: no instruction has run. It is to be quit.
    Prelaunch,
    /// It runs.
    Running,
    /// It stands still, and somebody could let it go on.
    Paused,
    /// The guest has switched it off, and QEMU is about to end.
    Shutdown,
    /// It stands still for good: an error of the guest, of the processor or of a disk.
    Failed,
    /// Its process is over.
    Ended,
}

impl Machine {
    pub(super) fn new(directory: PathBuf, process: Process, answer_timeout: Duration) -> Self {
        Self { directory, process, answer_timeout, turn: Mutex::new(()) }
    }

    /// The process of QEMU.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Its directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What it does now.
    ///
    /// Errors: `NoAnswer` if QEMU hangs, `Broken`, `Refused`.
    pub async fn state(&self) -> Result<MachineState, HypervisorError> {
        if self.process.is_over() {
            return Ok(MachineState::Ended);
        }
        match self.ask("query-status").await {
            Ok(answer) => Ok(MachineState::of(answer["status"].as_str().unwrap_or_default())),
            Err(HypervisorError::Broken { .. }) if self.process.ends_within(Duration::from_secs(1)).await => {
                Ok(MachineState::Ended)
            }
            Err(error) => Err(error),
        }
    }

    /// Presses the power button. What comes of it is the guest's decision: see [`Machine::ended`].
    ///
    /// Errors: `NoAnswer`, `Broken`, `Refused`.
    pub async fn press_power(&self) -> Result<(), HypervisorError> {
        self.ask("system_powerdown").await.map(drop)
    }

    /// Presses the reset button: the machine begins anew, with the same disks, which stay open.
    ///
    /// Errors: `NoAnswer`, `Broken`, `Refused`.
    pub async fn reset(&self) -> Result<(), HypervisorError> {
        self.ask("system_reset").await?;
        // One that stood still, because a disk was full or the guest had failed, would go on standing.
        self.ask("cont").await.map(drop)
    }

    /// Pulls the plug and waits for the end. QEMU may write what it holds of its disks for some seconds, then it is killed.
    ///
    /// Errors: `Unkillable`.
    pub async fn quit(&self) -> Result<(), HypervisorError> {
        // An answer may not come, because QEMU hangs, or because it ends first; neither changes what follows.
        let told = tokio::time::timeout(QUIT_MAX, self.ask("quit")).await.is_ok_and(|answer| answer.is_ok());
        if told && self.process.ends_within(QUIT_MAX).await {
            return Ok(());
        }
        self.process.kill();
        if self.process.ends_within(END_MAX).await {
            Ok(())
        } else {
            Err(HypervisorError::Unkillable { pid: self.pid() })
        }
    }

    /// Until its process is over: the guest switched it off, it was quit, or it was killed.
    pub async fn ended(&self) {
        self.process.ended().await;
    }

    /// Whether its process is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.process.is_over()
    }

    async fn ask(&self, command: &'static str) -> Result<Value, HypervisorError> {
        let _turn = self.turn.lock().await;
        let mut qmp = Qmp::connect(&run_directory(&self.directory), self.pid(), self.answer_timeout).await?;
        qmp.call(command, json!({})).await
    }
}

impl MachineState {
    /// In the words of QEMU's `RunState`.
    fn of(status: &str) -> Self {
        match status {
            "prelaunch" => Self::Prelaunch,
            "running" => Self::Running,
            "shutdown" => Self::Shutdown,
            "internal-error" | "io-error" | "guest-panicked" | "watchdog" => Self::Failed,
            // Paused, suspended, and states of migration and snapshots, which only somebody at the socket can cause.
            _ => Self::Paused,
        }
    }
}
