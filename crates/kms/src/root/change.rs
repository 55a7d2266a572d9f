//! Another root key: `rotate` makes one of the same kind, `move` goes to another place.
//!
//! ```text
//! 1  the new key is made, durable, beside the old one     killed here: the old one is in force; what was made is replaced next time
//! 2  one transaction: everything is wrapped anew,         killed here: as before
//!    and the check value becomes that of the new key
//!    where it goes is written down before the commit      (root.place: a hint that counts with the check value only)
//! 3  the file of the new key takes the place of the old   killed here: the next opening does it
//! ```
//! One transaction, so that the whole catalog is always under one root key and nothing half done can be seen. Readers go on
//! meanwhile, writers wait: for 100,000 key versions a few seconds with a key in memory, and as long as the token takes with one in a
//! token. Other processes notice the new check value when something does not open, and before they write, and look for the key that
//! it belongs to: see `follow.rs`.
//!
//! Nothing is destroyed: catalogs that were copied before still need the old key.

use std::path::PathBuf;

use catalog::Write;

use super::CHECK_NAME;
use super::error::{RootError, RootResult};
use super::find::{check_of, keys, settle, settle_alone};
use super::in_use::Root;
use super::key::RootKey;
use super::place;
use super::rewrap::rewrap;
use super::source::RootSource;
use crate::data_dir::DataDir;
use crate::error::Result;
use crate::kms::Kms;

/// The root key was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootChanged {
    /// Where the new one is: a file, or a token, as text.
    pub place: PathBuf,
    /// Number of values that were wrapped anew.
    pub rewrapped: u64,
}

/// Which new key a change wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// One that is made now, also where the old one is.
    Made,
    /// One that is kept there already, if there is one.
    There,
}

impl Kms {
    /// Makes a new root key where the old one is, and wraps everything under it. Other processes on the catalog go on.
    ///
    /// Errors: `Root`, `NotMadeHere` among them for a systemd credential; `MaterialDamaged`, `SecretDamaged`; `Catalog`. After an error
    /// the old root key is in force.
    pub async fn root_rotate(&self) -> Result<RootChanged> {
        let source = self.root.source();
        if matches!(source, RootSource::SystemdCredential { .. }) {
            return Err(RootError::NotMadeHere.into());
        }
        self.change_root(&source, Wanted::Made).await
    }

    /// Wraps everything under a root key in another place. A credential must be there; a token may have a key; otherwise it is made.
    ///
    /// This service goes on with it, and so do other processes on the same data directory: the file `root.place` tells them where. One that
    /// cannot use the new place, or has another data directory, fails with `RootError::Moved` until it can or is started anew; a key that
    /// it uses at the moment it remembers for up to [`catalog::REMEMBERED_S`] seconds more.
    ///
    /// Errors: as [`Kms::root_rotate`]; `Unchanged` when the key in that place is the root key already.
    pub async fn root_move(&self, to: &RootSource) -> Result<RootChanged> {
        self.change_root(to, Wanted::There).await
    }

    async fn change_root(&self, to: &RootSource, wanted: Wanted) -> Result<RootChanged> {
        let mut write = self.change_keys().await?;
        let changed = self.change_root_alone(&mut write, to, wanted).await;
        let (key, check, rewrapped) = write.finish(changed).await?;
        self.root.change(to.clone(), key, check);
        settle(&self.catalog, to, &self.root.data_dir).await?;
        // No value under the old key stays in the log of the catalog.
        self.catalog.settle().await?;
        Ok(RootChanged { place: to.place(&self.root.data_dir), rewrapped })
    }

    async fn change_root_alone(
        &self,
        write: &mut Write,
        to: &RootSource,
        wanted: Wanted,
    ) -> Result<(RootKey, Vec<u8>, u64)> {
        let Root { data_dir, .. } = &self.root;
        self.root.follow(&mut write.read(), self.clock.now()).await?;
        settle_alone(write, to, data_dir).await?;
        let there = match wanted {
            Wanted::Made => None,
            Wanted::There => key_there(write, to, data_dir).await?,
        };
        let new = match there {
            Some(key) => key,
            None => self.make_root(to)?,
        };
        let check = new.new_check(&*self.random).await?;
        let rewrapped = rewrap(write, &self.root.key(), &new, &*self.random).await?;
        write.meta_update(CHECK_NAME, &check).await?;
        write.unsettle().await?;
        // Also when it goes nowhere: another move may have come between, to which the last place belongs.
        place::write(data_dir, to, &*self.random)?;
        Ok((new, check, rewrapped))
    }

    fn make_root(&self, to: &RootSource) -> RootResult<RootKey> {
        let data_dir = &self.root.data_dir;
        // Left by a change that came to nothing: it was just seen not to be the root key.
        if let Some(beside) = to.beside(data_dir).filter(|beside| beside.exists()) {
            let removed = std::fs::remove_file(&beside);
            removed.map_err(|source| RootError::File { action: "remove", path: beside, source })?;
        }
        to.make_beside(data_dir, &*self.random)
    }
}

/// The key that the operator has put in the place to move to. Files are always made.
async fn key_there(write: &mut Write, to: &RootSource, data_dir: &DataDir) -> Result<Option<RootKey>> {
    if matches!(to, RootSource::File | RootSource::PassphraseFile(_)) {
        return Ok(None);
    }
    let check = check_of(write, data_dir).await?;
    let mut found = None;
    for key in keys(to, data_dir).await? {
        let key = key?;
        if key.belongs_to(&check).await? {
            return Err(RootError::Unchanged { place: to.place(data_dir) }.into());
        }
        if found.replace(key).is_some() {
            return Err(RootError::Several { place: to.place(data_dir).display().to_string() }.into());
        }
    }
    Ok(found)
}
