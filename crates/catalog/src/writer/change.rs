use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;

use super::lane::Lane;
use super::uninterrupted;
use crate::database::{Row, Statement, Value};
use crate::error::{CatalogError, Result};
use crate::read::Read;

/// Changes, all or none. Other writers wait until it ends.
///
/// End it with [`Write::finish`], [`Write::commit`] or [`Write::abandon`]. Dropping it undoes it too, but in the background, and what was
/// read in it may belong to changes of others that are not durable: an answer must not rest on it.
#[must_use = "nothing is kept without `commit` or `finish`"]
pub struct Write {
    /// Present until it ends.
    lane: Option<OwnedMutexGuard<Lane>>,
}

impl Write {
    pub(super) fn new(lane: OwnedMutexGuard<Lane>) -> Self {
        Self { lane: Some(lane) }
    }

    /// For queries that see the changes made so far.
    pub fn read(&mut self) -> Read<'_> {
        Read::inside(self)
    }

    /// Keeps the changes. They are on stable storage when this returns; if the caller goes away before, they may be kept.
    ///
    /// Errors: [`CatalogError::ChangeHasFailed`] after a statement of this change failed; [`CatalogError::GroupFailed`] when a commit
    /// failed that was shared with others, [`CatalogError::Database`] when it was this one's alone.
    pub async fn commit(mut self) -> Result<()> {
        let mut lane = self.take_lane();
        if lane.change_has_failed() {
            return uninterrupted(async move {
                lane.undo_change().await?;
                Err(CatalogError::ChangeHasFailed)
            })
            .await;
        }
        // From here to the wait nothing can interrupt, and who goes away then has no part in the commit any more.
        let is_first = !lane.has_members();
        let committed = lane.keep_change();
        if is_first {
            let shared = OwnedMutexGuard::mutex(&lane).clone();
            tokio::spawn(async move { shared.lock_owned().await.commit_group().await });
        }
        drop(lane);
        committed.await.unwrap_or(Err(CatalogError::Stopped))
    }

    /// Undoes the changes. When this returns, everything that was seen in this change is on stable storage.
    ///
    /// Errors: [`CatalogError::GroupFailed`] when something that was seen could not be kept.
    pub async fn abandon(mut self) -> Result<()> {
        let mut lane = self.take_lane();
        uninterrupted(async move {
            lane.undo_change().await?;
            if !lane.has_members() {
                return Ok(());
            }
            let committed = lane.join_group();
            drop(lane);
            committed.await.unwrap_or(Err(CatalogError::Stopped))
        })
        .await
    }

    /// Commits when `outcome` is a success, else undoes the changes; returns it when everything that led to it is durable.
    ///
    /// Errors: `outcome`'s own, and those of [`Write::commit`] and [`Write::abandon`].
    pub async fn finish<T, E: From<CatalogError>>(
        self,
        outcome: std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        match outcome {
            Ok(_) => self.commit().await?,
            Err(_) => self.abandon().await?,
        }
        outcome
    }

    pub(crate) async fn fetch(&mut self, action: &'static str, statement: Statement) -> Result<Vec<Row>> {
        self.lane().fetch(action, statement).await
    }

    /// Runs a change; the number of rows that it touched.
    pub(crate) async fn execute(&mut self, action: &'static str, sql: &'static str, values: Vec<Value>) -> Result<u64> {
        self.lane().execute(action, Statement { sql: sql.into(), values }).await
    }

    fn lane(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("only the end of a change takes it")
    }

    fn take_lane(&mut self) -> OwnedMutexGuard<Lane> {
        self.lane.take().expect("only the end of a change takes it")
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        // Without a runtime there is nobody to undo it now; the next writer finds it open and gives the connection up.
        if let (Some(mut lane), Ok(runtime)) = (self.lane.take(), Handle::try_current()) {
            runtime.spawn(async move { lane.undo_change().await });
        }
    }
}
