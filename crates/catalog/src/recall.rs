//! What was read is remembered for a moment, so that a busy caller does not cost a query a request.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long something is remembered, in seconds: for so long a change made by another process may go unseen.
pub const REMEMBERED_S: i64 = 2;

/// Values by name, each with the time at which it was read. Whoever makes a change calls [`Recall::forget`] when it is durable and before
/// it is reported: in this process nothing is seen of what was before. Changes of other processes are seen after [`REMEMBERED_S`].
pub struct Recall<K, V> {
    /// Most weight that is remembered; beyond, all is forgotten. What is in use comes back with the next requests.
    weight_max: usize,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    /// Counts how often everything was forgotten.
    epoch: u64,
    weight: usize,
    entries: HashMap<K, (Timestamp, V)>,
}

/// Shows that nothing has been forgotten since. Taken before a value is read from the catalog: a value that was read before a change
/// and comes after it is not remembered.
#[derive(Debug, Clone, Copy)]
pub struct Epoch(u64);

impl<K: Eq + Hash, V: Clone> Recall<K, V> {
    /// Remembers values of so much weight together, in whatever they are weighed.
    #[must_use]
    pub fn new(weight_max: usize) -> Self {
        Self { weight_max, state: Mutex::new(State { epoch: 0, weight: 0, entries: HashMap::new() }) }
    }

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
    pub fn remember(&self, name: impl Into<K>, value: V, weight: usize, epoch: Epoch, now: Timestamp) {
        let mut state = self.state();
        if state.epoch != epoch.0 || weight > self.weight_max {
            return;
        }
        // The weight of a value that is replaced is counted until the next clearing: it errs on the safe side.
        if state.weight + weight > self.weight_max {
            state.clear();
        }
        state.weight += weight;
        state.entries.insert(name.into(), (now, value));
    }

    /// Changes a value that is remembered. It does not become younger by that.
    pub fn change<Q: Eq + Hash + ?Sized>(&self, name: &Q, change: impl FnOnce(&mut V))
    where
        K: Borrow<Q>,
    {
        if let Some((_, value)) = self.state().entries.get_mut(name) {
            change(value);
        }
    }

    /// Forgets everything, also what is being read at the moment.
    pub fn forget(&self) {
        let mut state = self.state();
        state.epoch = state.epoch.wrapping_add(1);
        state.clear();
    }

    /// A holder of the lock that panicked has left whole entries.
    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> State<K, V> {
    fn clear(&mut self) {
        self.weight = 0;
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A value is known for two seconds, also when it is changed in between, and not when the clock was set back.
    #[test]
    fn values_are_known_for_a_moment() {
        let recall = Recall::<String, _>::new(10);
        recall.remember("a", 1, 1, recall.epoch(), at(10));
        recall.change("a", |value| *value += 1);
        let known = [9, 10, 11, 12].map(|second| recall.value("a", at(second)));
        assert_eq!(known, [None, Some(2), Some(2), None]);
        assert_eq!(recall.value("b", at(10)), None);
    }

    /// What was read before a change is not remembered after it.
    #[test]
    fn a_change_overtakes_a_reader() {
        let recall = Recall::<String, _>::new(10);
        let epoch = recall.epoch();
        recall.forget();
        recall.remember("a", 1, 1, epoch, at(0));
        assert_eq!(recall.value("a", at(0)), None);
        recall.remember("a", 2, 1, recall.epoch(), at(0));
        recall.forget();
        assert_eq!(recall.value("a", at(0)), None);
    }

    /// However many names come, and however heavy, memory stays bounded; the last one is known if it fits at all.
    #[test]
    fn memory_is_bounded() {
        let recall = Recall::<String, _>::new(10);
        for name in 0..1000 {
            recall.remember(name.to_string(), name, 3, recall.epoch(), at(0));
            assert!(recall.state().entries.len() <= 3);
            assert_eq!(recall.value(name.to_string().as_str(), at(0)), Some(name));
        }
        recall.remember("heavy", 1, 11, recall.epoch(), at(0));
        assert_eq!(recall.value("heavy", at(0)), None);
    }
}
