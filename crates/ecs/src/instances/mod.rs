//! Instances: machines of accounts that run from images on this host.
//!
//! ```text
//!   run: RunInstances, CreateInstance ─ plan: checks ─ make: records, then files ─ power: keys opened, machine started
//!   start, stop, delete: by the table in state       settle: what a machine's end, or a crash of ours, leaves to do
//! ```
//!
//! - Every change of a status is one change of the catalog. Who works on an instance has it alone (`host`).
//! - A machine outlives this process. What it was about to do stands in the catalog (`doing`), and is done by the next.
//! - The keys of all disks are opened for each start, and by nothing else. Nothing of them stays here.

mod config;
mod console;
mod delete;
mod describe;
mod error;
mod host;
mod host_directory;
mod make;
mod modify;
mod plan;
mod power;
mod request;
mod run;
mod settle;
mod start;
mod state;
mod stop;
mod types;

pub use config::{ForwardConfig, InstancesConfig, OnKeyDisabled};
pub use error::InstanceError;
pub(crate) use host::{Host, Place};
pub(crate) use plan::{require_keys, require_named};
pub use request::{
    ConsoleOutput, DescribedInstance, InstanceTypeFilter, KeyLock, KeyNeed, ModifyInstance, NewInstances, PortForward,
};
pub(crate) use state::Call;
pub(crate) use types::is_bare_metal;
pub use types::{InstanceType, default_types};
