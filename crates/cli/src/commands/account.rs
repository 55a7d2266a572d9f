use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use catalog::SystemClock;
use crypto::OsRandom;
use ram::Ram;

use crate::args::AccountCommand;
use crate::serve::show_access_key;
use crate::store::Store;

pub(crate) fn run(command: &AccountCommand, store: &Store) -> Result<ExitCode> {
    let (store, _lock) = store.open_alone()?;
    let key = store.wait(store.kms.secret("access control"))?;
    let ram = Ram::new(store.kms.catalog(), Arc::new(SystemClock), Arc::new(OsRandom), key);
    match command {
        AccountCommand::ResetRoot => {
            let account = store.runtime.block_on(ram.ensure_account())?;
            let key = store.runtime.block_on(ram.reset_root_access_key(&store.permit))?;
            show_access_key(&account.to_string(), &key);
        }
    }
    Ok(ExitCode::SUCCESS)
}
