//! The work of `CopyImage`.

use std::sync::Arc;

use catalog::{JobRecord, Scope, SnapshotRecord};
use engine::{Overwrite, Request};

use super::board::{Running, WHOLE};
use super::disk::{DiskWork, EngineWork};
use super::finish::FinishedDisk;
use super::keys::DiskKeys;
use super::spec::{CopyDisk, CopySpec};
use crate::arn::image_disk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

impl Ecs {
    pub(super) async fn do_copy(
        self: &Arc<Self>,
        job: &JobRecord,
        spec: &CopySpec,
        running: &Arc<Running>,
    ) -> Result<()> {
        let mut finished = Vec::new();
        let shares = self.shares(spec).await?;
        for (disk, share) in spec.disks.iter().zip(shares) {
            let source = self.source_of(disk).await?;
            finished.push(self.copy_disk(job, disk, source, share, running).await?);
        }
        self.finish(job, finished).await
    }

    async fn source_of(&self, disk: &CopyDisk) -> Result<SnapshotRecord> {
        let found = self.catalog.read().snapshot_by_id(&disk.source_snapshot).await?;
        found.ok_or_else(|| EcsError::SourceGone { snapshot: disk.source_snapshot.clone() })
    }

    async fn copy_disk(
        self: &Arc<Self>,
        job: &JobRecord,
        disk: &CopyDisk,
        source: SnapshotRecord,
        share: (u64, u64),
        running: &Arc<Running>,
    ) -> Result<FinishedDisk> {
        let gone = || EcsError::SourceGone { snapshot: source.id.clone() };
        let Some(target) = &disk.blob else {
            return Ok(FinishedDisk {
                snapshot: disk.snapshot.clone(),
                made: None,
                shared: Some(source),
                mode: "keep".to_owned(),
            });
        };
        let damaged = || EcsError::Damaged(format!("the blob of job {}", job.job.id));
        let source_blob = source.content.blob_id.as_deref().ok_or_else(gone)?;
        let source_store = Arc::clone(self.store(&source.scope.region)?);
        // Held until the copy is made: it keeps a downloaded source where it is.
        let opened = source_store.open(&source_blob.parse().map_err(|_| damaged())?).await?;
        let scope = &job.job.scope;
        let is_kept = disk.key.is_none();
        let engine = EngineWork {
            source: opened.path().to_owned(),
            source_state: None,
            source_blob: Some(source_blob.to_owned()),
            source_format: source.content.format.parse().map_err(|_| damaged())?,
            backing_files: Vec::new(),
            encryption: Request { encrypt: !is_kept, key_named: !is_kept, rewrap: disk.mode == "rewrap" },
            target_format: None,
            rewrite: false,
            overwrite: Overwrite::Refuse,
            keys: self.disk_keys(job, disk, &source.scope),
            share,
        };
        let work = DiskWork { target: target.parse().map_err(|_| damaged())?, region: scope.region.clone(), engine };
        let made = self.make_disk(work, running).await?;
        Ok(FinishedDisk { snapshot: disk.snapshot.clone(), made: Some(made), shared: None, mode: disk.mode.clone() })
    }

    fn disk_keys(self: &Arc<Self>, job: &JobRecord, disk: &CopyDisk, source: &Scope) -> DiskKeys {
        let scope = job.job.scope.clone();
        DiskKeys {
            ecs: Arc::clone(self),
            runtime: tokio::runtime::Handle::current(),
            job: job.job.id.clone(),
            recorded_at: image_disk(&scope, &job.job.image_id, disk.position),
            scope,
            source_scope: source.clone(),
            key: disk.key,
        }
    }

    /// Each disk's part of the whole, by its size.
    async fn shares(&self, spec: &CopySpec) -> Result<Vec<(u64, u64)>> {
        let mut sizes = Vec::new();
        for disk in &spec.disks {
            let size = self.source_of(disk).await?.content.virtual_bytes;
            sizes.push(if disk.blob.is_some() { size.max(1) } else { 0 });
        }
        Ok(cut(&sizes))
    }
}

/// Cuts the whole into parts in proportion to `sizes`.
pub(super) fn cut(sizes: &[u64]) -> Vec<(u64, u64)> {
    let total: u128 = sizes.iter().map(|size| u128::from(*size)).sum::<u128>().max(1);
    let mut behind = 0_u128;
    let mut parts = Vec::new();
    for size in sizes {
        let part = |bytes: u128| u64::try_from(bytes * u128::from(WHOLE) / total).unwrap_or(WHOLE);
        let from = part(behind);
        behind += u128::from(*size);
        parts.push((from, part(behind)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts lie one behind the other and fill the whole.
    #[test]
    fn the_whole_is_cut_by_size() {
        assert_eq!(cut(&[1, 0, 3]), [(0, 2500), (2500, 2500), (2500, WHOLE)]);
        assert_eq!(cut(&[0, 0]), [(0, 0), (0, 0)]);
        assert_eq!(cut(&[u64::MAX, u64::MAX]), [(0, 5000), (5000, WHOLE)]);
    }
}
