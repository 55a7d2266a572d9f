//! Secrets of the service itself: one for each purpose, made at the first need, in the catalog under the root key.

use crypto::Secret;

use crate::error::{KmsError, Result};
use crate::kms::Kms;
use crate::root::secret_context;

const SECRET_BYTES: usize = 32;

impl Kms {
    /// The secret for `purpose`, a name of the program. The same in all processes on one catalog, and after the root key is changed.
    ///
    /// Errors: `Catalog`; `SecretDamaged` when the stored one does not open.
    pub async fn secret(&self, purpose: &'static str) -> Result<Secret> {
        let name = format!("secret:{purpose}");
        if let Some(wrapped) = self.catalog.read().meta_by_name(&name).await? {
            return self.open_secret(purpose, &wrapped);
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            // Another process may have made it while we waited.
            if let Some(wrapped) = write.read().meta_by_name(&name).await? {
                return self.open_secret(purpose, &wrapped);
            }
            let secret = Secret::random(SECRET_BYTES, &*self.random);
            let wrapped = self.root.wrap(&secret_context(purpose), &secret, &*self.random);
            write.meta_insert(&name, &wrapped).await?;
            Ok(secret)
        };
        let done = done.await;
        write.finish(done).await
    }

    fn open_secret(&self, purpose: &'static str, wrapped: &[u8]) -> Result<Secret> {
        self.root.unwrap(&secret_context(purpose), wrapped).map_err(|_| KmsError::SecretDamaged { purpose })
    }
}
