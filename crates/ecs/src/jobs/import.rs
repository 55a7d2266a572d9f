//! The work of `ImportImage`.

use std::sync::Arc;

use catalog::JobRecord;
use engine::{Overwrite, Request, SourceFormat, TargetFormat};

use super::board::Running;
use super::copy::cut;
use super::disk::{DiskWork, EngineWork};
use super::finish::FinishedDisk;
use super::keys::DiskKeys;
use super::spec::{ImportSpec, ImportedDisk};
use crate::arn::image_disk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

impl Ecs {
    pub(super) async fn do_import(
        self: &Arc<Self>,
        job: &JobRecord,
        spec: &ImportSpec,
        running: &Arc<Running>,
    ) -> Result<()> {
        let mut finished = Vec::new();
        // All alike: how large they are is known when they are read.
        let shares = cut(&vec![1; spec.disks.len()]);
        for (disk, share) in spec.disks.iter().zip(shares) {
            finished.push(self.import_disk(job, disk, share, running).await?);
        }
        self.finish(job, finished).await
    }

    async fn import_disk(
        self: &Arc<Self>,
        job: &JobRecord,
        disk: &ImportedDisk,
        share: (u64, u64),
        running: &Arc<Running>,
    ) -> Result<FinishedDisk> {
        let damaged = || EcsError::Damaged(format!("the text of job {}", job.job.id));
        let source_format: SourceFormat = disk.format.parse().map_err(|_| damaged())?;
        let scope = job.job.scope.clone();
        let keys = DiskKeys {
            ecs: Arc::clone(self),
            runtime: tokio::runtime::Handle::current(),
            job: job.job.id.clone(),
            recorded_at: image_disk(&scope, &job.job.image_id, disk.position),
            source_scope: scope.clone(),
            scope: scope.clone(),
            key: None,
        };
        let engine = EngineWork {
            source: self.file_to_import(disk.file.as_ref(), &disk.bucket, &disk.object)?,
            source_format,
            backing_files: Vec::new(),
            encryption: Request { encrypt: false, key_named: false, rewrap: false },
            // A plain disk is written anew as qcow2, whatever it came as, which leaves holes, compression and old features behind.
            target_format: Some(TargetFormat::Qcow2),
            rewrite: true,
            overwrite: Overwrite::Refuse,
            keys,
            share,
        };
        let work = DiskWork { target: disk.blob.parse().map_err(|_| damaged())?, region: scope.region, engine };
        let made = self.make_disk(work, running).await?;
        Ok(FinishedDisk { snapshot: disk.snapshot.clone(), made: Some(made), shared: None, mode: "import".to_owned() })
    }
}
