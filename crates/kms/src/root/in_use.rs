use std::sync::{PoisonError, RwLock};

use catalog::{Catalog, Write};
use crypto::{Context, Random, Secret};

use super::error::{RootError, RootResult};
use super::find::{find, keys, settle};
use super::follow::Following;
use super::key::RootKey;
use super::place;
use super::source::{RootMade, RootSource};
use super::{CHECK_NAME, check_value};
use crate::data_dir::DataDir;
use crate::error::Result;
use crate::kms::Kms;

/// The root key of an open service, and where it comes from.
pub(crate) struct Root {
    pub(super) data_dir: DataDir,
    in_use: RwLock<InUse>,
    /// Held by the call that looks for a new root key.
    pub(super) following: Following,
}

#[derive(Clone)]
pub(super) struct InUse {
    pub(super) source: RootSource,
    key: RootKey,
    /// The check value of the catalog that the key belongs to. As long as the catalog has the same one, the key is in force.
    pub(super) check: Vec<u8>,
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
        let found = find(source, data_dir, &check).await;
        let key = found.map_err(|refusal| place::hinted(refusal, source, data_dir))?;
        Ok(Self::new(data_dir, source, key, check))
    }

    fn new(data_dir: &DataDir, source: &RootSource, key: RootKey, check: Vec<u8>) -> Self {
        let in_use = RwLock::new(InUse { source: source.clone(), key, check, before: None });
        Self { data_dir: data_dir.clone(), in_use, following: Following::default() }
    }

    pub(super) fn source(&self) -> RootSource {
        self.in_use().source
    }

    pub(super) fn key(&self) -> RootKey {
        self.in_use().key
    }

    /// The key, and the check value of the catalog that it belongs to.
    pub(super) fn key_and_check(&self) -> (RootKey, Vec<u8>) {
        let InUse { key, check, .. } = self.in_use();
        (key, check)
    }

    /// Goes over to another key, which `check` belongs to and which is kept in `source`.
    pub(super) fn change(&self, source: RootSource, key: RootKey, check: Vec<u8>) {
        let mut in_use = self.in_use.write().unwrap_or_else(PoisonError::into_inner);
        let before = Some(std::mem::replace(&mut in_use.key, key));
        (in_use.source, in_use.check, in_use.before) = (source, check, before);
    }

    pub(super) fn in_use(&self) -> InUse {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl InUse {
    /// Opens a value under the key, or under the one before it. `None` when it is under neither.
    async fn unwrap(&self, context: &Context, wrapped: &[u8]) -> RootResult<Option<Secret>> {
        if let Some(value) = self.key.unwrap(context, wrapped).await? {
            return Ok(Some(value));
        }
        match &self.before {
            // What has become of the place of that key is no fault any more.
            Some(before) => Ok(before.unwrap(context, wrapped).await.unwrap_or(None)),
            None => Ok(None),
        }
    }
}

impl Kms {
    /// Wraps a value under the root key. Before it is written, [`Kms::wrapped_for`] has to see it, unless this is called in the same
    /// change.
    pub(crate) async fn wrap(&self, context: &Context, value: &Secret) -> Result<Vec<u8>> {
        match self.root.key().wrap(context, value, &*self.random).await {
            Err(_) if self.follow_root(&mut self.catalog.read()).await? => {
                Ok(self.root.key().wrap(context, value, &*self.random).await?)
            }
            wrapped => Ok(wrapped?),
        }
    }

    /// Opens a value that was wrapped under the root key, or under the one before. `None` when it is not authentic.
    ///
    /// Errors: `Root` when a token does not answer, or when the root key was moved elsewhere; `Catalog`.
    pub(crate) async fn unwrap(&self, context: &Context, wrapped: &[u8]) -> Result<Option<Secret>> {
        let tried = self.root.in_use();
        let opened = tried.unwrap(context, wrapped).await;
        if matches!(opened, Ok(Some(_))) {
            return Ok(opened?);
        }
        // Not under this key; or this key is in a token that was left, and taken away.
        self.follow_root(&mut self.catalog.read()).await?;
        let in_use = self.root.in_use();
        // It may also have been another call that went over meanwhile.
        if in_use.check == tried.check {
            return Ok(opened?);
        }
        Ok(in_use.unwrap(context, wrapped).await?)
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
            None => Err(RootError::Moved { why: "it was changed twice during one call".to_owned() }.into()),
        }
    }
}
