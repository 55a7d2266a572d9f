//! Arguments of `reseal image` and `reseal region`.

use clap::{Args, Subcommand, ValueEnum};
use ecs::DiskKey;

use super::{JsonArgs, Rekey};

#[derive(Args)]
pub(crate) struct ImageArgs {
    #[command(flatten)]
    pub region: InRegion,
    #[command(subcommand)]
    pub command: ImageCommand,
}

/// Which region a command is for.
#[derive(Args)]
pub(crate) struct InRegion {
    /// Region of images and keys [default: the profile's, else cn-hangzhou]
    #[arg(long, global = true, value_name = "REGION", env = "RESEAL_REGION")]
    pub region: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum ImageCommand {
    /// Make an image of a disk image file; with a server, of an object BUCKET/OBJECT that it can reach
    Import(ImportImageArgs),
    /// Copy an image: keep its key, add one, or change it
    Copy(CopyImageArgs),
    /// List images, newest first
    List {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Say everything about an image, and the key of each disk
    Show {
        /// Name or id
        image: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Wait until an image is finished; without a server, go on with the work on it
    Wait {
        /// Name or id
        image: String,
        #[command(flatten)]
        waiting: WaitArgs,
    },
    /// Cancel an unfinished copy or import; the new image is gone
    Cancel {
        /// Name or id
        image: String,
    },
    /// Delete an image; its bytes go when no other image uses them
    Delete {
        /// Name or id
        image: String,
    },
    /// Write a plain image to files in a bucket that the operator named
    Export(ExportImageArgs),
    /// Let other accounts use a plain image
    Share(ShareArgs),
    /// Take an image from other accounts again; what they made of it stays theirs
    Unshare(ShareArgs),
    /// Check every byte of an encrypted image against its digest trees
    Verify {
        /// Name or id
        image: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Print errors only
        #[arg(long)]
        quiet: bool,
    },
}

#[derive(Args)]
pub(crate) struct ImportImageArgs {
    /// The system disk, then up to 16 data disks
    #[arg(required = true, num_args = 1..=17, value_name = "FILE")]
    pub files: Vec<String>,
    /// Name of the image
    #[arg(long, default_value = "")]
    pub name: String,
    /// Text for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: String,
    /// What the files are; files that look different are refused
    #[arg(long, value_name = "FORMAT", value_parser = super::parse_source_format)]
    pub source_format: Option<engine::SourceFormat>,
    /// Architecture of the system
    #[arg(long, value_enum, default_value_t = Architecture::X86_64)]
    pub architecture: Architecture,
    #[command(flatten)]
    pub waiting: WaitArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    #[value(name = "x86_64")]
    X86_64,
    Arm64,
    I386,
}

#[derive(Args)]
pub(crate) struct CopyImageArgs {
    /// Name or id of the image to copy; it is never changed
    pub image: String,
    /// Name of the copy
    #[arg(long, default_value = "")]
    pub name: String,
    /// Text for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: String,
    /// Region of the copy [default: that of the image]
    #[arg(long, value_name = "REGION", default_value = "")]
    pub to_region: String,
    /// Encrypt; without --key under the service key alias/acs/ecs
    #[arg(long)]
    pub encrypt: bool,
    /// Key to encrypt under: key id, alias/NAME or ARN
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Encrypt one disk under a key of its own, whatever the others get; without KEY it keeps its key, or gets the
    /// service key. Repeat for more; `reseal image show` lists the devices
    #[arg(long = "disk-key", value_name = "DEVICE=[KEY]", value_parser = parse_disk_key)]
    pub disk_keys: Vec<DiskKey>,
    /// How the key of an encrypted image is changed
    #[arg(long, value_enum, default_value_t = Rekey::Reencrypt)]
    pub rekey: Rekey,
    #[command(flatten)]
    pub waiting: WaitArgs,
}

/// Who names a disk and a key wants it encrypted.
fn parse_disk_key(text: &str) -> Result<DiskKey, String> {
    match text.split_once('=') {
        Some((device, key)) if !device.is_empty() => {
            let key = Some(key.to_owned()).filter(|key| !key.is_empty());
            Ok(DiskKey { device: device.to_owned(), encrypted: true, key })
        }
        _ => Err(format!("`{text}` is not a device and its key, such as /dev/xvdb=alias/data")),
    }
}

#[derive(Args)]
pub(crate) struct ExportImageArgs {
    /// Name or id
    pub image: String,
    /// Where the files go
    #[arg(long, value_name = "NAME")]
    pub bucket: String,
    /// What their names begin with: 1 to 30 letters and digits
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub prefix: String,
    /// What is written: raw, qcow2 or vhd
    #[arg(long, value_name = "FORMAT", default_value = "raw")]
    pub format: String,
    #[command(flatten)]
    pub waiting: WaitArgs,
}

#[derive(Args)]
pub(crate) struct ShareArgs {
    /// Name or id
    pub image: String,
    /// Ids of the accounts, up to 10
    #[arg(required = true, num_args = 1..=10, value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
}

/// What a command does that begins work, and what it says.
#[derive(Args)]
pub(crate) struct WaitArgs {
    /// Do not wait until it is finished (`reseal image wait` does for an image, `reseal task wait` for an export)
    #[arg(long)]
    pub no_wait: bool,
    /// Print one JSON object at the end
    #[arg(long)]
    pub json: bool,
    /// Print errors only
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum RegionCommand {
    /// List the regions
    List {
        #[command(flatten)]
        output: JsonArgs,
    },
}

impl Architecture {
    /// The API's word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
            Self::I386 => "i386",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device with a key, or with none, which asks for encryption all the same; anything else is refused.
    #[test]
    fn a_disk_key_is_a_device_and_a_key() {
        let disk = |key: Option<&str>| {
            Ok(DiskKey { device: "/dev/xvdb".to_owned(), encrypted: true, key: key.map(str::to_owned) })
        };
        assert_eq!(parse_disk_key("/dev/xvdb=alias/data"), disk(Some("alias/data")));
        assert_eq!(parse_disk_key("/dev/xvdb="), disk(None));
        assert!(parse_disk_key("/dev/xvdb").is_err() && parse_disk_key("=alias/data").is_err());
    }
}
