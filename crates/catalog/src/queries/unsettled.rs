//! Whether what was deleted may still lie where the engine keeps old states.
//!
//! ```text
//!   delete + unsettle ── one change ──▶ Catalog::settle: overwrite ──▶ note that it is done
//! ```
//! The change that deletes notes it. So neither a crash nor a reader that is in the way makes anybody forget the rest: whoever comes next does
//! it. Two counts, so that what another process deletes meanwhile is not taken for overwritten.

use crate::error::{CatalogError, Result};
use crate::read::Read;
use crate::writer::Write;

/// Number of changes that deleted, and the number of them that is overwritten: 8 bytes, little-endian.
const DELETED: &str = "deletions";
const SETTLED: &str = "deletions settled";

impl Read<'_> {
    /// Number of changes that deleted; `None` when nothing of them is left.
    pub(crate) async fn unsettled(&mut self) -> Result<Option<u64>> {
        let deleted = self.counted(DELETED).await?;
        if deleted == 0 {
            return Ok(None);
        }
        Ok((self.counted(SETTLED).await? != deleted).then_some(deleted))
    }

    async fn counted(&mut self, name: &str) -> Result<u64> {
        let Some(value) = self.meta_by_name(name).await? else { return Ok(0) };
        let damaged =
            |value: Vec<u8>| CatalogError::Damaged { column: "value", value: format!("{} bytes", value.len()) };
        Ok(u64::from_le_bytes(value.try_into().map_err(damaged)?))
    }
}

impl Write {
    /// Says that this change deletes what must not stay anywhere: [`crate::Catalog::settle`] has the rest to do.
    pub async fn unsettle(&mut self) -> Result<()> {
        let deleted = self.read().counted(DELETED).await?;
        self.count(DELETED, deleted.wrapping_add(1)).await
    }

    /// Says that what the first `deletions` changes deleted is overwritten.
    pub(crate) async fn note_settled(&mut self, deletions: u64) -> Result<()> {
        self.count(SETTLED, deletions).await
    }

    async fn count(&mut self, name: &str, number: u64) -> Result<()> {
        let value = number.to_le_bytes();
        if self.meta_update(name, &value).await? { Ok(()) } else { self.meta_insert(name, &value).await }
    }
}
