//! Changes of keys that are there already: whatever is remembered of keys is forgotten when one ends.

use std::ops::{Deref, DerefMut};

use catalog::{CatalogError, Write};

use crate::error::Result;
use crate::kms::Kms;
use crate::known::Known;

/// A change of the catalog after which nothing that was remembered of keys counts any more.
pub(crate) struct Change<'k> {
    write: Write,
    forget: Forget<'k>,
}

/// Forgets when it is dropped, however the change ended.
struct Forget<'k>(&'k Known);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

impl Kms {
    /// Begins a change of keys that are there already, or of their versions, tags or policies. New keys need none of this.
    ///
    /// Errors: `Catalog`.
    pub(crate) async fn change_keys(&self) -> Result<Change<'_>> {
        Ok(Change { write: self.catalog.write().await?, forget: Forget(&self.known) })
    }
}

impl Change<'_> {
    /// As [`Write::finish`]. What was remembered is forgotten before this returns, so before anybody hears of the change.
    pub(crate) async fn finish<T, E: From<CatalogError>>(
        self,
        outcome: std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let Self { write, forget } = self;
        let outcome = write.finish(outcome).await;
        drop(forget);
        outcome
    }
}

impl Deref for Change<'_> {
    type Target = Write;

    fn deref(&self) -> &Write {
        &self.write
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut Write {
        &mut self.write
    }
}
