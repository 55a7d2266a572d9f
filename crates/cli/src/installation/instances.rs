//! `[instances]` of `server.toml`: how machines run on this host.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use ecs::qemu::AcceleratorChoice;
use ecs::{ForwardConfig, InstanceType, InstancesConfig, OnKeyDisabled};
use serde::Deserialize;

/// What is not said is as `InstancesConfig::new` has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InstancesSection {
    /// Where the files of instances lie; `instances` in the data directory if not said.
    pub(super) directory: Option<PathBuf>,
    /// QEMU: a path, or a name that is looked for.
    pub(super) program: Option<PathBuf>,
    /// Whom QEMU runs as when the server is root.
    pub(super) user: Option<String>,
    pub(super) accelerator: Option<Accelerator>,
    pub(super) on_key_disabled: Option<KeyDisabled>,
    /// How long a guest is waited for that was asked to stop.
    pub(super) stop_timeout_s: Option<u64>,
    /// What guests reach.
    pub(super) network: Option<GuestNetwork>,
    /// Ports that lead into guests.
    pub(super) forward: Option<ForwardSection>,
    /// Sizes of machines, by name; none named: the built-in ones.
    #[serde(rename = "type")]
    pub(super) types: BTreeMap<String, TypeSection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Accelerator {
    Auto,
    Tcg,
    Kvm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyDisabled {
    Keep,
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum GuestNetwork {
    Closed,
    Open,
}

/// `[instances.forward]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForwardSection {
    /// The address that listens; that of the host itself if not said.
    pub(super) address: Option<Ipv4Addr>,
    /// First and last port of the host.
    pub(super) ports: [u16; 2],
    /// Ports of each guest.
    pub(super) guest_ports: Vec<u16>,
}

/// `[instances.type."NAME"]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeSection {
    pub(super) cpu: u32,
    pub(super) memory_mib: u32,
}

impl InstancesSection {
    /// Errors: what could never work.
    pub(super) fn check(&self, file: &Path) -> Result<()> {
        let shown = file.display();
        if let Some((name, _)) = self.types.iter().find(|(_, size)| size.cpu == 0 || size.memory_mib == 0) {
            bail!("{shown}: instance type `{name}` needs a processor and memory");
        }
        // It would be another one for whoever is started elsewhere.
        if let Some(directory) = self.directory.as_ref().filter(|directory| directory.is_relative()) {
            bail!("{shown}: the directory of [instances] is a path from the root, not `{}`", directory.display());
        }
        match &self.forward {
            Some(ForwardSection { ports: [first, last], .. }) if *first == 0 || first > last => {
                bail!("{shown}: the ports of [instances.forward] are a first and a last one, from 1 on")
            }
            _ => Ok(()),
        }
    }

    /// `instances_max`: how many an account may have in a region.
    pub(super) fn config(&self, data_dir: &Path, instances_max: Option<u64>) -> InstancesConfig {
        let directory = self.directory.clone().unwrap_or_else(|| data_dir.join("instances"));
        let mut config = InstancesConfig { instances_max, ..InstancesConfig::new(directory) };
        let hypervisor = &mut config.hypervisor;
        if let Some(program) = &self.program {
            hypervisor.program.clone_from(program);
        }
        hypervisor.user.clone_from(&self.user);
        hypervisor.accelerator = match self.accelerator {
            None | Some(Accelerator::Auto) => AcceleratorChoice::Auto,
            Some(Accelerator::Tcg) => AcceleratorChoice::Tcg,
            Some(Accelerator::Kvm) => AcceleratorChoice::Kvm,
        };
        if self.on_key_disabled == Some(KeyDisabled::Stop) {
            config.on_key_disabled = OnKeyDisabled::Stop;
        }
        if let Some(seconds) = self.stop_timeout_s {
            config.stop_timeout = Duration::from_secs(seconds);
        }
        config.network_is_open = self.network == Some(GuestNetwork::Open);
        config.forwards = self.forward.as_ref().map(|forward| ForwardConfig {
            address: forward.address.unwrap_or(Ipv4Addr::LOCALHOST),
            ports: forward.ports[0]..=forward.ports[1],
            guest_ports: forward.guest_ports.clone(),
        });
        if !self.types.is_empty() {
            let of = |(name, size): (&String, &TypeSection)| InstanceType {
                name: name.clone(),
                cpu: size.cpu,
                memory_mib: size.memory_mib,
            };
            config.types = self.types.iter().map(of).collect();
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said counts, what is not is as documented, and what could never work is refused.
    #[test]
    fn instances_run_as_the_file_says() {
        let whole = "directory = '/srv/vm'\nprogram = '/opt/qemu'\nuser = 'vm'\naccelerator = 'tcg'\n\
                     on_key_disabled = 'stop'\nstop_timeout_s = 5\n[forward]\nports = [2200, 2299]\nguest_ports = [22]\n\
                     [type.'ecs.tiny']\ncpu = 1\nmemory_mib = 64\n";
        let section: InstancesSection = toml::from_str(whole).unwrap();
        section.check(Path::new("server.toml")).unwrap();
        let config = section.config(Path::new("/data"), Some(3));
        assert_eq!((config.directory.to_str(), config.instances_max), (Some("/srv/vm"), Some(3)));
        assert_eq!(config.hypervisor.accelerator, AcceleratorChoice::Tcg);
        assert_eq!(config.hypervisor.user.as_deref(), Some("vm"));
        assert_eq!(config.on_key_disabled, OnKeyDisabled::Stop);
        assert_eq!(config.stop_timeout, Duration::from_secs(5));
        assert_eq!(config.types.len(), 1);
        assert_eq!(config.forwards.unwrap().ports, 2200..=2299);
        let default = InstancesSection::default().config(Path::new("/data"), None);
        assert_eq!(default.directory, Path::new("/data/instances"));
        assert!(default.types.len() > 1 && default.forwards.is_none());
        let bad =
            ["[forward]\nports = [9, 8]\nguest_ports = []", "[type.x]\ncpu = 0\nmemory_mib = 1", "directory = 'vm'"];
        for bad in bad {
            let section: InstancesSection = toml::from_str(bad).unwrap();
            section.check(Path::new("server.toml")).unwrap_err();
        }
    }
}
