use catalog::{KeyId, Scope};

use crate::error::Result;
use crate::key_ref::AliasName;
use crate::kms::Kms;

impl Kms {
    /// The key that ECS uses when none is named: `alias/acs/ecs` of the account and region, made at the first need.
    ///
    /// It is always enabled: nobody can disable or delete it, or point its alias elsewhere.
    pub async fn service_key(&self, scope: &Scope) -> Result<KeyId> {
        let alias = AliasName::of_ecs();
        if let Some(found) = self.catalog.read().alias_by_name(alias.as_str(), scope).await? {
            return Ok(found.key_id);
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            // Another caller may have made it while we waited for the lock.
            if let Some(found) = write.read().alias_by_name(alias.as_str(), scope).await? {
                return Ok(found.key_id);
            }
            let key = self.insert_service_key(&mut write, "ecs", scope).await?;
            self.insert_alias(&mut write, &alias, key, scope).await?;
            Ok(key)
        };
        let done = done.await;
        write.finish(done).await
    }
}
