use std::sync::Mutex;

use blobs::PartialFile;

use crate::error::Result;

/// First reservation; each further one doubles, up to the largest.
const RESERVE_BYTES_MIN: u64 = 16 << 20;
const RESERVE_BYTES_MAX: u64 = 1 << 30;

/// Hands out consecutive bytes of the target, so that the file has no gaps,
/// and reserves blocks ahead: a file system that knows the size beforehand
/// takes buffered writes almost twice as fast (../shared/perf.md A1).
pub(crate) struct Allocator {
    state: Mutex<State>,
}

struct State {
    next: u64,
    reserved: u64,
    step: u64,
    can_reserve: bool,
}

impl Allocator {
    /// `start`: first byte to hand out.
    pub(crate) fn new(start: u64) -> Self {
        let state = State { next: start, reserved: 0, step: RESERVE_BYTES_MIN, can_reserve: true };
        Self { state: Mutex::new(state) }
    }

    /// The next `len` bytes.
    pub(crate) fn take(&self, file: &PartialFile, len: u64) -> Result<u64> {
        let mut state = self.state.lock().expect("no worker panics while it holds the allocator");
        let host = state.next;
        state.next += len;
        if state.can_reserve && state.next > state.reserved {
            let end = state.next + state.step;
            // More than is needed is asked for: a file system that has no room for that may have room for the data.
            state.can_reserve = file.reserve(state.reserved, end - state.reserved).unwrap_or(false);
            state.reserved = end;
            state.step = (state.step * 2).min(RESERVE_BYTES_MAX);
        }
        Ok(host)
    }

    /// First byte that has not been handed out.
    pub(crate) fn next(&self) -> u64 {
        self.state.lock().expect("no worker panics while it holds the allocator").next
    }

    /// Goes on after `next`, where an earlier run stopped.
    pub(crate) fn skip_to(&self, next: u64) {
        let mut state = self.state.lock().expect("no worker panics while it holds the allocator");
        state.next = state.next.max(next);
    }
}
