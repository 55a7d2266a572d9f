//! Waiting for an image that is being made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use engine::{Phase, Progress};

use super::find::by_id;
use super::{ImageView, Images, TaskView, Tasks};
use crate::progress::Display;

/// Time between two looks: short at first, for images that share their bytes.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(320);

/// Waits until an image is finished.
///
/// Errors: it failed, with the reason; it was cancelled; `cancel` was set, which leaves the image as it is.
pub(crate) fn wait(
    images: &dyn Images,
    id: &str,
    region: &str,
    display: &Display,
    cancel: &AtomicBool,
) -> Result<ImageView> {
    images.work_on(id);
    let mut pause = PAUSE_MIN;
    loop {
        let image = by_id(images, id, region)?.with_context(|| format!("image {id} was cancelled or deleted"))?;
        if image.status == "CreateFailed" {
            bail!("image {id} was not made: {}", image.failure);
        }
        if !image.is_unfinished() {
            return Ok(image);
        }
        if cancel.load(Ordering::Relaxed) {
            bail!("interrupted; `reseal image wait {id}` goes on, `reseal image cancel {id}` ends it");
        }
        display.show(progress(&image));
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Waits until a task is over.
///
/// Errors: it failed, with the reason; `cancel` was set, which leaves the task as it is.
pub(crate) fn wait_for_task(tasks: &dyn Tasks, id: &str, display: &Display, cancel: &AtomicBool) -> Result<TaskView> {
    tasks.work_on_task(id);
    let mut pause = PAUSE_MIN;
    loop {
        let task = tasks.task(id)?;
        if task.row.task_status == "Failed" {
            bail!("task {id} failed: {}", task.failure);
        }
        if !task.row.is_unfinished() {
            return Ok(task);
        }
        if cancel.load(Ordering::Relaxed) {
            bail!("interrupted; `reseal task wait {id}` goes on, `reseal task cancel {id}` ends it");
        }
        let position = u64::from(task.progress);
        display.show(Progress { phase: Phase::Copy, position, total: 100, data_bytes: position });
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// A job tells a percentage only.
fn progress(image: &ImageView) -> Progress {
    let total = image.virtual_bytes();
    let position = u64::try_from(u128::from(total) * u128::from(image.progress) / 100).unwrap_or(total);
    Progress { phase: Phase::Copy, position, total, data_bytes: position }
}
