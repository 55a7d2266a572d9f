//! The work of `CreateImage` from an instance and of `CreateSnapshot`: a disk and what it lies on become one blob. What is encrypted
//! stays so, under its key, with a data key of its own.

use std::sync::Arc;

use catalog::{DiskContent, DiskRecord, JobRecord, Write};
use engine::{EngineError, Overwrite, Request, SourceFormat, TargetFormat};

use super::board::Running;
use super::copy::cut;
use super::disk::{DiskWork, EngineWork};
use super::finish::{FinishedDisk, keep_record_of};
use super::made::MadeDisk;
use super::spec::{CREATE_IMAGE, CREATE_SNAPSHOT, ReadDisk, ReadSpec};
use crate::arn;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use crate::jobs::keys::DiskKeys;

/// How the bytes came to be.
const MODE: &str = "disk";

impl Ecs {
    pub(super) async fn do_read(
        self: &Arc<Self>,
        job: &JobRecord,
        spec: &ReadSpec,
        running: &Arc<Running>,
    ) -> Result<()> {
        let mut disks = Vec::new();
        for read in &spec.disks {
            let found = self.catalog.read().disk_by_id(&read.disk).await?;
            disks.push(found.ok_or_else(|| EcsError::SourceGone { snapshot: read.disk.clone() })?);
        }
        let sizes: Vec<u64> = disks.iter().map(|disk| disk.virtual_bytes.max(1)).collect();
        let mut made = Vec::new();
        for ((read, disk), share) in spec.disks.iter().zip(&disks).zip(cut(&sizes)) {
            made.push((read.snapshot.clone(), self.read_disk(job, read, disk, share, running).await?));
        }
        if job.job.action == CREATE_IMAGE {
            let finished = made.into_iter().map(|(snapshot, made)| FinishedDisk {
                snapshot,
                made: Some(made),
                shared: None,
                mode: MODE.to_owned(),
            });
            return self.finish(job, finished.collect()).await;
        }
        self.finish_snapshots(job, &made).await
    }

    async fn read_disk(
        self: &Arc<Self>,
        job: &JobRecord,
        read: &ReadDisk,
        disk: &DiskRecord,
        share: (u64, u64),
        running: &Arc<Running>,
    ) -> Result<MadeDisk> {
        // Held until the blob is made: it keeps what was downloaded where it is.
        let below = self.blob_of_disk(disk).await?;
        let backing = self.backing_of_disk(disk, below.as_ref()).await?;
        let layers = std::iter::once(self.top_of_disk(disk)?).chain(backing.clone());
        let layers: Vec<_> = layers.collect();
        let looked = tokio::task::spawn_blocking(move || {
            layers.iter().try_for_each(|(file, recorded)| engine::disk::require_recorded(file, recorded.as_ref()))
        });
        looked.await.map_err(|_| EcsError::Stopping)??;
        let is_sealed = read.key.is_some();
        let engine = EngineWork {
            source: self.file_of_disk(disk),
            source_state: None,
            source_blob: None,
            source_format: SourceFormat::Qcow2,
            backing_files: backing.map(|(file, _)| file).into_iter().collect(),
            // A new data key also where the key stays: the disk goes on with its own.
            encryption: Request { encrypt: is_sealed, key_named: is_sealed, rewrap: false },
            target_format: Some(TargetFormat::Qcow2),
            rewrite: true,
            overwrite: Overwrite::Refuse,
            keys: DiskKeys {
                job: job.job.id.clone(),
                recorded_at: recorded_at(job, read),
                ..self.keys_of_disk(disk, read.key)
            },
            share,
        };
        let damaged = |_| EcsError::Damaged(format!("the text of job {}", job.job.id));
        let target = read.blob.parse().map_err(damaged)?;
        self.make_disk(DiskWork { target, region: job.job.scope.region.clone(), engine }, running).await
    }

    /// The snapshots are accomplished, and the job is over: in one change, or nothing.
    async fn finish_snapshots(&self, job: &JobRecord, disks: &[(String, MadeDisk)]) -> Result<()> {
        let mut write = self.catalog.write().await?;
        let done = async {
            if !write.job_end(&job.job.id, Some(&self.as_owner()), "Finished", ("", ""), self.now()).await? {
                return Err(EcsError::Engine(EngineError::Cancelled));
            }
            for (id, made) in disks {
                self.finish_snapshot(&mut write, id, made).await?;
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }

    async fn finish_snapshot(&self, write: &mut Write, id: &str, made: &MadeDisk) -> Result<()> {
        let found = write.read().snapshot_by_id(id).await?;
        let mut snapshot = found.ok_or_else(|| EcsError::Damaged(format!("snapshot {id} is gone")))?;
        self.insert_blob(write, &snapshot.scope.region, made).await?;
        self.require_key_opens(write, &made.content).await?;
        snapshot.content = DiskContent { mode: MODE.to_owned(), ..made.content.clone() };
        snapshot.status = "accomplished".to_owned();
        snapshot.updated_at = self.now();
        write.snapshot_update(&snapshot).await?;
        keep_record_of(write, made, &arn::snapshot(&snapshot.scope, id)).await
    }

    /// The snapshots of a job that failed say so.
    pub(super) async fn fail_snapshot(&self, write: &mut Write, job: &JobRecord) -> Result<()> {
        let Some(mut snapshot) = write.read().snapshot_by_id(&job.job.image_id).await? else { return Ok(()) };
        snapshot.status = "failed".to_owned();
        snapshot.updated_at = self.now();
        write.snapshot_update(&snapshot).await?;
        Ok(())
    }

    /// Takes the snapshot of a job that made none, and is over, from the usage of its key.
    pub(super) async fn forget_snapshot_records(&self, write: &mut Write, job: &JobRecord) -> Result<()> {
        let found = write.read().snapshot_by_id(&job.job.image_id).await?;
        if found.is_some_and(|snapshot| snapshot.status != "failed") {
            return Ok(());
        }
        Ok(write.sealed_images_delete_at(&arn::snapshot(&job.job.scope, &job.job.image_id)).await?)
    }
}

/// How what is made is recorded under its key.
fn recorded_at(job: &JobRecord, read: &ReadDisk) -> String {
    match job.job.action.as_str() {
        CREATE_SNAPSHOT => arn::snapshot(&job.job.scope, &read.snapshot),
        _ => arn::image_disk(&job.job.scope, &job.job.image_id, read.position),
    }
}
