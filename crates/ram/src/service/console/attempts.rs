//! Failed sign-ins, counted in memory: by whom, and by where from.
//!
//! An attempt counts before it is made, and is taken back when it succeeds or when we fail ourselves, so that many at once are no way around the limit. A process that
//! starts anew has forgotten all; another one on the same catalog counts for itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crypto::digest::{Digest, sha256};
use jiff::{SignedDuration, Timestamp};

use crate::identity::{AccountId, UserName};
use crate::service::error::RamError;

/// For how long failures count, from the first of them.
const PERIOD: SignedDuration = SignedDuration::from_mins(5);

/// Failures of one user, or of an account itself, within a period.
const OF_ONE_MAX: u32 = 5;

/// Failures from one address within a period: several people may sit behind it.
const FROM_ONE_MAX: u32 = 20;

/// Users and addresses that are counted at once; beyond, the ones that failed the longest time ago are forgotten.
const COUNTED_MAX: usize = 10_000;

/// Who is to sign in, and from where. The one who signs in need not exist.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Subject {
    who: Option<Digest>,
    from: Option<IpAddr>,
}

/// There were too many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) struct TooManyAttempts {
    /// In how many seconds there may be another attempt; at least 1.
    pub(in crate::service) wait_s: u64,
}

/// All that is counted.
pub(in crate::service) struct Attempts(Mutex<Counts>);

struct Counts {
    by_who: Counted<Digest>,
    by_address: Counted<IpAddr>,
}

struct Counted<K> {
    max: u32,
    failures: HashMap<K, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

impl Subject {
    /// A user of an account that may not exist, by the texts that were given; no user is the account itself.
    pub(super) fn of(account: &str, user: Option<&str>, from: Option<IpAddr>) -> Self {
        let user = user.unwrap_or_default();
        // Digests are short, however long the texts are.
        let who = sha256(format!("{}:{account}{user}", account.len()).as_bytes());
        Self { who: Some(who), from: from.map(network) }
    }

    /// A user that exists.
    pub(in crate::service) fn of_user(account: AccountId, user: &UserName, from: Option<IpAddr>) -> Self {
        Self::of(&account.to_string(), Some(user.as_str()), from)
    }

    /// Whoever is at this address. For access keys: nobody guesses their secrets, and whoever knows an id could lock its owner out.
    pub(super) fn at(from: Option<IpAddr>) -> Self {
        Self { who: None, from: from.map(network) }
    }
}

impl TooManyAttempts {
    pub(in crate::service) fn into_ram(self) -> RamError {
        RamError::TooManyAttempts { wait_s: self.wait_s }
    }
}

impl Attempts {
    pub(in crate::service) fn new() -> Self {
        let by_who = Counted { max: OF_ONE_MAX, failures: HashMap::new() };
        let by_address = Counted { max: FROM_ONE_MAX, failures: HashMap::new() };
        Self(Mutex::new(Counts { by_who, by_address }))
    }

    /// Counts an attempt, unless there were too many.
    pub(in crate::service) fn begin(&self, subject: &Subject, now: Timestamp) -> Result<(), TooManyAttempts> {
        let mut counts = self.counts();
        let Counts { by_who, by_address } = &mut *counts;
        let waits = [
            subject.who.and_then(|who| by_who.wait(&who, now)),
            subject.from.and_then(|from| by_address.wait(&from, now)),
        ];
        if let Some(wait) = waits.into_iter().flatten().max() {
            // Whole seconds, rounded up: after them it is possible.
            let wait_s = u64::try_from(wait.as_millis().max(1)).unwrap_or(u64::MAX).div_ceil(1000);
            return Err(TooManyAttempts { wait_s });
        }
        if let Some(who) = subject.who {
            by_who.add(who, now);
        }
        if let Some(from) = subject.from {
            by_address.add(from, now);
        }
        Ok(())
    }

    /// Takes an attempt back that was no failure. The user's others are forgiven; those from the address are not, as whoever has one right
    /// password there could go on guessing others.
    pub(in crate::service) fn succeeded(&self, subject: &Subject) {
        let mut counts = self.counts();
        if let Some(who) = subject.who {
            counts.by_who.failures.remove(&who);
        }
        if let Some(from) = subject.from {
            counts.by_address.subtract(&from);
        }
    }

    /// Takes an attempt back that told nothing about what was shown, as we failed ourselves. No other is forgiven.
    pub(in crate::service) fn take_back(&self, subject: &Subject) {
        let mut counts = self.counts();
        if let Some(who) = subject.who {
            counts.by_who.subtract(&who);
        }
        if let Some(from) = subject.from {
            counts.by_address.subtract(&from);
        }
    }

    /// A holder of the lock that panicked has left whole entries.
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Counted<K> {
    /// How long no attempt is possible; `None` when one is.
    fn wait(&self, name: &K, now: Timestamp) -> Option<SignedDuration> {
        let failures = self.failures.get(name).filter(|failures| failures.count >= self.max)?;
        failures.left(now)
    }

    fn add(&mut self, name: K, now: Timestamp) {
        if !self.failures.contains_key(&name) {
            self.make_room(now);
        }
        let failures = self.failures.entry(name).or_insert(Failures { since: now, count: 0 });
        if failures.left(now).is_none() {
            *failures = Failures { since: now, count: 0 };
        }
        failures.count = failures.count.saturating_add(1);
    }

    fn subtract(&mut self, name: &K) {
        if let Some(failures) = self.failures.get_mut(name) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.failures.len() < COUNTED_MAX {
            return;
        }
        self.failures.retain(|_, failures| failures.left(now).is_some());
        let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.since).map(|(name, _)| *name);
        if let Some(oldest) = oldest.filter(|_| self.failures.len() >= COUNTED_MAX) {
            self.failures.remove(&oldest);
        }
    }
}

impl Failures {
    /// How long they still count. A clock that was set back makes them forgotten.
    fn left(self, now: Timestamp) -> Option<SignedDuration> {
        let age = now.duration_since(self.since);
        (!age.is_negative() && age < PERIOD).then(|| PERIOD - age)
    }
}

/// What one customer of a network provider has: an address of IPv4, or the 64 bits of IPv6 that a host cannot choose.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn bob(address: &str) -> Subject {
        Subject::of("1234567890123456", Some("bob"), Some(address.parse().unwrap()))
    }

    /// After five failures one waits until five minutes after the first, wherever one comes from; others do not.
    #[test]
    fn five_failures_make_one_wait() {
        let attempts = Attempts::new();
        for second in 0..5 {
            assert_eq!(attempts.begin(&bob("192.0.2.1"), at(second * 10)), Ok(()));
        }
        for (second, wait_s) in [(40, 260), (299, 1)] {
            assert_eq!(attempts.begin(&bob("192.0.2.2"), at(second)), Err(TooManyAttempts { wait_s }), "{second}");
        }
        let eve = Subject::of("1234567890123456", Some("eve"), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(attempts.begin(&eve, at(299)), Ok(()));
        assert_eq!(attempts.begin(&bob("192.0.2.1"), at(300)), Ok(()));
        // The texts do not run into each other.
        assert_ne!(Subject::of("1", Some("2bob"), None).who, Subject::of("12", Some("bob"), None).who);
    }

    /// A success forgives the failures before it, but not those of others from the same address.
    #[test]
    fn a_success_forgives_its_own() {
        let attempts = Attempts::new();
        for user in 0..4 {
            let subject = Subject::of("1", Some(&user.to_string()), Some("2001:db8::1".parse().unwrap()));
            for _ in 0..4 {
                assert_eq!(attempts.begin(&subject, at(0)), Ok(()));
            }
        }
        let neighbour = bob("2001:db8::ffff");
        for _ in 0..4 {
            assert_eq!(attempts.begin(&neighbour, at(1)), Ok(()));
            attempts.succeeded(&neighbour);
        }
        for _ in 0..4 {
            assert_eq!(attempts.begin(&neighbour, at(2)), Ok(()));
        }
        let wait = Err(TooManyAttempts { wait_s: 298 });
        assert_eq!(attempts.begin(&neighbour, at(2)), wait, "the twentieth from this network was the last");
        assert_eq!(attempts.begin(&bob("2001:db8:0:1::1"), at(2)), Ok(()), "another network, and bob's fifth");
    }

    /// An attempt that is taken back leaves those before it, of the user and of the address.
    #[test]
    fn what_is_taken_back_forgives_nothing() {
        let attempts = Attempts::new();
        for _ in 0..4 {
            assert_eq!(attempts.begin(&bob("192.0.2.1"), at(0)), Ok(()));
        }
        for _ in 0..20 {
            assert_eq!(attempts.begin(&bob("192.0.2.1"), at(1)), Ok(()));
            attempts.take_back(&bob("192.0.2.1"));
        }
        let counts = |attempts: &Attempts| {
            let counts = attempts.counts();
            let of_one = counts.by_who.failures.values().map(|failures| failures.count);
            of_one.chain(counts.by_address.failures.values().map(|failures| failures.count)).collect::<Vec<_>>()
        };
        assert_eq!(counts(&attempts), [4, 4]);
    }

    /// However many names and addresses come, memory stays bounded, and what is recent is still counted.
    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::new();
        let last = Subject::at(Some("198.51.100.1".parse().unwrap()));
        for number in 0..COUNTED_MAX as u32 + 100 {
            let from = IpAddr::from(number.to_be_bytes());
            let subject = Subject::of("1", Some(&number.to_string()), Some(from));
            let _ = attempts.begin(&subject, at(i64::from(number / 1000)));
        }
        for _ in 0..FROM_ONE_MAX {
            assert_eq!(attempts.begin(&last, at(20)), Ok(()));
        }
        assert!(attempts.begin(&last, at(20)).is_err());
        let counts = attempts.counts();
        assert_eq!((counts.by_who.failures.len(), counts.by_address.failures.len()), (COUNTED_MAX, COUNTED_MAX));
    }
}
