//! Arguments of `reseal serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::billing::PriceArgs;

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on; with =REGION all calls that come in there go to that region. Repeat for more
    #[arg(long, value_name = "ADDRESS[=REGION]", default_value = "127.0.0.1:9180", value_parser = parse_listen)]
    pub listen: Vec<Listen>,
    /// Region of calls that name none [default: cn-hangzhou]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Further regions, in place of those of the configuration [default: cn-shanghai]
    #[arg(long = "also-region", value_name = "REGION")]
    pub more_regions: Vec<String>,

    /// Certificate chain in PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "self_signed")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// TLS with a certificate that is made now, for labs
    #[arg(long)]
    pub self_signed: bool,

    /// File (mode 0600) with id and secret of the account's access key on two lines
    #[arg(long, value_name = "FILE")]
    pub bootstrap_access_key: Option<PathBuf>,

    /// Directory whose files can be imported as objects of the bucket NAME. Repeat for more
    #[arg(long = "import-directory", value_name = "NAME=DIR", value_parser = parse_bucket)]
    pub import_directories: Vec<Bucket>,
    /// Directory that images can be exported to as objects of the bucket NAME. Repeat for more
    #[arg(long = "export-directory", value_name = "NAME=DIR", value_parser = parse_bucket)]
    pub export_directories: Vec<Bucket>,
    /// Let encrypted images be copied to another region, under a key of that region
    #[arg(long)]
    pub allow_encrypted_cross_region_copy: bool,

    /// Most images of an account in a region; 0: no limit [default: 100]
    #[arg(long, value_name = "N")]
    pub limit_images: Option<u32>,
    /// Most keys of an account in a region; 0: no limit [default: 200]
    #[arg(long, value_name = "N")]
    pub limit_keys: Option<u32>,
    /// Most aliases of an account in a region; 0: no limit [default: 300]
    #[arg(long, value_name = "N")]
    pub limit_aliases: Option<u32>,
    /// Most key versions of an account in a region; 0: no limit [default: 10,000]
    #[arg(long, value_name = "N")]
    pub limit_key_versions: Option<u32>,
    #[command(flatten)]
    pub price: PriceArgs,

    /// Bear no other server, and no command of another data directory, on the database of --database: files and blobs that nobody knows are removed at once
    #[arg(long)]
    pub only_server: bool,
}

/// One address of the server.
#[derive(Debug, Clone)]
pub(crate) struct Listen {
    pub address: SocketAddr,
    pub region: Option<String>,
}

/// A directory to import from or export to.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub name: String,
    pub directory: PathBuf,
}

fn parse_bucket(text: &str) -> Result<Bucket, String> {
    let wanted = || format!("`{text}` is not NAME=DIR, such as golden=/srv/images");
    let (name, directory) = text.split_once('=').ok_or_else(wanted)?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if is_name && !directory.is_empty() {
        Ok(Bucket { name: name.to_owned(), directory: PathBuf::from(directory) })
    } else {
        Err(wanted())
    }
}

fn parse_listen(text: &str) -> Result<Listen, String> {
    let (address, region) = match text.split_once('=') {
        Some((address, region)) => (address, Some(region.to_owned())),
        None => (text, None),
    };
    let address = address.parse().map_err(|_| format!("`{address}` is not an address such as 127.0.0.1:9180"))?;
    Ok(Listen { address, region })
}
