//! The command line: names, values and their checks. What it means is in `commands`.

mod account;
mod billing;
mod database;
mod image;
mod instance;
mod key;
mod serve;
mod task;
mod ticket;

pub(crate) use account::AccountCommand;
pub(crate) use billing::{Balance, BillingArgs, BillingCommand, OwnerArgs};
pub(crate) use database::DatabaseArgs;
pub(crate) use image::{
    CopyImageArgs, ExportImageArgs, ImageArgs, ImageCommand, ImportImageArgs, InRegion, RegionCommand, WaitArgs,
};
pub(crate) use instance::{DataDisk, InstanceArgs, InstanceCommand, RunInstanceArgs};
pub(crate) use key::{AliasCommand, CreateKeyArgs, ImportArgs, KeyArgs, KeyCommand, VersionCommand};
pub(crate) use serve::ServeArgs;
pub(crate) use task::{TaskArgs, TaskCommand};
pub(crate) use ticket::{AskCommand, OperatorCommand, TicketArgs, TicketCommand, VerdictArgs};

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kms::TokenPlace;

/// Encrypts virtual machine images while it copies them.
///
/// The result is a standard LUKS image that stock QEMU, libvirt and cryptsetup open, and only with its key.
#[derive(Parser)]
#[command(name = "reseal", version, max_term_width = 110)]
pub(crate) struct Cli {
    /// Data directory: keys, records and digest trees [default: per user]
    #[arg(long, global = true, env = "RESEAL_DATA", value_name = "DIR", hide_env_values = true)]
    pub data: Option<PathBuf>,

    /// What this installation decides: regions, stores, buckets, limits [default: server.toml in the data directory]
    #[arg(long, global = true, env = "RESEAL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    pub root: RootArgs,

    #[command(flatten)]
    pub database: DatabaseArgs,

    #[command(flatten)]
    pub remote: RemoteArgs,

    #[command(subcommand)]
    pub command: Command,
}

/// Where the root key comes from. Default: the file `root.key` in the data directory.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct RootArgs {
    /// Root key protected by the passphrase in this file (its last newline does not count)
    #[arg(long, global = true, env = "RESEAL_ROOT_PASSPHRASE_FILE", value_name = "FILE")]
    pub root_passphrase_file: Option<PathBuf>,

    /// Root key from this systemd credential
    #[arg(long, global = true, env = "RESEAL_ROOT_CREDENTIAL", value_name = "NAME")]
    pub root_credential: Option<String>,

    /// Root key in the PKCS#11 token that this URI names (RFC 7512)
    #[arg(long, global = true, env = "RESEAL_ROOT_PKCS11", value_name = "URI")]
    pub root_pkcs11: Option<TokenPlace>,
}

/// A server that holds the keys, for `key`, `image`, `instance`, `region`, `copy`, `verify` and `exec`. Its access key is never an argument: it comes from
/// `RESEAL_ACCESS_KEY_ID`, `RESEAL_ACCESS_KEY_SECRET`, `RESEAL_SECURITY_TOKEN`, or from the profile.
#[derive(Args)]
pub(crate) struct RemoteArgs {
    /// Ask the server at this address instead of the data directory
    #[arg(long, global = true, env = "RESEAL_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<api::client::Endpoint>,

    /// Section of ~/.config/reseal/config.toml that names a server and an access key
    #[arg(long, global = true, env = "RESEAL_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,

    /// Trust the server by the certificates in this PEM file [default: those of the system]
    #[arg(long, global = true, env = "RESEAL_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

// Deferred: only the command that is used is built, which is a millisecond of each start.
#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Copy an image: keep it as it is, encrypt it, or change its key
    Copy(CopyArgs),
    /// Say everything about an image file, and what a copy would drop or refuse
    Inspect(InspectArgs),
    /// Check every byte of an encrypted image against its digest tree
    Verify(VerifyArgs),
    /// Run a tool that needs the passphrase of an image
    Exec(ExecArgs),
    /// Keys, of the embedded key management service or of a server
    Key(KeyArgs),
    /// Images of the catalog, of the data directory or of a server
    Image(ImageArgs),
    /// Instances: machines that run from images
    Instance(InstanceArgs),
    /// The regions of an installation
    #[command(subcommand)]
    Region(RegionCommand),
    /// Imports and exports that were begun
    Task(TaskArgs),
    /// Requests to the operator for larger limits
    Ticket(TicketArgs),
    /// The root key that protects all others
    Root(RootCommandArgs),
    /// Answer the ECS, KMS, RAM and STS APIs over HTTP
    Serve(ServeArgs),
    /// Accounts, and the access keys of their owners
    #[command(subcommand)]
    Account(AccountCommand),
    /// The record of every call
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What keys and calls of KMS cost in a month
    Billing(BillingArgs),
    /// Put back the LUKS header that was pinned when an image was sealed
    RestoreHeader(RestoreHeaderArgs),
    /// Test the cryptography and the data directory, and say how long it takes
    SelfTest(JsonArgs),
    /// Print a script that lets a shell complete the command line
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args)]
pub(crate) struct CopyArgs {
    /// Image to read; it is never changed
    pub source: PathBuf,
    /// File to make; it appears when it is complete
    pub target: PathBuf,
    #[command(flatten)]
    pub region: InRegion,

    /// Encrypt; without --key under the service key alias/acs/ecs
    #[arg(long)]
    pub encrypt: bool,
    /// Key to encrypt under: key id, alias/NAME or ARN
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// How the key of an encrypted image is changed
    #[arg(long, value_enum, default_value_t = Rekey::Reencrypt)]
    pub rekey: Rekey,

    /// Format of the target [default: qcow2 when encrypting, else the source's]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// What the source is; a file that looks different is refused
    #[arg(long, value_name = "FORMAT", value_parser = parse_source_format)]
    pub source_format: Option<engine::SourceFormat>,
    /// Passphrase of an encrypted source that Reseal did not make; every byte of the file counts
    #[arg(long, value_name = "FILE")]
    pub source_passphrase_file: Option<PathBuf>,
    /// Backing file of the source; repeat for the file behind that one
    #[arg(long = "backing-file", value_name = "FILE")]
    pub backing_files: Vec<PathBuf>,
    /// External data file of the source
    #[arg(long, value_name = "FILE")]
    pub data_file: Option<PathBuf>,

    /// Bytes per qcow2 cluster, such as 64K or 2M
    #[arg(long, value_name = "SIZE", default_value = "64K", value_parser = parse_size)]
    pub cluster_size: u64,
    /// Bytes per encryption unit of luks2
    #[arg(long, value_name = "SIZE", default_value = "512", value_parser = parse_sector_size)]
    pub sector_size: u32,
    /// Take all blocks of the target beforehand
    #[arg(long, value_enum, default_value_t = Preallocate::Off)]
    pub preallocate: Preallocate,
    /// Compress the clusters of a plain qcow2
    #[arg(long, value_enum, value_name = "CODEC", num_args = 0..=1, default_missing_value = "zstd", require_equals = true)]
    pub compress: Option<Compress>,

    /// Read the result back and compare it with the source before it gets its name
    #[arg(long)]
    pub verify: bool,
    /// Replace an existing target
    #[arg(long)]
    pub force: bool,
    /// Do not wait until the target is on stable storage
    #[arg(long)]
    pub no_sync: bool,
    /// Workers [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Print one JSON object at the end
    #[arg(long)]
    pub json: bool,
    /// Print errors only
    #[arg(long)]
    pub quiet: bool,

    #[cfg(feature = "bench")]
    #[command(flatten)]
    pub bench: BenchArgs,
}

/// For `make bench`: leave out parts of the work, to say what they cost.
#[cfg(feature = "bench")]
#[derive(Args)]
pub(crate) struct BenchArgs {
    #[arg(long, hide = true)]
    pub no_digest: bool,
    #[arg(long, hide = true)]
    pub cipher_off: bool,
    #[arg(long, hide = true)]
    pub null_sink: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rekey {
    /// New data key and new LUKS master key; all data is encrypted again
    Reencrypt,
    /// New data key and keyslot only: whoever kept the old header and its key can still read the data
    Rewrap,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Qcow2,
    Luks1,
    Luks2,
    Raw,
    Vhd,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preallocate {
    Off,
    Full,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compress {
    Zlib,
    Zstd,
}

#[derive(Args)]
pub(crate) struct InspectArgs {
    /// Image file; it is only read
    pub file: PathBuf,
    /// What the file is; a file that looks different is refused
    #[arg(long, value_name = "FORMAT", value_parser = parse_source_format)]
    pub source_format: Option<engine::SourceFormat>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// Image file that was sealed with a key of this data directory
    pub file: PathBuf,
    #[command(flatten)]
    pub region: InRegion,
    /// Workers [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print errors only
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Args)]
pub(crate) struct ExecArgs {
    /// Image file that was sealed with a key of this data directory
    pub file: PathBuf,
    #[command(flatten)]
    pub region: InRegion,
    /// The command; each `{secret}` becomes the path of a pipe that holds the passphrase
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

#[derive(Args)]
pub(crate) struct RestoreHeaderArgs {
    /// Image file whose LUKS header was changed; the header is rewritten in place
    pub file: PathBuf,
    /// Id of the image, for a file that lost its envelope too (`reseal key usage` lists ids)
    #[arg(long, value_name = "ID")]
    pub image: Option<String>,
}

/// Shells that can complete.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Args)]
pub(crate) struct JsonArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct RootCommandArgs {
    #[command(subcommand)]
    pub command: RootCommand,
}

#[derive(Subcommand)]
pub(crate) enum RootCommand {
    /// Write a copy of the root key, encrypted under a passphrase
    Backup {
        /// File to write; it must not exist
        file: PathBuf,
        /// File that holds the passphrase (its last newline does not count); asked for when absent
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Put the root key back from such a copy
    Restore {
        /// The copy
        file: PathBuf,
        /// File that holds the passphrase (its last newline does not count); asked for when absent
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Make a new root key where the old one is, and wrap all keys under it; a running server goes on
    Rotate,
    /// Go over to a root key in another place, and wrap all keys under it; a running server that can use that place goes on
    Move(RootMoveArgs),
}

/// The place of the new root key.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RootMoveArgs {
    /// The file `root.key` in the data directory
    #[arg(long)]
    pub to_file: bool,
    /// The file `root.sealed` in the data directory, under the passphrase in this file
    #[arg(long, value_name = "FILE")]
    pub to_passphrase_file: Option<PathBuf>,
    /// This systemd credential, which must be there
    #[arg(long, value_name = "NAME")]
    pub to_credential: Option<String>,
    /// The PKCS#11 token that this URI names
    #[arg(long, value_name = "URI")]
    pub to_pkcs11: Option<TokenPlace>,
}

fn parse_source_format(text: &str) -> Result<engine::SourceFormat, String> {
    text.parse().map_err(|e: engine::UnknownFormat| e.to_string())
}

/// `65536`, `64K`, `2M`: bytes.
fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.to_ascii_uppercase().strip_suffix(['K', 'M']) {
        Some(digits) if text.to_ascii_uppercase().ends_with('K') => (digits.to_owned(), 1 << 10),
        Some(digits) => (digits.to_owned(), 1 << 20),
        None => (text.to_owned(), 1),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{text}` is not a size; write 65536, 64K or 2M"))?;
    number.checked_mul(factor).ok_or_else(|| format!("`{text}` is too large"))
}

fn parse_sector_size(text: &str) -> Result<u32, String> {
    match parse_size(text)? {
        512 => Ok(512),
        4096 => Ok(4096),
        other => Err(format!("{other} is not a sector size; 512 and 4096 are")),
    }
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the record
    Show {
        /// Only calls about this key
        #[arg(long, value_name = "KEY_ID")]
        key: Option<String>,
        /// Only calls after this record
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: u64,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Follow the chain from the first record to the last, and find any that was changed, removed or cut off
    Verify {
        /// An end that an earlier `verify` printed; it must be part of the chain
        #[arg(long, value_name = "SEQ:HASH")]
        expect: Option<String>,
        #[command(flatten)]
        output: JsonArgs,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_have_binary_suffixes() {
        assert_eq!(parse_size("65536"), Ok(65536));
        assert_eq!(parse_size("64K"), Ok(65536));
        assert_eq!(parse_size("2m"), Ok(2 << 20));
        assert!(parse_size("64KB").is_err() && parse_size("").is_err() && parse_size("99999999999999999999").is_err());
    }
}
