//! Time as an argument, so that tests decide what time it is.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The time now, in UTC, whole milliseconds.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        whole_milliseconds(Timestamp::now())
    }
}

/// A clock that stands still until it is told to move. For tests and for replays.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(whole_milliseconds(now)))
    }

    /// Moves the clock on by whole days of 24 hours; negative moves it back.
    pub fn advance_days(&self, days: i64) {
        self.advance(SignedDuration::from_hours(days.saturating_mul(24)));
    }

    /// Moves the clock on. It stops at the ends of time that can be written.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().expect("no holder of this lock can panic");
        let moved = now.saturating_add(by).expect("a signed duration has no calendar units");
        *now = whole_milliseconds(moved);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder of this lock can panic")
    }
}

/// What the catalog can store, so that a time read back equals the time written.
fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).expect("a time stays in range when it loses its fraction")
}
