//! Which of the keys that are kept in a place is the root key of a catalog: the one that its check value belongs to.

use std::path::Path;

use catalog::{Catalog, Write};

use super::error::{RootError, RootResult};
use super::key::RootKey;
use super::restore::move_aside;
use super::source::RootSource;
use super::{CHECK_NAME, check_value};
use crate::data_dir::{DataDir, sync_parent};
use crate::error::Result;

/// The root key that `check` belongs to.
///
/// Errors: `Missing`, `Wrong`, and what is wrong with the keys that are there.
pub(super) async fn find(source: &RootSource, data_dir: &DataDir, check: &[u8]) -> RootResult<RootKey> {
    // A change that is not complete, or was cut short after its commit, has left it here. This comes first: a file that goes to its
    // place between two looks is seen by the second.
    if let Ok(Some(key)) = source.key_beside(data_dir)
        && key.belongs_to(check).await?
    {
        return Ok(key);
    }
    let mut refusal = None;
    for key in keys(source, data_dir).await? {
        match key {
            Ok(key) if key.belongs_to(check).await? => return Ok(key),
            Ok(_) => refusal = Some(RootError::Wrong { place: source.place(data_dir) }),
            Err(error) => refusal = Some(error),
        }
    }
    Err(refusal.unwrap_or_else(|| source.missing(data_dir)))
}

/// All keys in the place, read on a thread that may block: a token may take its time.
pub(super) async fn keys(source: &RootSource, data_dir: &DataDir) -> RootResult<Vec<RootResult<RootKey>>> {
    if !matches!(source, RootSource::Pkcs11(_)) {
        return Ok(source.keys(data_dir));
    }
    let (source_there, data_dir_there) = (source.clone(), data_dir.clone());
    let read = tokio::task::spawn_blocking(move || source_there.keys(&data_dir_there)).await;
    read.map_err(|_| RootError::TokenGone {
        place: source.place(data_dir).display().to_string(),
        why: "the service is being stopped".to_owned(),
    })
}

/// Brings the file of a new root key to its place, when a change is committed and did not come to do it. What was there is kept beside
/// it, as `….replaced-<number>`.
pub(super) async fn settle(catalog: &Catalog, source: &RootSource, data_dir: &DataDir) -> Result<()> {
    if !source.beside(data_dir).is_some_and(|beside| beside.exists()) {
        return Ok(());
    }
    // Held to the end, so that nobody else moves files meanwhile.
    let mut write = catalog.write().await?;
    let settled = settle_alone(&mut write, source, data_dir).await;
    write.finish(settled).await
}

/// As [`settle`], for a caller who has the write lock.
pub(super) async fn settle_alone(write: &mut Write, source: &RootSource, data_dir: &DataDir) -> Result<()> {
    let Some(beside) = source.beside(data_dir) else { return Ok(()) };
    if beside_belongs(write, source, data_dir).await? {
        let place = source.place(data_dir);
        let moved = move_to(&beside, &place);
        moved.map_err(|source| RootError::File { action: "replace", path: place, source })?;
    }
    Ok(())
}

fn move_to(beside: &Path, place: &Path) -> std::io::Result<()> {
    if place.exists() {
        move_aside(place)?;
    }
    std::fs::rename(beside, place)?;
    sync_parent(place)
}

async fn beside_belongs(write: &mut Write, source: &RootSource, data_dir: &DataDir) -> Result<bool> {
    let check = write.read().meta_by_name(CHECK_NAME).await?;
    match (check, source.key_beside(data_dir)) {
        (Some(check), Ok(Some(key))) => Ok(key.belongs_to(&check).await?),
        _ => Ok(false),
    }
}

/// The check value of a catalog that has one.
pub(super) async fn check_of(write: &mut Write, data_dir: &DataDir) -> Result<Vec<u8>> {
    let check = check_value(&mut write.read()).await?;
    Ok(check.ok_or_else(|| RootError::CheckMissing { catalog: data_dir.catalog() })?)
}
