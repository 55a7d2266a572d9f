//! Key pairs: SSH keys of accounts, and which instance was given which. The public half is kept and the private half is answered once.
//! Source: the vendor's pages of `CreateKeyPair` and those beside it.
//!
//! There is no metadata service, so a guest does not learn of its key from here; it is what clients ask for and read back.

use catalog::{KeyPairFilter, KeyPairRecord, Page, PageRequest, Read, Scope};
use crypto::Secret;
use crypto::asymmetric::{KeySpec, NotAnSshKey, SshPublicKey, generate, rsa_private_pem};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::instances::InstanceError;

const CREATE: Action = Action::new("ecs:CreateKeyPair");
const IMPORT: Action = Action::new("ecs:ImportKeyPair");
const DESCRIBE: Action = Action::new("ecs:DescribeKeyPairs");
const DELETE: Action = Action::new("ecs:DeleteKeyPairs");
const ATTACH: Action = Action::new("ecs:AttachKeyPair");
const DETACH: Action = Action::new("ecs:DetachKeyPair");

/// Pairs of an account in a region. Source: the vendor's page of `CreateKeyPair`.
const PAIRS_MAX: u64 = 500;

/// Characters of a name. Source: the same.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=128;

/// Why a call on key pairs was refused. Beside each, the API's code.
#[derive(Debug, thiserror::Error)]
pub enum KeyPairError {
    /// 400 `InvalidKeyPairName.Malformed`.
    #[error("`{name}` cannot be the name of a key pair: {why}")]
    MalformedName {
        /// The name.
        name: String,
        /// The rule.
        why: &'static str,
    },
    /// 400 `KeyPair.AlreadyExist`.
    #[error("there is a key pair `{0}` already")]
    NameTaken(String),
    /// 404 `InvalidKeyPairName.NotFound`.
    #[error("there is no key pair `{0}` in this region")]
    NotFound(String),
    /// 400 `InvalidPublicKeyBody.Malformed`.
    #[error("{0}")]
    MalformedKey(#[source] NotAnSshKey),
    /// 403 `QuotaExceed.KeyPair`.
    #[error("an account may have {max} key pairs in a region; delete some")]
    Quota {
        /// How many.
        max: u64,
    },
    /// 500 `InternalError`: no source of randomness.
    #[error("a key could not be made")]
    NotMade(#[source] crypto::CryptoError),
}

/// A pair that was made.
pub struct NewKeyPair {
    /// What is kept of it.
    pub record: KeyPairRecord,
    /// The private half, PEM. Nobody has it but whoever is answered it.
    pub private_pem: Secret,
}

/// What came of one instance of a call on several: `None` when it was done.
pub type PerInstance = Vec<(String, Option<EcsError>)>;

impl Ecs {
    /// Makes a pair, RSA of 2048 bits.
    ///
    /// Asks for `ecs:CreateKeyPair` on `keypair/<name>`. Errors: `RegionNotFound`, those of [`KeyPairError`].
    pub async fn create_key_pair(&self, name: &str, permit: &Permit, scope: &Scope) -> Result<NewKeyPair> {
        self.store(&scope.region)?;
        require(permit, CREATE, scope, &of(name))?;
        check_name(name)?;
        // Prime numbers take a while to find: not on a thread that answers others, and not for a pair that cannot be kept.
        self.can_have(name, scope).await?;
        let random = self.rooms.random.clone();
        let made = tokio::task::spawn_blocking(move || {
            let pair = generate(KeySpec::Rsa2048, &*random)?;
            Ok((SshPublicKey::of_rsa(&pair.public)?, rsa_private_pem(&pair)?))
        });
        // A task that panicked made nothing.
        let made = made.await.unwrap_or(Err(crypto::CryptoError::PublicKey));
        let (public, private_pem) = made.map_err(KeyPairError::NotMade)?;
        let record = self.keep_pair(name, &public, scope).await?;
        Ok(NewKeyPair { record, private_pem })
    }

    /// Keeps the public half of a pair that the caller has: a line of `authorized_keys`.
    ///
    /// Asks for `ecs:ImportKeyPair` on `keypair/<name>`. Errors: `RegionNotFound`, those of [`KeyPairError`].
    pub async fn import_key_pair(
        &self,
        name: &str,
        public_key: &str,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<KeyPairRecord> {
        self.store(&scope.region)?;
        require(permit, IMPORT, scope, &of(name))?;
        check_name(name)?;
        let public = SshPublicKey::parse(public_key).map_err(KeyPairError::MalformedKey)?;
        self.keep_pair(name, &public, scope).await
    }

    /// Pairs of an account in a region, by name.
    ///
    /// Asks for `ecs:DescribeKeyPairs` on `keypair/*`. Errors: `RegionNotFound`.
    pub async fn describe_key_pairs(
        &self,
        filter: &KeyPairFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<KeyPairRecord>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE, scope, &of("*"))?;
        Ok(self.catalog.read().key_pairs_page(filter, scope, page).await?)
    }

    /// Forgets pairs; those that are not there are no error, and instances that were given one have none then. All or none.
    ///
    /// Asks for `ecs:DeleteKeyPairs` on each `keypair/<name>`. Errors: `RegionNotFound`.
    pub async fn delete_key_pairs(&self, names: &[String], permit: &Permit, scope: &Scope) -> Result<()> {
        self.store(&scope.region)?;
        for name in names {
            require(permit, DELETE, scope, &of(name))?;
        }
        let mut write = self.catalog.write().await?;
        let done = async {
            for name in names {
                if let Some(pair) = write.read().key_pair_by_name(name, scope).await? {
                    write.key_pair_delete(&pair.id).await?;
                }
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Gives instances a pair, in place of the one that they have; says for each whether it was done.
    ///
    /// Asks for `ecs:AttachKeyPair` on `keypair/<name>` and each `instance/<id>`. Errors: `RegionNotFound`, `KeyPairError::NotFound`.
    pub async fn attach_key_pair(
        &self,
        name: &str,
        instance_ids: &[String],
        permit: &Permit,
        scope: &Scope,
    ) -> Result<PerInstance> {
        require_pair_and_instances(permit, ATTACH, (name, instance_ids), scope)?;
        self.for_each_instance(name, instance_ids, Change::Attach, scope).await
    }

    /// Takes a pair from instances; those that do not have it are no error. Says for each whether it was done.
    ///
    /// Asks for `ecs:DetachKeyPair` likewise. Errors: the same.
    pub async fn detach_key_pair(
        &self,
        name: &str,
        instance_ids: &[String],
        permit: &Permit,
        scope: &Scope,
    ) -> Result<PerInstance> {
        require_pair_and_instances(permit, DETACH, (name, instance_ids), scope)?;
        self.for_each_instance(name, instance_ids, Change::Detach, scope).await
    }

    /// The pair of this name.
    ///
    /// Errors: `KeyPairError::NotFound`.
    pub(crate) async fn key_pair(&self, read: &mut Read<'_>, name: &str, scope: &Scope) -> Result<KeyPairRecord> {
        let pair = read.key_pair_by_name(name, scope).await?;
        Ok(pair.ok_or_else(|| KeyPairError::NotFound(name.to_owned()))?)
    }

    async fn keep_pair(&self, name: &str, public: &SshPublicKey, scope: &Scope) -> Result<KeyPairRecord> {
        let pair = KeyPairRecord {
            id: self.new_id("ssh"),
            scope: scope.clone(),
            name: name.to_owned(),
            public_key: public.to_line(),
            fingerprint: public.fingerprint(),
            created_at: self.now(),
        };
        let mut write = self.catalog.write().await?;
        let done = async {
            has_room(&mut write.read(), scope).await?;
            match write.key_pair_insert(&pair).await? {
                true => Ok(pair),
                false => Err(KeyPairError::NameTaken(pair.name).into()),
            }
        };
        let done = done.await;
        write.finish(done).await
    }

    async fn can_have(&self, name: &str, scope: &Scope) -> Result<()> {
        let mut read = self.catalog.read();
        has_room(&mut read, scope).await?;
        match read.key_pair_by_name(name, scope).await? {
            Some(_) => Err(KeyPairError::NameTaken(name.to_owned()).into()),
            None => Ok(()),
        }
    }

    async fn for_each_instance(
        &self,
        name: &str,
        instance_ids: &[String],
        change: Change,
        scope: &Scope,
    ) -> Result<PerInstance> {
        self.store(&scope.region)?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let pair = self.key_pair(&mut write.read(), name, scope).await?;
            let mut answers = Vec::new();
            for id in instance_ids {
                let found = write.read().instance_by_id(id).await?;
                let is_there = found.is_some_and(|found| found.scope == *scope && found.doing != "deleting");
                if is_there {
                    match change {
                        Change::Attach => write.key_pair_attach(&pair.id, id).await?,
                        Change::Detach => write.key_pair_detach(&pair.id, id).await.map(drop)?,
                    }
                }
                let missing = || InstanceError::NotFound { id: id.clone(), region: scope.region.clone() };
                answers.push((id.clone(), (!is_there).then(|| missing().into())));
            }
            Ok(answers)
        };
        let done = done.await;
        write.finish(done).await
    }
}

/// Refuses an account that has as many pairs as it may.
async fn has_room(read: &mut Read<'_>, scope: &Scope) -> Result<()> {
    if read.key_pairs_count(scope).await? < PAIRS_MAX {
        return Ok(());
    }
    Err(KeyPairError::Quota { max: PAIRS_MAX }.into())
}

#[derive(Clone, Copy)]
enum Change {
    Attach,
    Detach,
}

fn require_pair_and_instances(
    permit: &Permit,
    action: Action,
    (name, instance_ids): (&str, &[String]),
    scope: &Scope,
) -> Result<()> {
    require(permit, action, scope, &of(name))?;
    instance_ids.iter().try_for_each(|id| require(permit, action, scope, &format!("instance/{id}")))
}

/// What rights are on.
fn of(name: &str) -> String {
    format!("keypair/{name}")
}

fn check_name(name: &str) -> std::result::Result<(), KeyPairError> {
    let refuse = |why| Err(KeyPairError::MalformedName { name: name.to_owned(), why });
    if !NAME_CHARS.contains(&name.chars().count()) {
        return refuse("it has 2 to 128 characters");
    }
    if !name.starts_with(char::is_alphabetic) {
        return refuse("it begins with a letter");
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        return refuse("it does not begin with http:// or https://");
    }
    if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '_' | '-')) {
        return refuse("it holds letters, digits and : _ - only");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules of the API, each by one name that keeps it and one that does not.
    #[test]
    fn names_follow_the_api() {
        for good in ["ab", "packer_5f", "密钥-1", "a:b", &"a".repeat(128)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "1ab", "_ab", "http://a", "a.b", "a b", "a/b", "a*", &"a".repeat(129)] {
            assert!(matches!(check_name(bad), Err(KeyPairError::MalformedName { .. })), "{bad}");
        }
    }
}
