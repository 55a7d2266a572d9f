//! Secrets of the service itself: one for each purpose, made at the first need, in the catalog under the root key.

use crypto::Secret;

use crate::error::{KmsError, Result};
use crate::kms::Kms;
use crate::root::{SECRET_PREFIX, secret_context};

const SECRET_BYTES: usize = 32;

impl Kms {
    /// The secret for `purpose`, a name of the program. The same in all processes on one catalog, and after the root key is changed.
    ///
    /// Errors: `Catalog`; `SecretDamaged` when the stored one does not open.
    pub async fn secret(&self, purpose: &'static str) -> Result<Secret> {
        let name = format!("{SECRET_PREFIX}{purpose}");
        if let Some(wrapped) = self.catalog.read().meta_by_name(&name).await? {
            return self.open_secret(purpose, &wrapped).await;
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            // Another process may have made it while we waited.
            if let Some(wrapped) = write.read().meta_by_name(&name).await? {
                return self.open_secret(purpose, &wrapped).await;
            }
            let secret = Secret::random(SECRET_BYTES, &*self.random);
            let wrapped = self.wrap(&secret_context(purpose), &secret).await?;
            let wrapped = self.wrapped_for(&mut write, &secret_context(purpose), wrapped).await?;
            write.meta_insert(&name, &wrapped).await?;
            Ok(secret)
        };
        let done = done.await;
        write.finish(done).await
    }

    async fn open_secret(&self, purpose: &'static str, wrapped: &[u8]) -> Result<Secret> {
        let secret = self.unwrap(&secret_context(purpose), wrapped).await?;
        secret.ok_or_else(|| KmsError::SecretDamaged { purpose: purpose.to_owned() })
    }
}
