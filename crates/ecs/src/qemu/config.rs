//! What the operator says about QEMU.

use std::path::PathBuf;
use std::time::Duration;

/// How QEMU is found and run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HypervisorConfig {
    /// The program: a path, or a name that is looked for in `PATH` and the usual places.
    pub program: PathBuf,
    /// Whom QEMU runs as when we are root. Without a name: `reseal-vm` if there is such a user, else `nobody`.
    pub user: Option<String>,
    /// What executes the guest's instructions.
    pub accelerator: AcceleratorChoice,
    /// How long one answer of QEMU may take, and how long it may take to come up.
    pub answer_timeout: Duration,
}

/// What executes the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AcceleratorChoice {
    /// KVM if a tiny guest really runs on it, else TCG.
    #[default]
    Auto,
    /// Emulation: works everywhere, about ten times slower.
    Tcg,
    /// KVM, or an error.
    Kvm,
}

impl Default for HypervisorConfig {
    fn default() -> Self {
        Self {
            program: PathBuf::from("qemu-system-x86_64"),
            user: None,
            accelerator: AcceleratorChoice::Auto,
            // Opening a LUKS slot that stock tools made takes 2 s; a loaded machine is several times slower.
            answer_timeout: Duration::from_secs(20),
        }
    }
}
