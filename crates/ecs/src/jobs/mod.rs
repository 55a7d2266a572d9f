//! Jobs: work that goes on after its call was answered, and after the process that began it.
//!
//! ```text
//!   Waiting ── take ──▶ Processing ── the work ──▶ Finished, image Available
//!      │                    │  ├── failed ───────▶ Failed, image CreateFailed with the reason
//!      └──── cancelled ─────┴──┴─────────────────▶ Cancelled, image gone
//! ```
//!
//! - A job is somebody's for half a minute, and is renewed meanwhile; one whose time is over is taken by the next, who goes on from
//!   the engine's journal. Whoever stops before the job is over leaves what was made of it, for that.
//! - Whoever ends a job writes its end and what it made in one change, and only if nobody ended it before. So a cancelled job makes
//!   nothing, however late its worker learns of it.

mod board;
mod copy;
mod disk;
mod export;
mod finish;
mod foreground;
mod heartbeat;
mod import;
pub(crate) mod keys;
mod made;
mod metering;
mod read;
pub(crate) mod spec;
mod take;
mod unmade;

pub(crate) use board::Board;
pub(crate) use disk::of_engine;

use std::sync::Arc;
use std::time::Duration;

use catalog::{Attendance, JobRecord};

use crate::ecs::Ecs;
use crate::error::{EcsError, Result};
use board::Running;
use spec::{CREATE_IMAGE, CREATE_SNAPSHOT, CopySpec, EXPORT_IMAGE, ExportSpec, ImportSpec, ReadSpec};

/// How often a worker looks for jobs that it was not told of: those of other processes, and those that others left.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often what nobody uses is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

impl Ecs {
    /// Works on jobs until it is aborted, as long as the attendance holds. Jobs that an earlier process of this data directory left go on at
    /// once, those of others when their time is over.
    ///
    /// A failure is logged and tried again. The work of a job that runs then goes on in its own thread until the process ends; the
    /// next worker goes on from there.
    pub async fn work(self: Arc<Self>, attendance: Attendance) {
        // A long sweep keeps no job waiting.
        tokio::join!(self.take_jobs_again_and_again(&attendance), self.sweep_again_and_again(&attendance));
    }

    async fn take_jobs_again_and_again(self: &Arc<Self>, attendance: &Attendance) {
        let mut are_freed = false;
        loop {
            if let Err(error) = self.take_jobs_if_there(attendance, &mut are_freed).await {
                tracing::error!(%error, "jobs cannot be taken; it is tried again");
            }
            self.board.wait(LOOK_EVERY).await;
        }
    }

    /// `are_freed`: whether the jobs of an earlier process are.
    async fn take_jobs_if_there(self: &Arc<Self>, attendance: &Attendance, are_freed: &mut bool) -> Result<()> {
        if *are_freed {
            attendance.confirm().await?;
        } else {
            self.free_jobs(attendance).await?;
            *are_freed = true;
        }
        self.take_jobs().await
    }

    async fn sweep_again_and_again(&self, attendance: &Attendance) {
        loop {
            if let Err(error) = self.sweep(attendance.is_alone().await).await {
                tracing::error!(%error, "what nobody uses cannot be removed; it is tried again");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    /// Does a job that is this worker's, to its end.
    async fn run_job(self: Arc<Self>, job: JobRecord, running: Arc<Running>) {
        let id = job.job.id.clone();
        let alive = Arc::clone(&self).keep_alive(id.clone(), job.job.image_id.clone(), Arc::clone(&running));
        let on_board = OnBoard { ecs: Arc::clone(&self), job: id, heartbeat: tokio::spawn(alive) };
        let done = Arc::clone(&self).do_job(&job, &running).await;
        on_board.heartbeat.abort();
        if let Err(error) = done {
            self.end_badly(&job, &running, error).await;
        }
        // What was uploaded for it is needed no longer.
        self.remove_uploads_soon().await;
    }

    async fn do_job(self: Arc<Self>, job: &JobRecord, running: &Arc<Running>) -> Result<()> {
        match job.job.action.as_str() {
            "CopyImage" => self.do_copy(job, &CopySpec::read(&job.job.spec)?, running).await,
            "ImportImage" => self.do_import(job, &ImportSpec::read(&job.job.spec)?, running).await,
            CREATE_IMAGE | CREATE_SNAPSHOT => self.do_read(job, &ReadSpec::read(&job.job.spec)?, running).await,
            EXPORT_IMAGE => self.do_export(job, &ExportSpec::read(&job.job.spec)?, running).await,
            action => Err(EcsError::Damaged(format!("a job of the kind {action}"))),
        }
    }
}

/// A job on the board of its worker. It goes from there however its work ends, also by a panic.
struct OnBoard {
    ecs: Arc<Ecs>,
    job: String,
    heartbeat: tokio::task::JoinHandle<()>,
}

impl Drop for OnBoard {
    fn drop(&mut self) {
        self.heartbeat.abort();
        self.ecs.board.end(&self.job);
    }
}

/// What the names of a job's work files begin with: the blobs that it makes, or the task of an export. None where its text cannot be read.
pub(crate) fn blobs_of(job: &JobRecord) -> Vec<String> {
    let text = &job.job.spec;
    let copied = || CopySpec::read(text).map(|spec| spec.disks.into_iter().filter_map(|disk| disk.blob).collect());
    let imported = || ImportSpec::read(text).map(|spec| spec.disks.into_iter().map(|disk| disk.blob).collect());
    let read = || ReadSpec::read(text).map(|spec| spec.disks.into_iter().map(|disk| disk.blob).collect());
    match job.job.action.as_str() {
        "CopyImage" => copied(),
        "ImportImage" => imported(),
        CREATE_IMAGE | CREATE_SNAPSHOT => read(),
        _ => Ok(Vec::new()),
    }
    .unwrap_or_default()
}

/// Number of disks that a job makes.
fn disks_of(job: &JobRecord) -> u32 {
    let text = &job.job.spec;
    let disks = match job.job.action.as_str() {
        "CopyImage" => CopySpec::read(text).map(|spec| spec.disks.len()),
        "ImportImage" => ImportSpec::read(text).map(|spec| spec.disks.len()),
        CREATE_IMAGE => ReadSpec::read(text).map(|spec| spec.disks.len()),
        _ => Ok(0),
    };
    disks.ok().and_then(|disks| u32::try_from(disks).ok()).unwrap_or(0)
}
