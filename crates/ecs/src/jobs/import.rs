//! The work of `ImportImage`.

use std::path::PathBuf;
use std::sync::Arc;

use blobs::BlobId;
use catalog::{JobRecord, Scope};
use engine::{EngineError, Identity, Overwrite, Request, SourceFormat, TargetFormat};

use super::board::Running;
use super::copy::cut;
use super::disk::{DiskWork, EngineWork};
use super::finish::FinishedDisk;
use super::keys::DiskKeys;
use super::spec::{ImportSpec, ImportedDisk, Seen};
use crate::arn::image_disk;
use crate::ecs::Ecs;
use crate::error::{EcsError, ImportError, Result};
use crate::import_image::place::{Located, OnDisk, of_service};
use crate::import_image::{Limits, inspect};

/// What the name of a fetched object ends with, behind that of its blob.
const FETCHED: &str = "source";

/// What the engine is to read.
struct ToImport {
    file: OnDisk,
    format: SourceFormat,
    /// In which state; `None` where nothing is left to read.
    state: Option<Identity>,
}

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
        let blob: BlobId = disk.blob.parse().map_err(|_| damaged())?;
        let source = self.source_to_import(disk, &blob, &scope, running).await?;
        let engine = EngineWork {
            source: source.file.path().to_owned(),
            source_state: source.state.clone(),
            source_blob: None,
            source_format: source.format,
            backing_files: Vec::new(),
            encryption: Request { encrypt: false, key_named: false, rewrap: false },
            // A plain disk is written anew as qcow2, whatever it came as, which leaves holes, compression and old features behind.
            target_format: Some(TargetFormat::Qcow2),
            rewrite: true,
            overwrite: Overwrite::Refuse,
            keys,
            share,
        };
        let work = DiskWork { target: blob, region: scope.region, engine };
        let made = self.make_disk(work, running).await?;
        // Held until here.
        drop(source);
        Ok(FinishedDisk { snapshot: disk.snapshot.clone(), made: Some(made), shared: None, mode: "import".to_owned() })
    }

    /// The file and what it is. An object of a service is fetched into the store's work directory first, where it goes with the other work
    /// files of its blob.
    async fn source_to_import(
        &self,
        disk: &ImportedDisk,
        blob: &BlobId,
        scope: &Scope,
        running: &Running,
    ) -> Result<ToImport> {
        let damaged = || EcsError::Damaged(format!("the source of blob {blob}"));
        let claim = disk.format.as_deref().map(str::parse).transpose().map_err(|_| damaged())?;
        let store = self.store(&scope.region)?;
        // An earlier run needed it, and it may be gone.
        if store.work_directory().join(blob.to_string()).exists() || store.size(blob).await.is_ok() {
            let format = claim.unwrap_or(SourceFormat::Raw);
            return Ok(ToImport { file: OnDisk::Named(PathBuf::new()), format, state: None });
        }
        let (bucket, bytes) = match (self.locate(&disk.source, scope).await?, &disk.seen) {
            (Located::Here(file), Seen::File(state)) => {
                return Ok(ToImport { file, format: claim.ok_or_else(damaged)?, state: Some(state.clone()) });
            }
            (Located::There(bucket), Seen::Object(bytes)) => (bucket, *bytes),
            // The operator gave the name to a bucket of another kind meanwhile.
            _ => return Err(ImportError::BucketNotFound(disk.source.bucket().to_owned()).into()),
        };
        let target = store.work_directory().join(format!("{blob}.{FETCHED}"));
        let name = disk.source.name();
        tokio::select! {
            fetched = bucket.fetch(&name, bytes, &target) => {
                fetched.map_err(|error| of_service(error, "read", disk.source.bucket(), &name))?;
            }
            () = running.cancelled() => return Err(EcsError::Engine(EngineError::Cancelled)),
        }
        let limits = Limits { position: disk.position, size_gib: disk.size_gib };
        let found = inspect(&name, claim, limits, OnDisk::Named(target.clone())).await?;
        Ok(ToImport { file: OnDisk::Named(target), format: found.format, state: Some(found.state) })
    }
}
