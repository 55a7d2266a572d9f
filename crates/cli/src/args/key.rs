//! Arguments of `reseal key`.

use std::path::PathBuf;

use catalog::Timestamp;
use clap::{Args, Subcommand};
use crypto::asymmetric::WrappingAlgorithm;
use kms::{KeySpec, KeyUsage, Origin, RotationInterval};

use super::{InRegion, JsonArgs};

#[derive(Args)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    pub region: InRegion,
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key
    Create(CreateKeyArgs),
    /// Bring your own material to a key of the origin external
    Import(ImportArgs),
    /// List the keys
    List(JsonArgs),
    /// Show one key
    Show {
        /// Key id, alias/NAME or ARN
        key: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Allow a disabled key again
    Enable {
        /// Key id
        key: String,
    },
    /// Stop all use of a key; images under it cannot be opened until it is enabled again
    Disable {
        /// Key id
        key: String,
        /// Even if images are under it
        #[arg(long)]
        force: bool,
    },
    /// Names of keys
    #[command(subcommand)]
    Alias(AliasCommand),
    /// Make a key unusable now, to be destroyed after a waiting time
    ScheduleDeletion {
        /// Key id
        key: String,
        /// Waiting time in days, 7 to 366
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        days: u16,
        /// Even if images are under it: they will be lost
        #[arg(long)]
        force: bool,
    },
    /// Call a deletion off; the key is enabled again
    CancelDeletion {
        /// Key id
        key: String,
    },
    /// Destroy the keys whose waiting time has ended; a command of its own, so that a wrong clock destroys nothing
    DestroyDue,
    /// Versions of a key
    #[command(subcommand)]
    Version(VersionCommand),
    /// Say how often a key gets a new version by itself
    Rotation {
        /// Key id
        key: String,
        /// `never`, or a time of 7 to 730 days such as 90d
        #[arg(value_parser = parse_rotation)]
        every: Rotation,
    },
    /// List the images that are under a key
    Usage {
        /// Key id, alias/NAME or ARN
        key: String,
        #[command(flatten)]
        output: JsonArgs,
    },
}

#[derive(Subcommand)]
pub(crate) enum AliasCommand {
    /// Give a key a name
    Create {
        /// Name, with or without the prefix alias/
        name: String,
        /// Key id
        key: String,
    },
    /// Point a name at another key
    Update {
        /// Name, with or without the prefix alias/
        name: String,
        /// Key id
        key: String,
    },
    /// Remove a name
    Delete {
        /// Name, with or without the prefix alias/
        name: String,
    },
    /// List the names
    List(JsonArgs),
}

#[derive(Args)]
pub(crate) struct CreateKeyArgs {
    /// Name for it, with or without the prefix alias/
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Text for people
    #[arg(long, default_value = "")]
    pub description: String,
    /// What it is made of: Aliyun_AES_256, Aliyun_SM4, RSA_2048, RSA_3072, EC_P256 or EC_P256K
    #[arg(long, default_value = "Aliyun_AES_256")]
    pub spec: KeySpec,
    /// What it is for: ENCRYPT/DECRYPT or SIGN/VERIFY [default: signing, where the spec can sign]
    #[arg(long)]
    pub usage: Option<KeyUsage>,
    /// Where its material comes from: `kms` makes it, `external` waits for `reseal key import`
    #[arg(long, default_value = "kms", value_parser = parse_origin)]
    pub origin: Origin,
    /// New version by itself every 7 to 730 days, such as 90d
    #[arg(long, value_name = "TIME")]
    pub rotation: Option<RotationInterval>,
    #[command(flatten)]
    pub output: JsonArgs,
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// Key id
    pub key: String,
    /// File (mode 0600) with the raw material: 32 bytes of AES-256, or 16 of SM4
    pub material: PathBuf,
    /// How it is wrapped on its way: RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or RSAES_PKCS1_V1_5
    #[arg(long, default_value = "RSAES_OAEP_SHA_256", value_parser = parse_algorithm)]
    pub algorithm: WrappingAlgorithm,
    /// Key that wraps it: RSA_2048 or RSA_3072
    #[arg(long, default_value = "RSA_3072")]
    pub wrapping_key_spec: KeySpec,
    /// When it is taken away again, such as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub expires: Option<Timestamp>,
}

#[derive(Subcommand)]
pub(crate) enum VersionCommand {
    /// Add a version; new data keys are made with it, earlier ciphertexts still open
    Create {
        /// Key id
        key: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// List the versions, oldest first
    List {
        /// Key id
        key: String,
        #[command(flatten)]
        output: JsonArgs,
    },
}

/// How often; `None`: never.
pub(crate) type Rotation = Option<RotationInterval>;

fn parse_rotation(text: &str) -> Result<Rotation, kms::KmsError> {
    if text == "never" { Ok(None) } else { text.parse().map(Some) }
}

fn parse_origin(text: &str) -> Result<Origin, String> {
    match text {
        "kms" => Ok(Origin::AliyunKms),
        "external" => Ok(Origin::External),
        _ => Err("`kms` and `external` are origins".to_owned()),
    }
}

fn parse_algorithm(text: &str) -> Result<WrappingAlgorithm, String> {
    WrappingAlgorithm::from_name(text).ok_or_else(|| {
        let names = WrappingAlgorithm::ALL.map(WrappingAlgorithm::name).join(", ");
        format!("there are {names}")
    })
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "it is not a time such as 2027-01-31T00:00:00Z".to_owned())
}
