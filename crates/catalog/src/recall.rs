//! What was read is remembered for a moment, so that a busy caller does not cost a query a request.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long something is remembered, in seconds: for so long a change made by another process may go unseen.
pub const REMEMBERED_S: i64 = 2;

/// Most things that are remembered; beyond, all are forgotten. Callers that are active in the same two seconds are far fewer.
const ENTRIES_MAX: usize = 4096;

/// Values by name, each with the time at which it was read. Whoever makes a change calls [`Recall::forget`] when it is durable and before
/// it is reported: in this process nothing is seen of what was before. Changes of other processes are seen after [`REMEMBERED_S`].
pub struct Recall<K, V> {
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    /// Counts how often everything was forgotten.
    epoch: u64,
    entries: HashMap<K, (Timestamp, V)>,
}

/// Shows that nothing has been forgotten since. Taken before a value is read from the catalog: a value that was read before a change
/// and comes after it is not remembered.
#[derive(Debug, Clone, Copy)]
pub struct Epoch(u64);

impl<K, V> Default for Recall<K, V> {
    fn default() -> Self {
        Self { state: Mutex::new(State { epoch: 0, entries: HashMap::new() }) }
    }
}

impl<K: Eq + Hash, V: Clone> Recall<K, V> {
    /// What is remembered of `name`. A clock that was set back makes it forgotten too.
    pub fn value<Q: Eq + Hash + ?Sized>(&self, name: &Q, now: Timestamp) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let state = self.state();
        let (read_at, value) = state.entries.get(name)?;
        let age = now.duration_since(*read_at);
        let is_fresh = !age.is_negative() && age < SignedDuration::from_secs(REMEMBERED_S);
        is_fresh.then(|| value.clone())
    }

    /// To be taken before a value is read from the catalog.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.state().epoch)
    }

    /// Remembers a value that was read after `epoch`.
    pub fn remember(&self, name: K, value: V, epoch: Epoch, now: Timestamp) {
        let mut state = self.state();
        if state.epoch != epoch.0 {
            return;
        }
        if state.entries.len() >= ENTRIES_MAX {
            state.entries.clear();
        }
        state.entries.insert(name, (now, value));
    }

    /// Forgets everything, also what is being read at the moment.
    pub fn forget(&self) {
        let mut state = self.state();
        state.epoch = state.epoch.wrapping_add(1);
        state.entries.clear();
    }

    /// A holder of the lock that panicked has left whole entries.
    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A value is known for two seconds, and not when the clock was set back.
    #[test]
    fn values_are_known_for_a_moment() {
        let recall = Recall::<String, _>::default();
        recall.remember("a".to_owned(), 1, recall.epoch(), at(10));
        let known = [9, 10, 11, 12].map(|second| recall.value("a", at(second)));
        assert_eq!(known, [None, Some(1), Some(1), None]);
        assert_eq!(recall.value("b", at(10)), None);
    }

    /// What was read before a change is not remembered after it.
    #[test]
    fn a_change_overtakes_a_reader() {
        let recall = Recall::<String, _>::default();
        let epoch = recall.epoch();
        recall.forget();
        recall.remember("a".to_owned(), 1, epoch, at(0));
        assert_eq!(recall.value("a", at(0)), None);
        recall.remember("a".to_owned(), 2, recall.epoch(), at(0));
        recall.forget();
        assert_eq!(recall.value("a", at(0)), None);
    }

    /// However many names come, memory stays bounded and the last one is known.
    #[test]
    fn memory_is_bounded() {
        let recall = Recall::<String, _>::default();
        for name in 0..=ENTRIES_MAX {
            recall.remember(name.to_string(), name, recall.epoch(), at(0));
        }
        assert!(recall.state().entries.len() <= ENTRIES_MAX);
        assert_eq!(recall.value(ENTRIES_MAX.to_string().as_str(), at(0)), Some(ENTRIES_MAX));
    }
}
