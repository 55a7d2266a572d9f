//! Everything in the catalog that is under the root key.
//!
//! What is under a secret of the service (access keys, for example) needs nothing: the secret stays the same.

use catalog::{ImportToken, KeyVersionRecord, Write};
use crypto::{Context, Random};

use super::key::RootKey;
use super::{SECRET_PREFIX, import_context, material_context, secret_context};
use crate::error::{KmsError, Result};

/// Rows that are in memory at once.
const BATCH: u32 = 256;

/// Wraps everything under `new` that is under `old`. Returns the number of values.
///
/// Errors: `MaterialDamaged`, `SecretDamaged` for a value that `old` does not open; `Root`, `Catalog`.
pub(super) async fn rewrap(write: &mut Write, old: &RootKey, new: &RootKey, random: &dyn Random) -> Result<u64> {
    let change = Change { old, new, random };
    Ok(change.key_versions(write).await? + change.import_tokens(write).await? + change.secrets(write).await?)
}

struct Change<'a> {
    old: &'a RootKey,
    new: &'a RootKey,
    random: &'a dyn Random,
}

impl Change<'_> {
    async fn key_versions(&self, write: &mut Write) -> Result<u64> {
        let (mut after, mut count) = (None, 0);
        loop {
            let versions = write.read().key_versions_with_material(after, BATCH).await?;
            let Some(last) = versions.last() else { return Ok(count) };
            after = Some(last.id);
            for version in versions {
                self.key_version(write, version).await?;
                count += 1;
            }
        }
    }

    async fn key_version(&self, write: &mut Write, mut version: KeyVersionRecord) -> Result<()> {
        let context = material_context(version.key_id, version.id);
        let damaged = || KmsError::MaterialDamaged { key: version.key_id, version: version.id };
        let wrapped = version.material.as_deref().ok_or_else(damaged)?;
        version.material = Some(self.value(&context, wrapped).await?.ok_or_else(damaged)?);
        Ok(write.key_version_update(&version).await?)
    }

    async fn import_tokens(&self, write: &mut Write) -> Result<u64> {
        let (mut after, mut count) = (String::new(), 0);
        loop {
            let tokens = write.read().import_tokens_after(&after, BATCH).await?;
            let Some(last) = tokens.last() else { return Ok(count) };
            after.clone_from(&last.id);
            for token in tokens {
                self.import_token(write, &token).await?;
                count += 1;
            }
        }
    }

    /// One that does not open serves no import, and expires within a day: it stays as it is.
    async fn import_token(&self, write: &mut Write, token: &ImportToken) -> Result<()> {
        let context = import_context(token.key_id, &token.id);
        if let Some(private_key) = self.value(&context, &token.private_key).await? {
            write.import_token_set_private_key(&token.id, &private_key).await?;
        }
        Ok(())
    }

    async fn secrets(&self, write: &mut Write) -> Result<u64> {
        let secrets = write.read().meta_by_prefix(SECRET_PREFIX).await?;
        for (name, wrapped) in &secrets {
            let purpose = name.strip_prefix(SECRET_PREFIX).unwrap_or(name);
            let value = self.value(&secret_context(purpose), wrapped).await?;
            let value = value.ok_or_else(|| KmsError::SecretDamaged { purpose: purpose.to_owned() })?;
            write.meta_update(name, &value).await?;
        }
        Ok(secrets.len() as u64)
    }

    async fn value(&self, context: &Context, wrapped: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(value) = self.old.unwrap(context, wrapped).await? else { return Ok(None) };
        Ok(Some(self.new.wrap(context, &value, self.random).await?))
    }
}
