use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use catalog::{AccountRecord, Clock, SystemClock};
use crypto::{OsRandom, Secret};
use ram::{AccountId, AccountName, Permit, Ram};
use serde::Serialize;

use crate::args::AccountCommand;
use crate::output;
use crate::serve::show_access_key;
use crate::store::{OpenStore, Store};
use crate::{private_file, typed_secret};

/// What takes a password from elsewhere than the terminal.
const PASSWORD_FILE: &str = "--password-file";

/// Longest file with a password.
const FILE_BYTES_MAX: usize = 4096;

/// An account as `--json` prints it.
#[derive(Serialize)]
struct AccountView {
    account: String,
    name: String,
    created_at: String,
    kms_opened_at: Option<String>,
}

pub(crate) fn run(command: &AccountCommand, store: &Store) -> Result<ExitCode> {
    match command {
        AccountCommand::Create { name } => create(name, &store.open()?)?,
        AccountCommand::List { output } => list(&store.open_existing()?, output.json)?,
        AccountCommand::Password { account, password_file } => {
            set_password(*account, password_file.as_deref(), &store.open_existing()?)?;
        }
        AccountCommand::ResetRoot { account } => {
            // A server would not hear at once that the old keys are gone.
            let (store, _lock) = store.open_alone()?;
            reset_root(*account, &store)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A server that runs meanwhile has nothing to forget: it sees the account with its first call.
fn create(name: &AccountName, store: &OpenStore) -> Result<()> {
    let ram = access_control(store)?;
    let made = store.runtime.block_on(async {
        // The oldest account is that of the installation, and of the file commands.
        ram.ensure_account().await?;
        ram.create_account(name).await
    });
    let (account, key) = made?;
    show_access_key(account, &key);
    Ok(())
}

fn list(store: &OpenStore, json: bool) -> Result<()> {
    let ram = access_control(store)?;
    let accounts = store.runtime.block_on(ram.list_accounts())?;
    let views = accounts.into_iter().map(AccountView::of);
    if json {
        return output::json(&views.collect::<Vec<_>>());
    }
    let rows = views.map(|view| {
        let opened = view.kms_opened_at.unwrap_or_else(|| "-".to_owned());
        vec![view.account, view.name, view.created_at, opened]
    });
    output::table(&["account", "name", "created", "KMS opened"], rows);
    Ok(())
}

/// A server that runs meanwhile takes the new password at once; sessions of the old one end within two seconds.
fn set_password(account: Option<AccountId>, file: Option<&Path>, store: &OpenStore) -> Result<()> {
    let password = password(file)?;
    let ram = access_control(store)?;
    let account = store.runtime.block_on(async {
        let account = named(account, &ram).await?;
        let permit = Permit::for_local_operator(account, SystemClock.now());
        ram.set_root_password(&permit, &password).await?;
        Ok::<_, ram::RamError>(account)
    })?;
    output::line(&format!(
        "account {account} signs in to the console with the new password; its sessions of the old one are over"
    ));
    Ok(())
}

fn password(file: Option<&Path>) -> Result<Secret> {
    match file {
        Some(path) if path == Path::new("-") => {
            // Not by way of the standard library, which keeps what it read in memory that nobody wipes.
            typed_secret::read_all(File::from(std::io::stdin().as_fd().try_clone_to_owned()?))
        }
        Some(path) => {
            let bytes = private_file::read(path, FILE_BYTES_MAX)?;
            typed_secret::read_all(bytes.expose())
        }
        None => {
            let first = typed_secret::ask("Password: ", PASSWORD_FILE)?;
            if !typed_secret::ask("Once more: ", PASSWORD_FILE)?.equals(&first) {
                bail!("the passwords differ; nothing was changed");
            }
            Ok(first)
        }
    }
}

/// The account that was said, or the first one.
async fn named(account: Option<AccountId>, ram: &Ram) -> ram::Result<AccountId> {
    match account {
        Some(account) => Ok(account),
        None => ram.ensure_account().await,
    }
}

fn reset_root(account: Option<AccountId>, store: &OpenStore) -> Result<()> {
    let ram = access_control(store)?;
    let made = store.runtime.block_on(async {
        let account = named(account, &ram).await?;
        let permit = Permit::for_local_operator(account, SystemClock.now());
        Ok::<_, ram::RamError>((account, ram.reset_root_access_key(&permit).await?))
    });
    let (account, key) = made?;
    show_access_key(account, &key);
    Ok(())
}

fn access_control(store: &OpenStore) -> Result<Ram> {
    let key = store.wait(store.kms.secret("access control"))?;
    Ok(Ram::new(store.kms.catalog(), Arc::new(SystemClock), Arc::new(OsRandom), key))
}

impl AccountView {
    fn of(record: AccountRecord) -> Self {
        Self {
            account: record.id.to_string(),
            name: record.name,
            created_at: output::time(record.created_at),
            kms_opened_at: record.kms_opened_at.map(output::time),
        }
    }
}
