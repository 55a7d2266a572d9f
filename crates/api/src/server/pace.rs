//! How fast the bytes of an upload have to come: whoever sends too slowly holds a place that others wait for.

use std::time::Duration;

/// Bytes that have to come in a second, in the mean of a window: an eighth of a line of 1 Mbit/s.
const BYTES_PER_S: u64 = 16 << 10;

/// Waiting time of a window. The first one is a time of grace: whatever comes in it, nobody is refused before its end.
const WINDOW: Duration = Duration::from_secs(60);

/// What came so far in a window.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waited: Duration,
    bytes: u64,
}

impl Pace {
    /// Counts bytes that came, and for how long they were waited for; the time in which they are written is not the sender's. `false`: they
    /// come too slowly.
    pub(super) fn came(&mut self, bytes: usize, waited: Duration) -> bool {
        self.waited += waited;
        self.bytes += bytes as u64;
        if self.waited < WINDOW {
            return true;
        }
        let wanted = self.waited.as_secs() * BYTES_PER_S;
        let is_enough = self.bytes >= wanted;
        *self = Self::default();
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes each second, for how many seconds, and the second in which it is refused.
    #[test]
    fn slow_senders_are_refused_at_the_end_of_a_window() {
        let enough = BYTES_PER_S as usize;
        for (name, bytes, every_s, refused_at_s) in [
            ("as fast as it has to be", enough, 1, None),
            ("a little slower", enough - 1, 1, Some(60)),
            ("in lumps that are too small", 58 * enough, 59, Some(118)),
            ("in larger lumps", 60 * enough, 59, None),
            ("a byte before each patience ends", 1, 14, Some(70)),
        ] {
            let mut pace = Pace::default();
            let seconds = (1..).map(|n| n * every_s).take_while(|second| *second <= 600);
            let refused = seconds.into_iter().find(|_| !pace.came(bytes, Duration::from_secs(every_s)));
            assert_eq!(refused, refused_at_s, "{name}");
        }
        let mut pace = Pace::default();
        assert!((0..1000).all(|_| pace.came(1, Duration::ZERO)), "what is there already was not waited for");
        let mut pace = Pace::default();
        assert!(pace.came(60 * enough, Duration::from_secs(60)) && pace.came(0, Duration::from_secs(59)));
        assert!(!pace.came(1, Duration::from_secs(1)), "what came in an earlier window does not count");
    }
}
