//! The first access key: made and shown once, or brought along.

use std::path::Path;

use anyhow::{Context, Result, bail};
use api::services::Rooms;
use catalog::Clock;
use crypto::Secret;
use ram::keys::AccessKey;
use ram::{AccountId, KeyOwner, Permit};

use super::backend::Backend;
use crate::args::ServeArgs;
use crate::private_file;

/// Longest file with an access key.
const FILE_BYTES_MAX: usize = 4096;

/// Makes the root access key of a new installation, or takes the one of `--bootstrap-access-key`.
pub(super) async fn bootstrap(args: &ServeArgs, backend: &Backend, clock: &dyn Clock) -> Result<()> {
    let permit = Permit::for_local_operator(backend.account(), clock.now());
    if let Some(path) = &args.bootstrap_access_key {
        let key = read(path)?;
        return backend
            .ram()
            .bootstrap_root_access_key(&permit, &key)
            .await
            .with_context(|| path.display().to_string());
    }
    if !backend.ram().list_access_keys(&permit, &KeyOwner::Root).await?.is_empty() {
        return Ok(());
    }
    let key = backend.ram().reset_root_access_key(&permit).await?;
    show(backend.account(), &key);
    Ok(())
}

/// Prints a new access key of an account, for the only time.
pub(crate) fn show(account: AccountId, key: &AccessKey) {
    println!("account            {account}");
    println!("access key id      {}", key.id);
    println!("access key secret  {}", String::from_utf8_lossy(key.secret.expose()));
    println!("The secret is shown this once. `reseal account reset-root --account {account}` makes a new one.");
}

/// Two lines: id and secret. The file is its owner's alone.
fn read(path: &Path) -> Result<AccessKey> {
    let shown = path.display();
    let text = private_file::read(path, FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(text.expose()).with_context(|| format!("{shown} is not text"))?;
    let mut lines = text.lines();
    match (lines.next(), lines.next(), lines.next()) {
        (Some(id), Some(secret), None) => {
            let id = id.trim().parse().with_context(|| format!("the first line of {shown}"))?;
            Ok(AccessKey { id, secret: Secret::copy_of(secret.trim().as_bytes()) })
        }
        _ => bail!("{shown} does not hold two lines: the access key's id and its secret"),
    }
}
