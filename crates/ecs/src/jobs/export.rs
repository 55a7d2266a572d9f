//! The work of `ExportImage`.

use std::sync::Arc;

use catalog::{JobRecord, SnapshotRecord};
use engine::{EngineError, Overwrite, Request};

use super::board::Running;
use super::copy::cut;
use super::disk::EngineWork;
use super::keys::DiskKeys;
use super::spec::{ExportSpec, ExportedDisk};
use crate::config::Bucket;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::export_image::target_format;
use crate::import_image::place::of_service;
use crate::sweep::remove;

impl Ecs {
    /// Each file has its name when it is complete, and not before. One that an earlier run wrote is written again.
    pub(super) async fn do_export(
        self: &Arc<Self>,
        job: &JobRecord,
        spec: &ExportSpec,
        running: &Arc<Running>,
    ) -> Result<()> {
        let shares = cut(&vec![1; spec.disks.len()]);
        for (disk, share) in spec.disks.iter().zip(shares) {
            let found = self.catalog.read().snapshot_by_id(&disk.snapshot).await?;
            let source = found.ok_or_else(|| EcsError::SourceGone { snapshot: disk.snapshot.clone() })?;
            self.export_disk(job, spec, (disk, source), share, running).await?;
        }
        let mut write = self.catalog.write().await?;
        let done = write.job_end(&job.job.id, Some(&self.as_owner()), "Finished", ("", ""), self.now()).await;
        if write.finish(done).await? { Ok(()) } else { Err(EcsError::Engine(EngineError::Cancelled)) }
    }

    /// Removes what an export left beside its files that did not come to its end. Complete files stay.
    pub(super) async fn discard_export(&self, job: &JobRecord) {
        let Ok(spec) = ExportSpec::read(&job.job.spec) else { return };
        if let Ok(store) = self.store(&job.job.scope.region)
            && let Err(error) = self.remove_files_of(store, &job.job.id).await
        {
            tracing::warn!(job = %job.job.id, %error, "work files of an export cannot be removed; the sweeper tries again");
        }
        let Ok(Bucket::Directory(directory)) = self.export_bucket(&spec.bucket) else { return };
        for disk in &spec.disks {
            if let Err(error) = engine::discard_copy(&directory.join(&disk.object)) {
                tracing::warn!(job = %job.job.id, %error, "what an export left in its bucket cannot be removed");
            }
        }
    }

    async fn export_disk(
        self: &Arc<Self>,
        job: &JobRecord,
        spec: &ExportSpec,
        (disk, source): (&ExportedDisk, SnapshotRecord),
        share: (u64, u64),
        running: &Arc<Running>,
    ) -> Result<()> {
        let damaged = || EcsError::Damaged(format!("the blob of job {}", job.job.id));
        let blob = source.content.blob_id.as_deref().ok_or_else(damaged)?;
        let store = Arc::clone(self.store(&source.scope.region)?);
        // Held until the file is made: it keeps a downloaded source where it is.
        let opened = store.open(&blob.parse().map_err(|_| damaged())?).await?;
        let scope = job.job.scope.clone();
        let work = EngineWork {
            source: opened.path().to_owned(),
            source_state: None,
            source_blob: Some(blob.to_owned()),
            source_format: source.content.format.parse().map_err(|_| damaged())?,
            backing_files: Vec::new(),
            encryption: Request { encrypt: false, key_named: false, rewrap: false },
            target_format: Some(target_format(&spec.format)?),
            rewrite: false,
            overwrite: Overwrite::Replace,
            keys: DiskKeys {
                ecs: Arc::clone(self),
                runtime: tokio::runtime::Handle::current(),
                job: job.job.id.clone(),
                recorded_at: disk.object.clone(),
                source_scope: source.scope,
                scope,
                key: None,
            },
            share,
        };
        match self.export_bucket(&spec.bucket)? {
            Bucket::Directory(directory) => {
                self.run_engine(work, directory.join(&disk.object), Arc::clone(running), None).await?;
            }
            Bucket::S3(bucket) => {
                let file = store.work_directory().join(work_name(job, disk));
                self.run_engine(work, file.clone(), Arc::clone(running), None).await?;
                let sent = tokio::select! {
                    sent = bucket.send(&disk.object, &file) => sent,
                    () = running.cancelled() => return Err(EcsError::Engine(EngineError::Cancelled)),
                };
                sent.map_err(|error| of_service(error, "written", &spec.bucket, &disk.object))?;
                remove(&file);
            }
        }
        running.advance(share.1);
        Ok(())
    }
}

/// The name of a work file begins with the task: so the sweeper knows whose it is.
fn work_name(job: &JobRecord, disk: &ExportedDisk) -> String {
    format!("{}.{}", job.job.id, disk.object)
}
