//! How a caller follows a long operation and stops it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Which part of an operation is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the source and writing the target.
    Copy,
    /// Reading the result again.
    Verify,
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is running.
    pub phase: Phase,
    /// Bytes of the disk that are behind, holes included.
    pub position: u64,
    /// Bytes of the disk.
    pub total: u64,
    /// Bytes of data moved or read: what the time was spent on.
    pub data_bytes: u64,
}

/// The caller's end of a running operation.
pub struct Observer<'a> {
    /// Set it, and the operation ends with `Cancelled` within one segment.
    pub cancel: &'a AtomicBool,
    /// Called by the workers, at most once a segment.
    pub report: &'a (dyn Fn(Progress) + Sync),
}

/// Counts for one phase, and tells the observer.
pub(crate) struct Meter<'a> {
    observer: &'a Observer<'a>,
    phase: Phase,
    total: u64,
    position: AtomicU64,
    data_bytes: AtomicU64,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(observer: &'a Observer<'a>, phase: Phase, total: u64) -> Self {
        Self { observer, phase, total, position: AtomicU64::new(0), data_bytes: AtomicU64::new(0) }
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.observer.cancel.load(Ordering::Relaxed)
    }

    /// A segment that ends at `position` is done, `data_bytes` of it were moved.
    pub(crate) fn advance(&self, position: u64, data_bytes: u64) {
        let seen = self.position.fetch_max(position, Ordering::Relaxed).max(position);
        let data_bytes = self.data_bytes.fetch_add(data_bytes, Ordering::Relaxed) + data_bytes;
        (self.observer.report)(Progress { phase: self.phase, position: seen, total: self.total, data_bytes });
    }

    pub(crate) fn data_bytes(&self) -> u64 {
        self.data_bytes.load(Ordering::Relaxed)
    }
}
