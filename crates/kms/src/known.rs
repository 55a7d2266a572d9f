//! What was read of keys is remembered for a moment, so that a busy key does not cost queries with every use.
//!
//! Material is remembered as the catalog holds it, under the root key, and unwrapped for each use: nothing in clear is kept. Every change
//! of keys through this [`Kms`] makes all of it forgotten before the change is answered (`change.rs`), so that a key which was disabled
//! here refuses at once; one made by another process on the same catalog is seen after [`catalog::REMEMBERED_S`] seconds.

use std::sync::Arc;

use catalog::{KeyId, KeyRecord, KeyVersionId, KeyVersionRecord, Recall, Scope};
use ram::Permit;

use crate::error::Result;
use crate::key_policy::KeyFacts;
use crate::key_ref::KeyRef;
use crate::keys::{admit, id_named, in_place};
use crate::kms::Kms;
use crate::state::Action;

/// What is remembered of keys, by their ids.
#[derive(Default)]
pub(crate) struct Known {
    keys: Recall<KeyId, Arc<KeyRecord>>,
    pub(crate) facts: Recall<KeyId, Arc<KeyFacts>>,
    versions: Recall<KeyVersionId, Arc<KeyVersionRecord>>,
}

impl Known {
    pub(crate) fn forget(&self) {
        // Before the facts, which are made of them: whoever comes between cannot remember facts of an old key.
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
        let found = self.locate_known(key, scope).await?;
        admit(action, KeyRecord::clone(&found), permit, scope, self.clock.now())
    }

    /// The key that `key` names, whoever asks and whatever its state, from what is remembered.
    ///
    /// Errors: `KeyNotFound`, `KeyInOtherRegion`, `AliasNotFound`.
    pub(crate) async fn locate_known(&self, key: &KeyRef, scope: &Scope) -> Result<Arc<KeyRecord>> {
        let id = id_named(&mut self.catalog.read(), key, scope).await?;
        in_place(self.known_key(id).await?, key, scope)
    }

    pub(crate) async fn known_key(&self, id: KeyId) -> Result<Option<Arc<KeyRecord>>> {
        let (known, now) = (&self.known.keys, self.clock.now());
        if let Some(key) = known.value(&id, now) {
            return Ok(Some(key));
        }
        let epoch = known.epoch();
        let Some(key) = self.catalog.read().key_by_id(id).await?.map(Arc::new) else { return Ok(None) };
        known.remember(id, Arc::clone(&key), epoch, now);
        Ok(Some(key))
    }

    pub(crate) async fn known_version(&self, id: KeyVersionId) -> Result<Option<Arc<KeyVersionRecord>>> {
        let (known, now) = (&self.known.versions, self.clock.now());
        if let Some(version) = known.value(&id, now) {
            return Ok(Some(version));
        }
        let epoch = known.epoch();
        let Some(version) = self.catalog.read().key_version_by_id(id).await?.map(Arc::new) else { return Ok(None) };
        known.remember(id, Arc::clone(&version), epoch, now);
        Ok(Some(version))
    }
}
