//! Forms that make something once, however often they are sent. What came of such a form is kept for a moment, for the session that sent it: a
//! browser that sends it twice shows the answer to the second, and without it would lose a secret that is told once.
//!
//! It is kept in memory, so a server that was started in between does not know of it, nor does another server on the same catalog.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::Timestamp;
use crypto::Secret;
use crypto::digest::sha256;
use tokio::sync::OnceCell;

/// How long it is kept. A browser that sends a form twice does so within seconds.
const KEPT: Duration = Duration::from_secs(60);

/// Answers that are kept at once; the oldest goes for a new one. Private keys lie in locked memory, of which an unprivileged process may
/// have 64 KiB in all.
const KEPT_MAX: usize = 24;

/// What a form made.
#[derive(Clone)]
pub(crate) struct Made {
    /// Its name or id.
    pub(crate) name: String,
    /// What is told of it once; empty for what has no secret.
    secret: Arc<Secret>,
}

impl Made {
    /// Something without a secret.
    pub(crate) fn plain(name: String) -> Self {
        Self::with_secret(name, "")
    }

    /// The secret, to be shown.
    pub(crate) fn told(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.secret.expose())
    }

    pub(crate) fn with_secret(name: String, secret: &str) -> Self {
        Self { name, secret: Arc::new(Secret::copy_of(secret.as_bytes())) }
    }
}

/// What was made, by session and form.
#[derive(Default)]
pub(crate) struct Once {
    kept: Arc<Mutex<BTreeMap<[u8; 32], Kept>>>,
}

struct Kept {
    since: Timestamp,
    made: Arc<OnceCell<Made>>,
}

impl Once {
    /// Makes it, or answers what an earlier or a concurrent sending of the same form made. `session`: what only the session knows;
    /// `form`: its address, its token and what it says, empty for one without a token. What is refused is not kept: then the form may be sent again.
    pub(crate) async fn make<E>(
        &self,
        (session, form): (&str, &str),
        now: Timestamp,
        make: impl Future<Output = Result<Made, E>>,
    ) -> Result<Made, E> {
        if form.is_empty() {
            return make.await;
        }
        let cell = self.cell(sha256(format!("{session} {form}").as_bytes()), now);
        cell.get_or_try_init(|| make).await.cloned()
    }

    fn cell(&self, name: [u8; 32], now: Timestamp) -> Arc<OnceCell<Made>> {
        // Nothing is done under the lock that could panic half way.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| now.duration_since(kept.since).unsigned_abs() < KEPT);
        if kept.len() >= KEPT_MAX && !kept.contains_key(&name) {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.since).map(|(name, _)| *name);
            oldest.and_then(|oldest| kept.remove(&oldest));
        }
        let entry = kept.entry(name).or_insert_with(|| {
            self.forget_later(name, now);
            Kept { since: now, made: Arc::default() }
        });
        Arc::clone(&entry.made)
    }

    /// A secret does not wait in memory for the next form to come.
    fn forget_later(&self, name: [u8; 32], since: Timestamp) {
        let kept = Arc::downgrade(&self.kept);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT).await;
            if let Some(kept) = kept.upgrade() {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.get(&name).is_some_and(|kept| kept.since == since) {
                    kept.remove(&name);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn make(once: &Once, names: (&str, &str), second: i64, answer: Result<&str, ()>) -> Result<String, ()> {
        let now = Timestamp::from_second(second).unwrap();
        let made = once.make(names, now, async { answer.map(|secret| Made::with_secret(String::new(), secret)) });
        made.await.map(|made| made.told().into_owned())
    }

    /// A form makes one thing in its time and its session; without a token, after a refusal, and later it makes another.
    #[tokio::test]
    async fn a_form_makes_one_thing() {
        let once = Once::default();
        let (mine, others) = (("me", "form"), ("you", "form"));
        for (names, second, answer, wanted) in [
            (mine, 0, Err(()), Err(())),
            (mine, 1, Ok("a"), Ok("a")),
            (mine, 2, Ok("b"), Ok("a")),
            (mine, 59, Err(()), Ok("a")),
            (others, 2, Ok("c"), Ok("c")),
            (("me", "other form"), 2, Ok("d"), Ok("d")),
            (("me", ""), 2, Ok("e"), Ok("e")),
            (("me", ""), 2, Ok("f"), Ok("f")),
            (mine, 61, Ok("g"), Ok("g")),
        ] {
            assert_eq!(make(&once, names, second, answer).await.as_deref(), wanted.as_deref(), "{names:?} at {second}");
        }
    }

    /// What is sent while the first is still at work waits for it.
    #[tokio::test]
    async fn the_second_waits_for_the_first() {
        let once = Once::default();
        let now = Timestamp::UNIX_EPOCH;
        let slow = once.make(("me", "form"), now, async {
            tokio::task::yield_now().await;
            Ok::<_, ()>(Made::plain("first".to_owned()))
        });
        let second = once.make(("me", "form"), now, async { Ok::<_, ()>(Made::plain("second".to_owned())) });
        let (first, second) = tokio::join!(slow, second);
        assert_eq!((first.unwrap().name, second.unwrap().name), ("first".to_owned(), "first".to_owned()));
    }

    /// What was made is forgotten in time, also when no other form comes.
    #[tokio::test(start_paused = true)]
    async fn a_secret_is_forgotten_by_itself() {
        let once = Once::default();
        make(&once, ("me", "form"), 0, Ok("secret")).await.unwrap();
        tokio::time::sleep(KEPT / 2).await;
        assert_eq!(once.kept.lock().unwrap().len(), 1);
        tokio::time::sleep(KEPT).await;
        assert!(once.kept.lock().unwrap().is_empty());
    }

    /// However many forms are sent, a bounded number is kept: the newest.
    #[tokio::test]
    async fn the_oldest_goes_first() {
        let once = Once::default();
        for second in 0..=KEPT_MAX as i64 {
            let form = second.to_string();
            // All within a second, so that time alone removes none.
            let now = Timestamp::from_millisecond(second).unwrap();
            once.make(("me", &form), now, async { Ok::<_, ()>(Made::plain(form.clone())) }).await.unwrap();
        }
        assert_eq!(once.kept.lock().unwrap().len(), KEPT_MAX);
    }
}
