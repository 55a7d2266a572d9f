//! What was read of keys is remembered for a moment, so that a busy key does not cost queries with every use.
//!
//! Material is remembered as the catalog holds it, under the root key, and unwrapped for each use: nothing in clear is kept. Every change
//! of keys through this [`Kms`] makes all of it forgotten before the change is answered (`change.rs`), so that a key which was disabled
//! here refuses at once; one made by another process on the same catalog is seen after [`catalog::REMEMBERED_S`] seconds.

use std::sync::Arc;

use catalog::{KeyId, KeyRecord, KeyVersionId, KeyVersionRecord, Read, Recall, Scope};
use ram::Permit;

use crate::action::Action;
use crate::error::Result;
use crate::key_policy::KeyFacts;
use crate::key_ref::KeyRef;
use crate::keys::{admit, id_named, in_place};
use crate::kms::Kms;

/// Bytes of each kind that are remembered at once, about.
const BYTES_KNOWN_MAX: usize = 8 << 20;

/// What an entry takes beside texts and material.
const ENTRY_BYTES: usize = 1 << 10;

/// A policy that was read takes so many times the bytes of its text, about.
const POLICY_FACTOR: usize = 4;

/// What is remembered of keys, by their ids.
pub(crate) struct Known {
    keys: Recall<KeyId, Arc<KeyRecord>>,
    facts: Recall<KeyId, Arc<KeyFacts>>,
    versions: Recall<KeyVersionId, Arc<KeyVersionRecord>>,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self {
            keys: Recall::new(BYTES_KNOWN_MAX),
            facts: Recall::new(BYTES_KNOWN_MAX),
            versions: Recall::new(BYTES_KNOWN_MAX),
        }
    }

    pub(crate) fn forget(&self) {
        self.keys.forget();
        self.facts.forget();
        self.versions.forget();
    }
}

impl Kms {
    /// As [`crate::keys::find_for`], from what is remembered: for the calls that use a key and change nothing.
    pub(crate) async fn find_to_use(
        &self,
        action: Action,
        key: &KeyRef,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyRecord> {
        let id = id_named(&mut self.catalog.read(), key, scope).await?;
        let found = in_place(self.known_key(id).await?, key, scope)?;
        admit(action, KeyRecord::clone(&found), permit, scope, self.clock.now())
    }

    pub(crate) async fn known_key(&self, id: KeyId) -> Result<Option<Arc<KeyRecord>>> {
        let (known, now) = (&self.known.keys, self.clock.now());
        if let Some(key) = known.value(&id, now) {
            return Ok(Some(key));
        }
        let epoch = known.epoch();
        let Some(key) = self.catalog.read().key_by_id(id).await?.map(Arc::new) else { return Ok(None) };
        known.remember(id, Arc::clone(&key), key_bytes(&key), epoch, now);
        Ok(Some(key))
    }

    pub(crate) async fn known_version(&self, id: KeyVersionId) -> Result<Option<Arc<KeyVersionRecord>>> {
        let (known, now) = (&self.known.versions, self.clock.now());
        if let Some(version) = known.value(&id, now) {
            return Ok(Some(version));
        }
        let epoch = known.epoch();
        let Some(version) = self.catalog.read().key_version_by_id(id).await?.map(Arc::new) else { return Ok(None) };
        known.remember(id, Arc::clone(&version), version_bytes(&version), epoch, now);
        Ok(Some(version))
    }

    /// What decides about rights on a key: before anybody knows whether the caller has any.
    ///
    /// Errors: `KeyNotFound`, `KeyInOtherRegion`, `AliasNotFound`, `PolicyDamaged`.
    pub async fn key_facts(&self, key: &KeyRef, scope: &Scope) -> Result<Arc<KeyFacts>> {
        let (known, now) = (&self.known.facts, self.clock.now());
        let mut read = self.catalog.read();
        let id = id_named(&mut read, key, scope).await?;
        if let Some(facts) = known.value(&id, now) {
            in_place(Some(&facts.key), key, scope)?;
            return Ok(facts);
        }
        let epoch = known.epoch();
        // From the catalog: facts made of a key that is remembered would be twice as old.
        let found = in_place(read.key_by_id(id).await?, key, scope)?;
        let facts = Arc::new(KeyFacts::read(&mut read, found).await?);
        known.remember(id, Arc::clone(&facts), facts_bytes(&facts), epoch, now);
        Ok(facts)
    }

    /// Goes over to the root key that another process has put in force. `false` when it is the same.
    ///
    /// Errors: `Root`, when it is not where this process looks for root keys; `Catalog`.
    pub(crate) async fn follow_root(&self, read: &mut Read<'_>) -> Result<bool> {
        let changed = self.root.follow(read, self.clock.now()).await?;
        if changed {
            // Material that is remembered is under the key of before, which is not kept for long.
            self.known.forget();
        }
        Ok(changed)
    }
}

fn key_bytes(key: &KeyRecord) -> usize {
    let texts = [key.description.len(), key.deletion_protection_description.len(), policy_len(key)];
    texts.into_iter().fold(ENTRY_BYTES, usize::saturating_add)
}

fn facts_bytes(facts: &KeyFacts) -> usize {
    let tags = facts.tags.iter().map(|tag| tag.key.len().saturating_add(tag.value.len()));
    let policy = policy_len(&facts.key).saturating_mul(POLICY_FACTOR);
    tags.fold(key_bytes(&facts.key).saturating_add(policy), usize::saturating_add)
}

fn version_bytes(version: &KeyVersionRecord) -> usize {
    let values = [version.material.as_ref(), version.public_key.as_ref()];
    values.into_iter().flatten().map(Vec::len).fold(ENTRY_BYTES, usize::saturating_add)
}

fn policy_len(key: &KeyRecord) -> usize {
    key.policy.as_ref().map_or(0, String::len)
}
