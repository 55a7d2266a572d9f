//! `DescribeSnapshots` and `DeleteSnapshot`. Source: ecs-images.md 7.

use catalog::{Page, PageRequest, Scope, SnapshotFilter, SnapshotRecord, Tag};
use ram::{Action, Permit};

use crate::arn::require;
use crate::cancel_copy::WAIT_AT_MOST;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
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
        let mut items = Vec::with_capacity(found.items.len());
        for snapshot in found.items {
            items.push(self.described_snapshot(snapshot).await?);
        }
        Ok(Page { items, total_count: found.total_count })
    }

    async fn described_snapshot(&self, snapshot: SnapshotRecord) -> Result<DescribedSnapshot> {
        let mut read = self.catalog.read();
        let blob = match &snapshot.content.blob_id {
            Some(id) => read.blob_by_id(id).await?,
            None => None,
        };
        let progress = match snapshot.status.as_str() {
            "accomplished" => (100, 0),
            // Made by itself: its job tells how far it is.
            _ if snapshot.image_id.is_empty() => {
                let job = read.job_that_makes(&snapshot.id).await?;
                job.map_or((0, 0), |job| (job.progress, 0))
            }
            _ => {
                let image = read.image_by_id(&snapshot.image_id).await?;
                image.map_or((0, 0), |image| (image.progress, image.remain_s.unwrap_or(0)))
            }
        };
        Ok(DescribedSnapshot {
            is_of_image: !read.images_of_snapshot(&snapshot.id).await?.is_empty(),
            progress,
            stored_bytes: blob.map_or(0, |blob| blob.bytes),
            tags: read.tags_of_resource(&ResourceKind::Snapshot.tagged(&snapshot.id, &snapshot.scope)).await?,
            snapshot,
        })
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
                write.job_end(&job.job.id, "Cancelled", ("", ""), self.now()).await?;
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
