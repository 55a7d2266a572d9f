//! Starts machines and finds them again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::accelerator;
use super::arguments::{Accelerator, arguments, forwarding_rule};
use super::config::HypervisorConfig;
use super::directory;
use super::disks;
use super::error::HypervisorError;
use super::firmware::Uefi;
use super::launch::{Launch, Programs};
use super::machine::Machine;
use super::process::Process;
use super::qmp::Qmp;
use super::record::ProcessRecord;
use super::spec::{Firmware, Forward, MachineDisk, MachineSpec};
use super::user::VmUser;

/// Looked through after `PATH`: that of a service often lacks some.
const USUAL_PLACES: [&str; 4] = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/libexec"];

/// How long a process that was just started when we were killed may take to be recognisable.
const IDENTIFY_MAX: Duration = Duration::from_secs(5);

/// QEMU, as it is installed here.
pub struct Hypervisor {
    programs: Programs,
    accelerator: Accelerator,
    answer_timeout: Duration,
}

impl Hypervisor {
    /// Looks for QEMU and, if it may be used, tries KVM, which takes up to some seconds.
    ///
    /// Errors: `ProgramMissing`, `WrapperMissing`, `UserNotFound`, `UserIsRoot`, `KvmUnusable`.
    pub async fn find(config: &HypervisorConfig) -> Result<Self, HypervisorError> {
        let qemu = program(&config.program)
            .ok_or_else(|| HypervisorError::ProgramMissing { program: config.program.clone() })?;
        let wrapper = |name| program(Path::new(name)).ok_or(HypervisorError::WrapperMissing { program: name });
        let programs = Programs {
            qemu,
            prlimit: wrapper("prlimit")?,
            setpriv: wrapper("setpriv")?,
            user: VmUser::choose(config.user.as_deref())?,
        };
        let accelerator = accelerator::choose(config.accelerator, &programs).await?;
        Ok(Self { programs, accelerator, answer_timeout: config.answer_timeout })
    }

    /// Starts a machine. When this returns, its guest runs, and nothing of the passphrases is left with us. If it fails, or is
    /// not waited for, no process is left.
    ///
    /// Errors: `Unbuildable`, `AlreadyRunning`, `FirmwareMissing`, `PortTaken`, `EndedEarly` with QEMU's own words, those of layers,
    /// of QMP and of files.
    pub async fn start(&self, spec: MachineSpec) -> Result<Machine, HypervisorError> {
        spec.check()?;
        let uefi = match spec.firmware {
            Firmware::Bios => None,
            Firmware::Uefi => Some(Uefi::find()?),
        };
        let lock = directory::take(&spec.directory)?;
        let run = directory::make_run_directory(&spec.directory)?;
        if let Some(uefi) = &uefi {
            uefi.place_variables(&run.join(directory::UEFI_VARIABLES), self.programs.user)?;
        }
        directory::give_run_directory(&run, self.programs.user)?;
        let arguments = arguments(&spec, self.accelerator, uefi.as_ref());
        let launch = Launch::begin(&self.programs, &spec.directory, lock, arguments)?;
        let MachineSpec { directory, disks, network, .. } = spec;
        match self.bring_up(&launch, disks).await {
            Ok(()) => Ok(Machine::new(directory, launch.finish(), self.answer_timeout)),
            Err(error) => Err(of_forward(launch.give_up(error).await, &network.forwards)),
        }
    }

    async fn bring_up(&self, launch: &Launch, disks: Vec<MachineDisk>) -> Result<(), HypervisorError> {
        let mut qmp = launch.connect(self.answer_timeout).await?;
        disks::plug(&mut qmp, disks).await?;
        // The firmware learns the order of booting at a reset.
        qmp.call("system_reset", json!({})).await?;
        qmp.call("cont", json!({})).await?;
        Ok(())
    }
}

/// QEMU ends when it cannot listen on a port, and its words hold the rule. (QEMU 7.2 to 10.0)
fn of_forward(error: HypervisorError, forwards: &[Forward]) -> HypervisorError {
    let HypervisorError::EndedEarly { reason } = &error else { return error };
    let is_named = |forward: &&Forward| reason.contains(&format!("forwarding rule '{}'", forwarding_rule(forward)));
    match forwards.iter().find(is_named) {
        Some(forward) => HypervisorError::PortTaken { host: forward.host },
        None => error,
    }
}

/// The machine that runs in a directory, whoever started it; `None` if none does. One whose start was never finished is in
/// [`super::MachineState::Prelaunch`], and is to be quit. QEMU need not be installed any more.
///
/// Errors: `Unidentified`, `File`.
pub async fn machine_in(directory: &Path, answer_timeout: Duration) -> Result<Option<Machine>, HypervisorError> {
    let begun = Instant::now();
    while directory::is_taken(directory)? {
        if let Some(process) = identify(directory).await? {
            return Ok(Some(Machine::new(directory.to_owned(), process, answer_timeout)));
        }
        if begun.elapsed() > IDENTIFY_MAX {
            return Err(HypervisorError::Unidentified { directory: directory.to_owned() });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(None)
}

/// Who holds a directory: the process that was written down, which pid, start and boot name, or, if we were killed before that, the one
/// that listens. Either works in QEMU's own directory. Where that is not shown, the record is enough, and listening is not: it may be
/// anybody who runs as QEMU's user.
async fn identify(directory: &Path) -> Result<Option<Process>, HypervisorError> {
    let run = directory::run_directory(directory).canonicalize().ok();
    let watched = |pid, is_it: &dyn Fn(u32) -> bool| {
        Process::of_stranger(pid, directory.to_owned(), is_it).map_err(HypervisorError::Start)
    };
    if let Some(record) = ProcessRecord::read(directory)
        && let Some(process) =
            watched(record.pid, &|pid| record.is_current() && place_of(pid).is_none_or(|place| Some(place) == run))?
    {
        return Ok(Some(process));
    }
    match Qmp::listener(&directory::run_directory(directory), Duration::from_secs(1)).await {
        Ok(pid) => watched(pid, &|pid| place_of(pid).is_some_and(|place| Some(place) == run)),
        Err(_) => Ok(None),
    }
}

/// Where a process works. `None` if it is over, or another user's and we lack `CAP_SYS_PTRACE`.
fn place_of(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

fn program(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return name.canonicalize().ok().filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(USUAL_PLACES.map(PathBuf::from))
        .map(|place| place.join(name))
        .find(|path| path.is_absolute() && path.is_file())
}
