//! Arguments of `reseal serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::CatalogArgs;

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on; with =REGION all calls that come in there go to that region. Repeat for more
    #[arg(long, value_name = "ADDRESS[=REGION]", default_value = "127.0.0.1:9180", value_parser = parse_listen)]
    pub listen: Vec<Listen>,
    /// Region of calls that name none
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    pub region: String,
    /// Further regions
    #[arg(long = "also-region", value_name = "REGION", default_value = "cn-shanghai")]
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

    #[command(flatten)]
    pub catalog: CatalogArgs,
    /// File (mode 0600) with id and secret of the account's access key on two lines
    #[arg(long, value_name = "FILE")]
    pub bootstrap_access_key: Option<PathBuf>,

    /// Most keys of an account in a region; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub limit_keys: u32,
    /// Most aliases of an account in a region; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub limit_aliases: u32,
    /// Most key versions of an account in a region; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub limit_key_versions: u32,
}

/// One address of the server.
#[derive(Debug, Clone)]
pub(crate) struct Listen {
    pub address: SocketAddr,
    pub region: Option<String>,
}

fn parse_listen(text: &str) -> Result<Listen, String> {
    let (address, region) = match text.split_once('=') {
        Some((address, region)) => (address, Some(region.to_owned())),
        None => (text, None),
    };
    let address = address.parse().map_err(|_| format!("`{address}` is not an address such as 127.0.0.1:9180"))?;
    Ok(Listen { address, region })
}
