use std::sync::{PoisonError, RwLock};

use catalog::{Catalog, Read, Write};
use crypto::{Context, Random, Secret};

use super::error::{RootError, RootResult};
use super::find::{find, keys, settle};
use super::key::RootKey;
use super::source::{RootMade, RootSource};
use super::{CHECK_NAME, check_value};
use crate::data_dir::DataDir;
use crate::error::Result;
use crate::kms::Kms;

/// The root key of an open service, and where it comes from.
pub(crate) struct Root {
    pub(super) source: RootSource,
    pub(super) data_dir: DataDir,
    in_use: RwLock<InUse>,
}

#[derive(Clone)]
struct InUse {
    key: RootKey,
    /// The check value of the catalog that the key belongs to. As long as the catalog has the same one, the key is in force.
    check: Vec<u8>,
    /// The key before a change, for rows that were read before it.
    before: Option<RootKey>,
}

impl Root {
    /// Opens the root key that `source` holds for this catalog, or makes one for a catalog that never had one.
    pub(crate) async fn open_or_make(
        catalog: &Catalog,
        data_dir: &DataDir,
        source: &RootSource,
        random: &dyn Random,
    ) -> Result<(Self, Option<RootMade>)> {
        if let Some(check) = check_value(&mut catalog.read()).await? {
            let root = Self::open(data_dir, source, check).await?;
            settle(catalog, source, data_dir).await?;
            return Ok((root, None));
        }
        // The write lock of the catalog lets one process make the key; the others find it.
        let mut write = catalog.write().await?;
        let opened = Self::open_or_make_alone(&mut write, data_dir, source, random).await;
        write.finish(opened).await
    }

    async fn open_or_make_alone(
        write: &mut Write,
        data_dir: &DataDir,
        source: &RootSource,
        random: &dyn Random,
    ) -> Result<(Self, Option<RootMade>)> {
        if let Some(check) = check_value(&mut write.read()).await? {
            return Ok((Self::open(data_dir, source, check).await?, None));
        }
        if write.read().key_exists().await? {
            return Err(RootError::CheckMissing { catalog: data_dir.catalog() }.into());
        }
        let mut found = keys(source, data_dir).await?;
        let (key, made) = match (found.pop(), found.is_empty()) {
            // A key without check value is left by a first use that was cut short, or was put there on purpose.
            (Some(key), true) => (key?, None),
            (Some(_), false) => {
                return Err(RootError::Several { place: source.place(data_dir).display().to_string() }.into());
            }
            (None, _) => {
                let (key, made) = source.make(data_dir, random)?;
                (key, Some(made))
            }
        };
        let check = key.new_check(random).await?;
        write.meta_insert(CHECK_NAME, &check).await?;
        Ok((Self::new(data_dir, source, key, check), made))
    }

    async fn open(data_dir: &DataDir, source: &RootSource, check: Vec<u8>) -> RootResult<Self> {
        let key = find(source, data_dir, &check).await?;
        Ok(Self::new(data_dir, source, key, check))
    }

    fn new(data_dir: &DataDir, source: &RootSource, key: RootKey, check: Vec<u8>) -> Self {
        let in_use = RwLock::new(InUse { key, check, before: None });
        Self { source: source.clone(), data_dir: data_dir.clone(), in_use }
    }

    pub(super) fn key(&self) -> RootKey {
        self.in_use().key
    }

    /// Goes over to another key, which `check` belongs to.
    pub(super) fn change(&self, key: RootKey, check: Vec<u8>) {
        let mut in_use = self.in_use.write().unwrap_or_else(PoisonError::into_inner);
        let before = Some(std::mem::replace(&mut in_use.key, key));
        (in_use.check, in_use.before) = (check, before);
    }

    fn in_use(&self) -> InUse {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether the root key was changed, by another process too, and goes over to the new one. `false` when it was not.
    ///
    /// Errors: those of `find`, when the new one is not where this process looks for root keys.
    pub(crate) async fn follow(&self, read: &mut Read<'_>) -> Result<bool> {
        let check = check_value(read).await?;
        let Some(check) = check.filter(|check| *check != self.in_use().check) else { return Ok(false) };
        let key = match find(&self.source, &self.data_dir, &check).await {
            Err(RootError::Wrong { .. } | RootError::Missing { .. }) => return Err(RootError::Moved.into()),
            found => found?,
        };
        self.change(key, check);
        Ok(true)
    }

    /// The root key under a passphrase, as text.
    pub(crate) fn backup(&self, passphrase: &Secret, random: &dyn Random) -> RootResult<Vec<u8>> {
        self.key().backup(passphrase, random)
    }
}

impl Kms {
    /// Wraps a value under the root key. Before it is written, [`Kms::wrapped_for`] has to see it, unless this is called in the same
    /// change.
    pub(crate) async fn wrap(&self, context: &Context, value: &Secret) -> Result<Vec<u8>> {
        Ok(self.root.key().wrap(context, value, &*self.random).await?)
    }

    /// Opens a value that was wrapped under the root key, or under the one before. `None` when it is not authentic.
    ///
    /// Errors: `Root` when a token does not answer, or when the root key was moved elsewhere; `Catalog`.
    pub(crate) async fn unwrap(&self, context: &Context, wrapped: &[u8]) -> Result<Option<Secret>> {
        let InUse { key, before, .. } = self.root.in_use();
        if let Some(value) = key.unwrap(context, wrapped).await? {
            return Ok(Some(value));
        }
        if let Some(before) = before
            && let Ok(Some(value)) = before.unwrap(context, wrapped).await
        {
            return Ok(Some(value));
        }
        if !self.follow_root(&mut self.catalog.read()).await? {
            return Ok(None);
        }
        Ok(self.root.key().unwrap(context, wrapped).await?)
    }

    /// The wrapped value as it may be written in this change: under the root key that is in force in it. A change of the root key by
    /// another process, between wrapping and writing, would leave the value under a key that nobody has.
    pub(crate) async fn wrapped_for(&self, write: &mut Write, context: &Context, wrapped: Vec<u8>) -> Result<Vec<u8>> {
        if !self.follow_root(&mut write.read()).await? && self.root.in_use().before.is_none() {
            return Ok(wrapped);
        }
        // This process has known more than one root key: the value may be under the earlier one.
        match self.unwrap(context, &wrapped).await? {
            Some(value) => self.wrap(context, &value).await,
            None => Err(RootError::Moved.into()),
        }
    }
}
