use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use crypto::{OsRandom, Secret};
use kms::{RootChanged, RootSource};

use crate::args::{RootCommand, RootCommandArgs, RootMoveArgs};
use crate::durable_file;
use crate::output;
use crate::store::{Store, runtime};
use crate::typed_secret::ask;

/// What takes a passphrase from elsewhere than the terminal.
const PASSPHRASE_FILE: &str = "--passphrase-file";

/// Longest backup file.
const BACKUP_BYTES_MAX: u64 = 64 << 10;

pub(crate) fn run(args: RootCommandArgs, store: &Store) -> Result<ExitCode> {
    match args.command {
        RootCommand::Backup { file, passphrase_file } => {
            let store = store.open_existing()?;
            let passphrase = passphrase(passphrase_file.as_deref(), true)?;
            let backup = store.kms.root_backup(&passphrase)?;
            // Noted only when it is sure to stay.
            durable_file::write_new(&file, &backup.text).context("there is no backup")?;
            let noted = store.wait(store.kms.note_root_backup(&backup));
            noted.with_context(|| {
                format!(
                    "{} is a good backup, but it is not noted, so the warning stays; make another one",
                    file.display()
                )
            })?;
            output::line(&format!("{}: a copy of the root key, encrypted under the passphrase", file.display()));
            output::line("Keep it on another machine, and the passphrase apart from it.");
        }
        RootCommand::Restore { file, passphrase_file } => {
            let refused = || format!("cannot read {}", file.display());
            let mut backup = Vec::new();
            File::open(&file).and_then(|f| f.take(BACKUP_BYTES_MAX).read_to_end(&mut backup)).with_context(refused)?;
            let passphrase = passphrase(passphrase_file.as_deref(), false)?;
            let path = runtime()?.block_on(restore(store, &backup, &file, &passphrase))?;
            output::line(&format!("{}: the root key is back", path.display()));
        }
        RootCommand::Rotate => {
            let store = store.open_existing()?;
            let changed = store.wait(store.kms.root_rotate())?;
            report(&changed);
        }
        RootCommand::Move(place) => {
            let place = new_place(place)?;
            let store = store.open_existing()?;
            let changed = store.wait(store.kms.root_move(&place))?;
            report(&changed);
            output::line(
                "From now on every command, and each start of the server, needs the --root-… argument for that place.",
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn restore(store: &Store, backup: &[u8], file: &Path, passphrase: &Secret) -> Result<PathBuf> {
    let Store { data_dir, root, database, .. } = store;
    let restored = match database {
        None => kms::root_restore(data_dir, root, backup, file, passphrase, &OsRandom).await,
        Some(database) => {
            let catalog = database.connect().await?;
            kms::root_restore_on(&catalog, data_dir, root, backup, file, passphrase, &OsRandom).await
        }
    };
    Ok(restored?)
}

fn new_place(place: RootMoveArgs) -> Result<RootSource> {
    let file = place.to_file.then_some(RootSource::File);
    // A server that follows has another working directory.
    let passphrase = place.to_passphrase_file.map(std::path::absolute).transpose()?.map(RootSource::PassphraseFile);
    let credential = place.to_credential.map(RootSource::systemd_credential);
    let token = place.to_pkcs11.map(RootSource::Pkcs11);
    Ok(file.or(passphrase).or(credential).or(token).expect("the parser asks for one of them"))
}

fn report(changed: &RootChanged) {
    output::line(&format!("{}: the new root key; {} values are under it", changed.place.display(), changed.rewrapped));
    output::line("Back it up now. Copies of the catalog from before still need the old root key, which was kept.");
}

/// From the file, or from the terminal without echo.
fn passphrase(file: Option<&Path>, twice: bool) -> Result<Secret> {
    if let Some(file) = file {
        return Ok(kms::read_passphrase_file(file)?);
    }
    let first = ask("Passphrase: ", PASSPHRASE_FILE)?;
    if first.is_empty() {
        bail!("an empty passphrase would protect nothing");
    }
    if twice && !ask("Once more: ", PASSPHRASE_FILE)?.equals(&first) {
        bail!("the passphrases differ; nothing was written");
    }
    Ok(first)
}
