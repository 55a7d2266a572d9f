//! Arguments of `reseal instance`.

use clap::{Args, Subcommand};

use super::{InRegion, JsonArgs};

#[derive(Args)]
pub(crate) struct InstanceArgs {
    #[command(flatten)]
    pub region: InRegion,
    #[command(subcommand)]
    pub command: InstanceCommand,
}

#[derive(Subcommand)]
pub(crate) enum InstanceCommand {
    /// Make instances of an image and start them
    Run(RunInstanceArgs),
    /// List instances, newest first
    List {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Say everything about an instance: its disks, the key of each, and what keeps it from being started
    Show {
        /// Name or id
        instance: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Start an instance; each key of its disks must be usable
    Start {
        /// Name or id
        instance: String,
    },
    /// Stop an instance: the guest is asked, and after a while it is switched off
    Stop {
        /// Name or id
        instance: String,
        /// Switch it off at once, as if its plug were pulled
        #[arg(long)]
        force: bool,
        /// Do not wait until it has stopped
        #[arg(long)]
        no_wait: bool,
    },
    /// Stop an instance and start it again
    Reboot {
        /// Name or id
        instance: String,
        /// Reset it at once
        #[arg(long)]
        force: bool,
    },
    /// Delete an instance that is stopped, and its disks
    Delete {
        /// Name or id
        instance: String,
        /// Also one that runs
        #[arg(long)]
        force: bool,
    },
    /// Print the last 64 KiB that the guest wrote to its serial console
    Logs {
        /// Name or id
        instance: String,
    },
    /// Attach this terminal to the serial console of a running instance of this host; Ctrl-] ends that, the instance goes on
    Console {
        /// Name or id
        instance: String,
    },
}

#[derive(Args)]
pub(crate) struct RunInstanceArgs {
    /// Name or id of the image
    pub image: String,
    /// Instance type, which says how many processors and how much memory
    #[arg(long = "type", value_name = "TYPE", default_value = "ecs.t5-lc1m1.small")]
    pub instance_type: String,
    /// Name of the instances
    #[arg(long, default_value = "")]
    pub name: String,
    /// Text for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: String,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub amount: u32,
    /// Size of the system disk in GiB [default: that of the image]
    #[arg(long, value_name = "GIB")]
    pub disk_size: Option<u64>,
    /// A further disk: its size in GiB, or a snapshot; repeat for more
    #[arg(long = "data-disk", value_name = "GIB|SNAPSHOT", value_parser = parse_data_disk)]
    pub data_disks: Vec<DataDisk>,
    /// Encrypt the disks; without --key under the key of the image, else the service key alias/acs/ecs
    #[arg(long)]
    pub encrypt: bool,
    /// Key of the disks: key id, alias/NAME or ARN
    #[arg(long, value_name = "KEY", requires = "encrypt")]
    pub key: Option<String>,
    /// Refuse to delete the instances until the protection is taken away
    #[arg(long)]
    pub protect: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a further disk is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataDisk {
    Empty { gib: u64 },
    Snapshot(String),
}

fn parse_data_disk(text: &str) -> Result<DataDisk, String> {
    if text.starts_with("s-") {
        return Ok(DataDisk::Snapshot(text.to_owned()));
    }
    match text.parse() {
        Ok(gib) => Ok(DataDisk::Empty { gib }),
        Err(_) => Err(format!("`{text}` is neither a size in GiB nor the id of a snapshot")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number is a size, an id a snapshot, and nothing else is a disk.
    #[test]
    fn a_data_disk_is_a_size_or_a_snapshot() {
        assert_eq!(parse_data_disk("20"), Ok(DataDisk::Empty { gib: 20 }));
        assert_eq!(parse_data_disk("s-1"), Ok(DataDisk::Snapshot("s-1".to_owned())));
        assert!(parse_data_disk("20G").is_err() && parse_data_disk("").is_err() && parse_data_disk("-1").is_err());
    }
}
