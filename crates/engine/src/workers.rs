//! Runs the segments of a disk through as many workers as asked.
//!
//! Each worker does everything for its segment, from reading to writing, in one buffer that
//! stays in its cache: no channels, no writer thread (../shared/perf.md, design choice 2). Its thread may be kept when it ends, so it leaves
//! no key on the stack.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crypto::leaving_no_trace;

use crate::error::{EngineError, Result};
use crate::observe::Meter;
use crate::segment::{Segment, Segmenter};

/// Calls `work` for every segment, each on one of `threads` workers that `worker` makes.
/// `work` returns the bytes of data that it moved.
///
/// Ends at the first error, or with `Cancelled` when the observer says so and nothing went wrong.
pub(crate) fn each_segment<W>(
    segments: Segmenter,
    threads: usize,
    meter: &Meter<'_>,
    worker: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, &Segment) -> Result<u64> + Sync,
) -> Result<()> {
    let segments = Mutex::new(segments);
    let failed = AtomicBool::new(false);
    let run = || -> Result<()> {
        let mut state = worker()?;
        while !failed.load(Ordering::Relaxed) {
            if meter.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let next = segments.lock().expect("a worker that panics ends the process").next()?;
            let Some(segment) = next else { break };
            let moved = work(&mut state, &segment)?;
            meter.advance(segment.guest + segment.len, moved);
        }
        Ok(())
    };
    let run = || leaving_no_trace(run).inspect_err(|_| failed.store(true, Ordering::Relaxed));
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(run)).collect();
        let mut results = vec![run()];
        results.extend(others.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        let (cancelled, others): (Vec<_>, Vec<_>) =
            results.into_iter().partition(|result| matches!(result, Err(EngineError::Cancelled)));
        others.into_iter().chain(cancelled).collect()
    })
}
