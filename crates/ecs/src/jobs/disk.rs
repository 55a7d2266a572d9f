//! One disk of a job: from a file to a blob, by the engine, in a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;

use blobs::{BlobId, BlobStore, PutAhead};
use catalog::Region;
use engine::{
    BenchSwitches, CopyRequest, Durability, EngineError, Follower, Identity, ImageFile, Observer, Overwrite, Phase,
    Progress, Request, SourceFormat, Surroundings, TargetFormat, Unfinished,
};
use tokio::sync::oneshot;

use super::board::{Running, WHOLE};
use super::keys::DiskKeys;
use super::made::MadeDisk;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

/// Clusters of what is made: QEMU's own default.
const CLUSTER_BYTES: u64 = 64 << 10;

/// Part of the work that reading the result again takes.
const VERIFY_SHARE: u64 = 3;
const SHARES: u64 = 10;

/// A blob that is to be made.
pub(super) struct DiskWork {
    pub(super) target: BlobId,
    /// Whose store the blob goes to.
    pub(super) region: Region,
    pub(super) engine: EngineWork,
}

/// What the engine is to make, whatever becomes of the file.
pub(super) struct EngineWork {
    pub(super) source: PathBuf,
    /// The state in which the source was looked at, where it was.
    pub(super) source_state: Option<Identity>,
    /// The blob that the source is, if it is one by itself: it may be fetched anew after a restart.
    pub(super) source_blob: Option<String>,
    pub(super) source_format: SourceFormat,
    /// What the source lies on, nearest first.
    pub(super) backing_files: Vec<ImageFile>,
    pub(super) encryption: Request,
    /// `None`: the source's own where the bytes are kept, else qcow2.
    pub(super) target_format: Option<TargetFormat>,
    /// Whether the disk is written anew also where its bytes could be kept.
    pub(super) rewrite: bool,
    /// Whether a file that is there already is in the way.
    pub(super) overwrite: Overwrite,
    pub(super) keys: DiskKeys,
    /// Part of the whole job that this disk is, from where to where, in parts of [`WHOLE`].
    pub(super) share: (u64, u64),
}

impl Ecs {
    /// Makes the blob, or finds that an earlier run made it.
    pub(super) async fn make_disk(self: &Arc<Self>, work: DiskWork, running: &Arc<Running>) -> Result<MadeDisk> {
        let store = Arc::clone(self.store(&work.region)?);
        let (blob, share, key) = (work.target, work.engine.share, work.engine.keys.key);
        let file = store.work_directory().join(blob.to_string());
        let made_before = self.made_before(&store, blob, &file, &work.engine.keys.recorded_at).await?;
        let made = match made_before {
            Some(made) => made,
            None => {
                self.run_engine_ahead(work.engine, &store, &blob, running).await?;
                // Before it is put: in a bucket, the file would have to be fetched to be looked at.
                self.look_at(blob, file.clone()).await?
            }
        };
        if running.is_cancelled() {
            return Err(EcsError::Engine(EngineError::Cancelled));
        }
        // What was asked for, or nothing: an encrypted disk under that key, or a plain one.
        if made.content.key_id != key {
            return Err(EcsError::Damaged(format!("blob {blob} is not under the key that it was made for")));
        }
        tokio::select! {
            put = store.put(&blob, &file) => put?,
            () = running.cancelled() => return Err(EcsError::Engine(EngineError::Cancelled)),
        }
        // A run that was killed when the file had its name left its journal.
        self.remove_files_of(&store, &blob.to_string()).await?;
        running.advance(share.1);
        Ok(made)
    }

    /// Makes the work file of a blob. A store that takes it in parts gets them while it is made.
    async fn run_engine_ahead(
        self: &Arc<Self>,
        work: EngineWork,
        store: &Arc<dyn BlobStore>,
        blob: &BlobId,
        running: &Arc<Running>,
    ) -> Result<()> {
        let file = store.work_directory().join(blob.to_string());
        let ahead = store.put_ahead(blob, &file).map(Arc::new);
        self.run_engine(work, file, Arc::clone(running), ahead.clone()).await?;
        let Some(ahead) = ahead else { return Ok(()) };
        tokio::select! {
            sent = ahead.finish() => {
                if let Err(error) = sent {
                    tracing::warn!(%blob, cause = %error.cause, "{error}; all that is missing is sent now");
                }
                Ok(())
            }
            () = running.cancelled() => Err(EcsError::Engine(EngineError::Cancelled)),
        }
    }

    /// Makes a file. It has its name when it is complete, and not before.
    pub(super) async fn run_engine(
        self: &Arc<Self>,
        work: EngineWork,
        target: PathBuf,
        running: Arc<Running>,
        ahead: Option<Arc<PutAhead>>,
    ) -> Result<()> {
        let (done, result) = oneshot::channel();
        let ecs = Arc::clone(self);
        // Not one of the runtime's threads: the end of the process must not wait for it. What it leaves, the next run goes on with.
        let thread = std::thread::Builder::new().name("copy".to_owned());
        let spawned = thread.spawn(move || {
            let copied = ecs.copy_file(&work, target, &running, ahead.as_deref());
            // Before the end is told: whoever hears of it may remove what was sent.
            drop(ahead);
            let _ = done.send(copied);
        });
        spawned.map_err(|error| EcsError::Damaged(format!("no thread for a copy: {error}")))?;
        result.await.unwrap_or(Err(EcsError::Stopping))
    }

    fn copy_file(&self, work: &EngineWork, target: PathBuf, running: &Running, ahead: Option<&PutAhead>) -> Result<()> {
        let now = self.now();
        let report = |progress: Progress| running.advance(parts(&progress, work.share, self.config.verify_copies));
        let observer = Observer { cancel: &running.cancel, report: &report };
        let around = Surroundings {
            service: &work.keys,
            random: &*self.rooms.random,
            created: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            unix_seconds: u64::try_from(now.as_second()).unwrap_or(0),
            observer: &observer,
            follower: ahead.map(|ahead| ahead as &dyn Follower),
        };
        let request = CopyRequest {
            source: work.source.clone(),
            source_state: work.source_state.clone(),
            source_name: work.source_blob.clone(),
            source_format: Some(work.source_format),
            source_passphrase: None,
            backing_files: work.backing_files.clone(),
            data_file: None,
            target,
            overwrite: work.overwrite,
            encryption: work.encryption,
            key_label: work.keys.key.map(|key| key.to_string()),
            format: work.target_format,
            rewrite: work.rewrite,
            cluster_bytes: CLUSTER_BYTES,
            sector_bytes: 512,
            compress: None,
            preallocate: false,
            verify: self.config.verify_copies,
            durability: Durability::Durable,
            // The next worker's, until the job is over.
            unfinished: Unfinished::Keep,
            threads: self.config.threads,
            data_dir: self.config.data_dir.clone(),
            bench: BenchSwitches::default(),
        };
        engine::copy(&request, &around).map(drop).map_err(of_engine)
    }
}

/// What our own key service refused says more than that it did.
pub(crate) fn of_engine(error: EngineError) -> EcsError {
    match error {
        EngineError::Key(error) => match error.downcast::<EcsError>() {
            Ok(error) => *error,
            Err(error) => EcsError::Engine(EngineError::Key(error)),
        },
        error => EcsError::Engine(error),
    }
}

/// How much of the whole is behind when the engine is here.
fn parts(progress: &Progress, (from, to): (u64, u64), verifies: bool) -> u64 {
    let copy_share = if verifies { SHARES - VERIFY_SHARE } else { SHARES };
    let of_phase = |share: u64| {
        let done =
            u128::from(progress.position) * u128::from(share * WHOLE) / u128::from(progress.total.max(1) * SHARES);
        u64::try_from(done).unwrap_or(0)
    };
    let done = match progress.phase {
        Phase::Copy => of_phase(copy_share),
        Phase::Verify => copy_share * WHOLE / SHARES + of_phase(VERIFY_SHARE),
    };
    from + done.min(WHOLE) * (to - from) / WHOLE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phases of a disk fill its share of the job, one behind the other.
    #[test]
    fn phases_follow_each_other_within_the_share() {
        let at = |phase, position| Progress { phase, position, total: 1 << 40, data_bytes: 0 };
        let share = (2000, 4000);
        assert_eq!(parts(&at(Phase::Copy, 0), share, true), 2000);
        assert_eq!(parts(&at(Phase::Copy, 1 << 40), share, true), 3400);
        assert_eq!(parts(&at(Phase::Verify, 0), share, true), 3400);
        assert_eq!(parts(&at(Phase::Verify, 1 << 40), share, true), 4000);
        assert_eq!(parts(&at(Phase::Copy, 1 << 40), share, false), 4000);
        assert_eq!(parts(&Progress { total: 0, ..at(Phase::Copy, 0) }, share, true), 2000);
    }
}
