//! The root of trust: the key that wraps the material of all key versions.
//!
//! The catalog keeps a check value, a known text wrapped under the root key. So a wrong root key is told at once and by name, and
//! does not look like a hundred damaged keys.

pub use error::RootError;
pub use passphrase::read_passphrase_file;
pub use restore::root_restore;
pub use source::{RootMade, RootSource};

use catalog::{Catalog, KeyId, KeyVersionId, Read, Write};
use crypto::{Context, NotAuthentic, Random, Secret, seal};

use crate::data_dir::DataDir;
use crate::error::Result;

mod credential;
mod error;
mod fields;
mod key_file;
mod passphrase;
mod restore;
mod sealed_file;
mod source;

/// AES-256 key.
const ROOT_KEY_BYTES: usize = 32;

/// Name of the check value in the catalog.
const CHECK_NAME: &str = "root_check";
const CHECK_TEXT: &[u8] = b"reseal root check";

/// The root key in use.
///
/// A token that keeps its key to itself (PKCS#11) becomes a second kind behind `wrap` and `unwrap`: nothing else needs the key,
/// except a backup, which such a token does not give.
pub(crate) struct Root(Secret);

impl Root {
    /// Opens the root key that `source` holds for this catalog, or makes one for a catalog that never had one.
    pub(crate) async fn open_or_make(
        catalog: &Catalog,
        data_dir: &DataDir,
        source: &RootSource,
        random: &dyn Random,
    ) -> Result<(Self, Option<RootMade>)> {
        if let Some(check) = check_value(&mut catalog.read()).await? {
            return Ok((Self::open(data_dir, source, &check)?, None));
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
            return Ok((Self::open(data_dir, source, &check)?, None));
        }
        if write.read().key_exists().await? {
            return Err(RootError::CheckMissing { catalog: data_dir.catalog() }.into());
        }
        // A key without check value is left by a first use that was cut short, or was put there on purpose.
        let (root, made) = match source.load(data_dir)? {
            Some(key) => (Self(key), None),
            None => {
                let (key, made) = source.make(data_dir, random)?;
                (Self(key), Some(made))
            }
        };
        let check = seal::seal(&root.0, &check_context(), CHECK_TEXT, random);
        write.meta_insert(CHECK_NAME, &check).await?;
        Ok((root, made))
    }

    fn open(data_dir: &DataDir, source: &RootSource, check: &[u8]) -> std::result::Result<Self, RootError> {
        let key = source.load(data_dir)?.ok_or_else(|| source.missing(data_dir))?;
        let root = Self(key);
        if root.belongs_to(check) { Ok(root) } else { Err(RootError::Wrong { place: source.place(data_dir) }) }
    }

    /// Whether `check` is the check value of a catalog of this root key.
    fn belongs_to(&self, check: &[u8]) -> bool {
        seal::open(&self.0, &check_context(), check).is_ok()
    }

    /// Wraps key material.
    pub(crate) fn wrap(&self, context: &Context, material: &Secret, random: &dyn Random) -> Vec<u8> {
        seal::seal(&self.0, context, material.expose(), random)
    }

    /// Opens wrapped key material.
    pub(crate) fn unwrap(&self, context: &Context, wrapped: &[u8]) -> std::result::Result<Secret, NotAuthentic> {
        seal::open(&self.0, context, wrapped)
    }

    /// The root key under a passphrase, as text.
    pub(crate) fn backup(&self, passphrase: &Secret, random: &dyn Random) -> std::result::Result<Vec<u8>, RootError> {
        sealed_file::encode(&self.0, passphrase, random)
    }
}

/// Binds wrapped material to its place, so that rows of the catalog cannot be swapped.
pub(crate) fn material_context(key: KeyId, version: KeyVersionId) -> Context {
    context([("purpose", "key material".to_owned()), ("key", key.to_string()), ("version", version.to_string())])
}

/// Binds the private half of a wrapping key to its import.
pub(crate) fn import_context(key: KeyId, token: &str) -> Context {
    context([("purpose", "import".to_owned()), ("key", key.to_string()), ("token", token.to_owned())])
}

/// Binds a secret of the service to its purpose.
pub(crate) fn secret_context(purpose: &str) -> Context {
    context([("purpose", "service secret".to_owned()), ("name", purpose.to_owned())])
}

fn check_context() -> Context {
    context([("purpose", "root check".to_owned())])
}

fn context<const N: usize>(pairs: [(&str, String); N]) -> Context {
    Context::from_pairs(pairs).expect("a few short and different names are within the limits of a context")
}

async fn check_value(read: &mut Read<'_>) -> Result<Option<Vec<u8>>> {
    Ok(read.meta_by_name(CHECK_NAME).await?)
}
