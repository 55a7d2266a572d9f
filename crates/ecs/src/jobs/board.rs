//! The jobs that this process works on: how far they are, and how they are told to stop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Progress is counted in parts of this whole: fine enough for a percent of a percent.
pub(crate) const WHOLE: u64 = 10_000;

/// How often it is looked whether work shall end that cannot look by itself.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What one process works on.
pub(crate) struct Board {
    /// Its name in the catalog.
    pub(crate) worker: String,
    wake: Notify,
    running: Mutex<HashMap<String, Arc<Running>>>,
}

/// A job that is worked on.
pub(crate) struct Running {
    /// For who looks by itself: the work shall end, within a segment.
    pub(crate) cancel: AtomicBool,
    progress: AtomicU64,
    over: watch::Sender<bool>,
}

impl Board {
    pub(crate) fn new(worker: String) -> Self {
        Self { worker, wake: Notify::new(), running: Mutex::default() }
    }

    /// There may be something to do.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Until somebody says that there may be something to do, or `at_most` is over.
    pub(crate) async fn wait(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.wake.notified()).await;
    }

    /// Whether this process works on a job.
    pub(crate) fn has(&self, job: &str) -> bool {
        self.lock().contains_key(job)
    }

    pub(crate) fn begin(&self, job: &str) -> Arc<Running> {
        let running = Arc::new(Running {
            cancel: AtomicBool::new(false),
            progress: AtomicU64::new(0),
            over: watch::Sender::new(false),
        });
        self.lock().insert(job.to_owned(), Arc::clone(&running));
        running
    }

    pub(crate) fn end(&self, job: &str) {
        if let Some(running) = self.lock().remove(job) {
            running.over.send_replace(true);
        }
        self.wake();
    }

    /// Stops the work on a job that is over, and waits until nothing of it is left, for a moment at most: the sweeper finds the rest.
    pub(crate) async fn stop(&self, job: &str, at_most: Duration) {
        let Some(running) = self.lock().get(job).cloned() else { return };
        running.stop();
        let mut over = running.over.subscribe();
        let _ = tokio::time::timeout(at_most, over.wait_for(|over| *over)).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// `parts` of [`WHOLE`] are behind; it never goes back.
    pub(crate) fn advance(&self, parts: u64) {
        self.progress.fetch_max(parts.min(WHOLE), Ordering::Relaxed);
    }

    pub(crate) fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// Ends the work. What becomes of what it has made is not said by this, but by whether the job is over.
    pub(crate) fn stop(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// Done when it was stopped: for work that cannot look by itself.
    pub(crate) async fn cancelled(&self) {
        while !self.is_cancelled() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}
