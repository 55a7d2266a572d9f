use std::path::{Path, PathBuf};

use catalog::{Catalog, Write};
use crypto::{Random, Secret};

use super::error::RootError;
use super::find::{check_of, find};
use super::key::RootKey;
use super::sealed_file;
use super::source::RootSource;
use crate::data_dir::{DataDir, sync_parent};
use crate::error::Result;

/// Puts the root key of `data_dir` back from a backup, to where `source` looks for it. Returns the file it wrote.
///
/// The backup must belong to the catalog. A wrong or damaged root key in its place is kept beside it, as `….replaced-<number>`; a
/// right one is not touched.
///
/// `backup`: the text that [`crate::Kms::root_backup`] made. `backup_path`: where it came from, for messages.
///
/// Errors: `NoCatalog`, `WrongPassphrase`, `Damaged` and `Wrong` about the backup; `InPlace`, `CredentialNotWritable`, `File`.
pub async fn root_restore(
    data_dir: &DataDir,
    source: &RootSource,
    backup: &[u8],
    backup_path: &Path,
    passphrase: &Secret,
    random: &dyn Random,
) -> Result<PathBuf> {
    // Opening would make an empty catalog, to which no backup belongs.
    if !data_dir.catalog().exists() {
        return Err(RootError::NoCatalog { catalog: data_dir.catalog() }.into());
    }
    let catalog = Catalog::open(data_dir.path()).await?;
    root_restore_on(&catalog, data_dir, source, backup, backup_path, passphrase, random).await
}

/// As [`root_restore`], for a catalog that is open already, on a PostgreSQL server for example.
///
/// Errors: as [`root_restore`]; `CheckMissing` for a catalog that never had a root key.
pub async fn root_restore_on(
    catalog: &Catalog,
    data_dir: &DataDir,
    source: &RootSource,
    backup: &[u8],
    backup_path: &Path,
    passphrase: &Secret,
    random: &dyn Random,
) -> Result<PathBuf> {
    let key = sealed_file::decode(backup, passphrase, backup_path)?;
    // Held to the end, so that two restores do not move each other's result away.
    let mut write = catalog.write().await?;
    let stored = restore_alone(&mut write, &key, data_dir, source, backup_path, random).await;
    write.finish(stored).await
}

async fn restore_alone(
    write: &mut Write,
    key: &Secret,
    data_dir: &DataDir,
    source: &RootSource,
    backup_path: &Path,
    random: &dyn Random,
) -> Result<PathBuf> {
    let check = check_of(write, data_dir).await?;
    if !RootKey::held(key.duplicate()).belongs_to(&check).await? {
        return Err(RootError::Wrong { place: backup_path.to_owned() }.into());
    }
    let place = source.place(data_dir);
    match find(source, data_dir, &check).await {
        Ok(_) => return Err(RootError::InPlace { place }.into()),
        Err(
            RootError::Missing { .. }
            | RootError::Wrong { .. }
            | RootError::Damaged { .. }
            | RootError::WrongPassphrase { .. }
            | RootError::NoCredential { .. },
        ) => {}
        // What cannot be judged is not moved.
        Err(error) => return Err(error.into()),
    }
    if matches!(source, RootSource::File | RootSource::PassphraseFile(_)) && place.exists() {
        move_aside(&place).map_err(|source| RootError::File { action: "move aside", path: place, source })?;
    }
    Ok(source.store(data_dir, key, random)?)
}

/// Renames a file to the first free name `<file>.replaced-<number>`.
pub(super) fn move_aside(path: &Path) -> std::io::Result<()> {
    const TRIES_MAX: u32 = 1000;
    for number in 1..=TRIES_MAX {
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".replaced-{number}"));
        // A link, unlike a rename, does not replace a file of that name.
        match std::fs::hard_link(path, &aside) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            linked => {
                linked?;
                std::fs::remove_file(path)?;
                return sync_parent(path);
            }
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}
