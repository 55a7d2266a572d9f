use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use catalog::{AccountRecord, Clock, SystemClock};
use crypto::OsRandom;
use ram::{AccountId, AccountName, Permit, Ram};
use serde::Serialize;

use crate::args::AccountCommand;
use crate::output;
use crate::serve::show_access_key;
use crate::store::{OpenStore, Store};

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

fn reset_root(account: Option<AccountId>, store: &OpenStore) -> Result<()> {
    let ram = access_control(store)?;
    let made = store.runtime.block_on(async {
        let account = match account {
            Some(account) => account,
            None => ram.ensure_account().await?,
        };
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
