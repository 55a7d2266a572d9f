//! `DescribeSnapshots` and `DeleteSnapshot`. Source: ecs-images.md 7.

use std::collections::BTreeMap;

use catalog::{Page, PageRequest, Read, Scope, SnapshotFilter, SnapshotRecord, SnapshotUse, Tag};
use ram::{Action, Permit};

use crate::arn::require;
use crate::cancel_copy::WAIT_AT_MOST;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::pages::by_owner;
use crate::tags::{ResourceKind, TagFilter};

const DESCRIBE_SNAPSHOTS: Action = Action::new("ecs:DescribeSnapshots");
const DELETE_SNAPSHOT: Action = Action::new("ecs:DeleteSnapshot");

/// A snapshot with what belongs to it.
#[derive(Debug, Clone)]
pub struct DescribedSnapshot {
    /// The snapshot.
    pub snapshot: SnapshotRecord,
    /// Whether an image has a disk from it.
    pub is_of_image: bool,
    /// Percent, and seconds that the rest will take.
    pub progress: (u32, u32),
    /// Bytes in the store; 0 while it is being made.
    pub stored_bytes: u64,
    /// Its tags, by name.
    pub tags: Vec<Tag>,
}

impl Ecs {
    /// Snapshots of an account in a region, newest first; with `tags`, those that have all of them (an empty value: any).
    ///
    /// Asks for `ecs:DescribeSnapshots` on `snapshot/*`. Errors: `RegionNotFound`.
    pub async fn describe_snapshots(
        &self,
        filter: &SnapshotFilter,
        tags: &[Tag],
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedSnapshot>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_SNAPSHOTS, scope, "snapshot/*")?;
        let mut filter = filter.clone();
        match self.ids_with_tags(ResourceKind::Snapshot, &filter.ids, &TagFilter::all_of(tags), scope).await? {
            Some(ids) if ids.is_empty() => return Ok(Page { items: Vec::new(), total_count: 0 }),
            Some(ids) => filter.ids = ids,
            None => {}
        }
        let found = self.catalog.read().snapshots_page(&filter, scope, page).await?;
        let items = described(&mut self.catalog.read(), found.items, scope).await?;
        Ok(Page { items, total_count: found.total_count })
    }

    /// Where a snapshot of the account is: the call that deletes it names no region. `scope` for one that is not there.
    ///
    /// Errors: failures of the catalog.
    pub async fn scope_of_snapshot(&self, id: &str, scope: &Scope) -> Result<Scope> {
        let found = self.catalog.read().snapshot_by_id(id).await?.map(|snapshot| snapshot.scope);
        Ok(found.filter(|found| found.account == scope.account).unwrap_or_else(|| scope.clone()))
    }

    /// Deletes a snapshot; one that is not there is no error, and one that is being made of a disk is not made. Its bytes go when nothing
    /// else uses them.
    ///
    /// Asks for `ecs:DeleteSnapshot` on it. Errors: `SnapshotInUse` while an image has a disk from it.
    pub async fn delete_snapshot(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        let scope = self.scope_of_snapshot(id, scope).await?;
        require(permit, DELETE_SNAPSHOT, &scope, &format!("snapshot/{id}"))?;
        let mut write = self.catalog.write().await?;
        let done = async {
            let found = write.read().snapshot_by_id(id).await?.filter(|snapshot| snapshot.scope == scope);
            let Some(snapshot) = found else { return Ok(None) };
            let images = write.read().images_of_snapshot(id).await?;
            if !images.is_empty() {
                return Err(EcsError::SnapshotInUse { id: snapshot.id, images: images.join(", ") });
            }
            let job = match snapshot.status.as_str() {
                "progressing" => write.read().job_that_makes(id).await?,
                _ => None,
            };
            if let Some(job) = &job {
                write.job_end(&job.job.id, None, "Cancelled", ("", ""), self.now()).await?;
            }
            self.forget_snapshot(&mut write, &snapshot).await?;
            Ok(job)
        };
        let done = done.await;
        if let Some(job) = write.finish(done).await? {
            self.board.stop(&job.job.id, WAIT_AT_MOST).await;
        }
        self.remove_dropped_soon().await;
        Ok(())
    }
}

/// Snapshots with what belongs to them, in their order. As many queries for one snapshot as for a page of them.
async fn described(
    read: &mut Read<'_>,
    snapshots: Vec<SnapshotRecord>,
    scope: &Scope,
) -> Result<Vec<DescribedSnapshot>> {
    let ids: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.id.as_str()).collect();
    let mut tags = by_owner(read.tags_of_resources((ResourceKind::Snapshot.name(), &ids), scope).await?);
    let uses = read.snapshots_uses(&ids).await?;
    let mut uses: BTreeMap<String, SnapshotUse> = uses.into_iter().map(|one| (one.snapshot_id.clone(), one)).collect();
    let describe = |snapshot: SnapshotRecord| {
        let used = uses.remove(&snapshot.id);
        let progress = match snapshot.status.as_str() {
            "accomplished" => (100, 0),
            _ => used.as_ref().map_or((0, 0), |used| (used.progress, used.remain_s)),
        };
        DescribedSnapshot {
            tags: tags.remove(&snapshot.id).unwrap_or_default(),
            is_of_image: used.as_ref().is_some_and(|used| used.is_of_image),
            stored_bytes: used.map_or(0, |used| used.stored_bytes),
            progress,
            snapshot,
        }
    };
    Ok(snapshots.into_iter().map(describe).collect())
}
