use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::types::{InstanceType, default_types};
use crate::qemu::HypervisorConfig;

/// How machines run on this host.
#[derive(Debug, Clone)]
pub struct InstancesConfig {
    /// The files of instances, one directory each. It makes this machine the host of what is in it.
    pub directory: PathBuf,
    /// The hypervisor, and how it is started.
    pub hypervisor: HypervisorConfig,
    /// Sizes of machines.
    pub types: Vec<InstanceType>,
    /// What becomes of a running machine when one of its keys cannot be used any more.
    pub on_key_disabled: OnKeyDisabled,
    /// Ports of this host that lead into guests; `None`: none do.
    pub forwards: Option<ForwardConfig>,
    /// Whether guests reach what this host reaches: the network, its own loopback, and the forwarded ports of others.
    pub network_is_open: bool,
    /// How long a guest that was asked to stop is waited for, before it is stopped hard.
    pub stop_timeout: Duration,
    /// Instances that an account may have in a region; `None`: any number.
    pub instances_max: Option<u64>,
}

/// What becomes of a running machine when one of its keys cannot be used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnKeyDisabled {
    /// It goes on, is marked, and is not started again until the key works.
    Keep,
    /// It is stopped, softly first.
    Stop,
}

/// Which ports lead into guests.
#[derive(Debug, Clone)]
pub struct ForwardConfig {
    /// The address of this host that listens. QEMU forwards IPv4 only.
    pub address: Ipv4Addr,
    /// Its ports, each for one port of one guest.
    pub ports: RangeInclusive<u16>,
    /// The ports of each guest that are reached.
    pub guest_ports: Vec<u16>,
}

/// How long a guest is waited for that was asked to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// Instances that an account may have in a region.
const INSTANCES_MAX: u64 = 100;

impl InstancesConfig {
    /// The defaults: no port leads into a guest, no guest reaches anything, and a machine goes on whose key is disabled.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            hypervisor: HypervisorConfig::default(),
            types: default_types(),
            on_key_disabled: OnKeyDisabled::Keep,
            forwards: None,
            network_is_open: false,
            stop_timeout: STOP_TIMEOUT,
            instances_max: Some(INSTANCES_MAX),
        }
    }
}
