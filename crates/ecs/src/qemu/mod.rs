//! Machines: QEMU processes that get their passphrases from us, and that outlive us.
//!
//! ```text
//!   MachineSpec ─ start: prlimit ─ setpriv ─ qemu -S ── QMP: descriptors, passphrases, disks, cont ── Machine
//!   directory ── machine_in: lock held? ─ who holds it? ─────────────────────────────────────────── Machine
//! ```
//!
//! - The directory of a machine is ours; QEMU runs in `run/` below it as another user and can reach nothing above.
//!   Disks and logs are open descriptors to it.
//! - A passphrase goes through the QMP socket, and the object that holds it is removed once its layer is open.
//! - QEMU's standard input is a file that we locked: the lock is held exactly as long as the process lives.
//!
//! Deliberately absent: accounts, keys of the KMS, records. `docs/instances.md` is for the operator.

pub use config::{AcceleratorChoice, HypervisorConfig};
pub use error::HypervisorError;
pub use hypervisor::{Hypervisor, machine_in};
pub use machine::{Machine, MachineState};
pub use serial::{serial_log, serial_socket, serial_tail};
pub use spec::{Firmware, Forward, Layer, LayerFormat, MachineDisk, MachineSpec, Network};

mod accelerator;
mod arguments;
mod config;
mod directory;
mod disks;
mod error;
mod firmware;
mod hypervisor;
mod launch;
mod machine;
mod process;
mod qmp;
mod record;
mod serial;
mod spec;
mod user;
