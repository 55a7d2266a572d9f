//! Nonces that were used. Taken in memory at once; kept in the catalog together with the call's record, so that a restart forgets none of
//! an answered call.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Mutex;

use catalog::Timestamp;

/// Most nonces in memory. 15 minutes each way at 1,000 requests a second are 1.8 million.
const HELD_MAX: usize = 2_000_000;

/// Takings between two looks for expired ones.
const SWEEP_EVERY: usize = 10_000;

/// The nonces of this process.
#[derive(Default)]
pub(super) struct Nonces(Mutex<Held>);

#[derive(Default)]
struct Held {
    by_key: HashMap<(String, String), Timestamp>,
    taken: usize,
}

/// What became of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Fresh,
    Replayed,
    /// Nothing can be remembered any more, so nothing may be let in.
    Full,
}

impl Nonces {
    /// Takes a nonce at `now`; it is held until `expires`.
    pub(super) fn take(&self, access_key_id: &str, nonce: &str, expires: Timestamp, now: Timestamp) -> Taken {
        let mut held = self.0.lock().expect("no holder of this lock can panic");
        held.taken += 1;
        if held.taken.is_multiple_of(SWEEP_EVERY) || held.by_key.len() >= HELD_MAX {
            held.by_key.retain(|_, until| *until > now);
        }
        if held.by_key.len() >= HELD_MAX {
            return Taken::Full;
        }
        match held.by_key.entry((access_key_id.to_owned(), nonce.to_owned())) {
            Entry::Occupied(_) => Taken::Replayed,
            Entry::Vacant(entry) => {
                entry.insert(expires);
                Taken::Fresh
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_fresh_once_for_each_access_key() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let nonces = Nonces::default();
        assert_eq!(nonces.take("a", "1", at(10), at(0)), Taken::Fresh);
        assert_eq!(nonces.take("a", "1", at(10), at(1)), Taken::Replayed);
        assert_eq!(nonces.take("b", "1", at(10), at(1)), Taken::Fresh);
        assert_eq!(nonces.take("a", "2", at(10), at(1)), Taken::Fresh);
    }

    #[test]
    fn expired_nonces_are_forgotten() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let nonces = Nonces::default();
        for n in 0..SWEEP_EVERY {
            nonces.take("a", &n.to_string(), at(10), at(0));
        }
        for n in 0..SWEEP_EVERY {
            nonces.take("b", &n.to_string(), at(100), at(50));
        }
        assert!(nonces.0.lock().unwrap().by_key.len() <= SWEEP_EVERY);
    }
}
