//! Which server, and which access key.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use api::client::{Client, Credentials, Endpoint};
use catalog::SystemClock;
use crypto::OsRandom;

use super::Remote;
use super::config_file::{Profile, profile};
use crate::args::RemoteArgs;
use crate::environment::EnvironmentKey;
use crate::output;
use crate::user_directory::user_directory;

/// The profile of an endpoint for which none is named.
const DEFAULT_PROFILE: &str = "default";

/// What arguments and environment say of a server.
pub(crate) struct Server {
    pub(crate) args: RemoteArgs,
    pub(crate) access_key: EnvironmentKey,
}

impl Server {
    /// The server that the command is for; `None`: it is for the data directory. `region`: of its calls of KMS, before the profile's.
    ///
    /// A named profile counts before the environment's access key, and that before the profile `default`; arguments count before both.
    pub(crate) fn open(self, region: Option<String>) -> Result<Option<Remote>> {
        let Self { args, access_key } = self;
        let of_environment = access_key.complete()?;
        let profile = match (&args.profile, &of_environment) {
            (Some(name), _) => profile(&config_file()?, name)?,
            (None, _) if args.endpoint.is_none() => return Ok(None),
            (None, Some(_)) => Profile::default(),
            (None, None) => profile(&config_file()?, DEFAULT_PROFILE).context(
                "there is no access key for the server: neither in RESEAL_ACCESS_KEY_ID and RESEAL_ACCESS_KEY_SECRET nor in a file",
            )?,
        };
        let endpoint = endpoint(args.endpoint, profile.endpoint.as_deref())?;
        if !endpoint.is_tls() && !endpoint.is_local() {
            output::warning(&format!("keys travel in clear to {endpoint}; use https"));
        }
        let credentials = match (profile.access_key_id, profile.access_key_secret) {
            (Some(access_key_id), Some(secret)) => {
                Credentials { access_key_id, secret, security_token: profile.security_token }
            }
            (None, None) => of_environment.context("the profile has no access key, and neither has the environment")?,
            _ => bail!("the profile needs both access_key_id and access_key_secret"),
        };
        let authorities = args.ca_file.or(profile.ca_file);
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let region = region.or(profile.region);
        let client = Client::new(endpoint, authorities.as_deref(), region.clone(), credentials, clock, random)?;
        Remote::new(client, region).map(Some)
    }
}

impl EnvironmentKey {
    fn complete(self) -> Result<Option<Credentials>> {
        match (self.id, self.secret) {
            (Some(access_key_id), Some(secret)) => {
                Ok(Some(Credentials { access_key_id, secret, security_token: self.security_token }))
            }
            (None, None) => Ok(None),
            _ => bail!("RESEAL_ACCESS_KEY_ID and RESEAL_ACCESS_KEY_SECRET go together; one of them is not set"),
        }
    }
}

fn endpoint(named: Option<Endpoint>, of_profile: Option<&str>) -> Result<Endpoint> {
    match (named, of_profile) {
        (Some(endpoint), _) => Ok(endpoint),
        (None, Some(text)) => Ok(text.parse()?),
        (None, None) => bail!("the profile names no endpoint; name one with --endpoint"),
    }
}

/// `$XDG_CONFIG_HOME/reseal/config.toml`, or below `~/.config`.
fn config_file() -> Result<PathBuf> {
    let directory = user_directory("XDG_CONFIG_HOME", ".config");
    Ok(directory.context("neither HOME nor XDG_CONFIG_HOME is set")?.join("config.toml"))
}
