//! Forms that make something once, however often they are sent. What came of such a form is kept for a moment, for the session that sent it: a
//! browser that sends it twice shows the answer to the second, and without it would lose a secret that is told once. Later a form is only known
//! to have been sent, so that an answer which somebody loads again makes no second thing.
//!
//! It is kept in memory, so a server that was started in between does not know of it, nor does another server on the same catalog.

mod kept;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use catalog::{Clock, Timestamp};
use crypto::Secret;
use tokio::sync::OnceCell;

use kept::{Form, Kept, TOLD};

/// What a form made.
#[derive(Clone)]
pub(crate) struct Made {
    /// Its name or id.
    pub(crate) name: String,
    /// What is told of it once.
    secret: Option<Arc<Secret>>,
}

/// Why a form made nothing now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unmade<E> {
    /// It was refused, and may be sent again.
    Refused(E),
    /// It made something before, which is not told any more.
    SentBefore,
}

impl Made {
    /// Something without a secret.
    pub(crate) fn plain(name: String) -> Self {
        Self { name, secret: None }
    }

    pub(crate) fn with_secret(name: String, secret: &str) -> Self {
        Self { name, secret: Some(Arc::new(Secret::copy_of(secret.as_bytes()))) }
    }

    /// The secret, to be shown.
    pub(crate) fn told(&self) -> std::borrow::Cow<'_, str> {
        self.secret.as_ref().map_or("".into(), |secret| String::from_utf8_lossy(secret.expose()))
    }
}

/// What was made, and what is being made.
#[derive(Default)]
pub(crate) struct Once {
    forms: Arc<Mutex<Forms>>,
}

#[derive(Default)]
struct Forms {
    kept: Kept,
    /// As many as calls are answered at once.
    at_work: BTreeMap<Form, AtWork>,
}

/// A form that somebody is at work for.
#[derive(Default)]
struct AtWork {
    made: Arc<OnceCell<Made>>,
    /// Sendings that wait for it; the last one takes it away.
    turns: usize,
}

impl Once {
    /// Makes it, or answers what an earlier or a concurrent sending of the same form made. `session`: what only the session knows;
    /// `form`: its address, its token and what it says, empty for one without a token. What is refused is not kept: then the form may be sent again.
    pub(crate) async fn make<E>(
        &self,
        (session, form): (&str, &str),
        clock: &dyn Clock,
        make: impl Future<Output = Result<Made, E>>,
    ) -> Result<Made, Unmade<E>> {
        if form.is_empty() {
            return make.await.map_err(Unmade::Refused);
        }
        let turn = match self.begin(Form::of(session, form), clock.now()) {
            Begun::Turn(turn) => turn,
            Begun::Before(told) => return told.ok_or(Unmade::SentBefore),
        };
        let made = turn.made.get_or_try_init(|| make).await.map_err(Unmade::Refused)?;
        turn.keep(made, clock.now());
        Ok(made.clone())
    }

    fn begin(&self, form: Form, now: Timestamp) -> Begun {
        let mut forms = lock(&self.forms);
        forms.kept.forget_old(now);
        if let Some(told) = forms.kept.get(form) {
            return Begun::Before(told.clone());
        }
        let at_work = forms.at_work.entry(form).or_default();
        at_work.turns += 1;
        Begun::Turn(Turn { forms: Arc::clone(&self.forms), form, made: Arc::clone(&at_work.made) })
    }
}

enum Begun {
    Turn(Turn),
    /// What an earlier sending made, while it is told.
    Before(Option<Made>),
}

/// A sending that makes what the form is for, or waits for another one that does.
struct Turn {
    forms: Arc<Mutex<Forms>>,
    form: Form,
    made: Arc<OnceCell<Made>>,
}

impl Turn {
    fn keep(&self, made: &Made, now: Timestamp) {
        if lock(&self.forms).kept.insert(self.form, made, now) {
            tokio::spawn(stop_telling(Arc::downgrade(&self.forms), self.form));
        }
    }
}

impl Drop for Turn {
    /// Also of a sending whose visitor went away.
    fn drop(&mut self) {
        let mut forms = lock(&self.forms);
        if let Some(at_work) = forms.at_work.get_mut(&self.form) {
            at_work.turns -= 1;
            if at_work.turns == 0 {
                forms.at_work.remove(&self.form);
            }
        }
    }
}

/// A secret does not wait in memory for the next form to come.
async fn stop_telling(forms: Weak<Mutex<Forms>>, form: Form) {
    tokio::time::sleep(TOLD).await;
    if let Some(forms) = forms.upgrade() {
        lock(&forms).kept.stop_telling(form);
    }
}

/// Nothing is done under the lock that could panic half way.
fn lock(forms: &Mutex<Forms>) -> MutexGuard<'_, Forms> {
    forms.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use catalog::ManualClock;
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> ManualClock {
        ManualClock::new(Timestamp::from_second(second).unwrap())
    }

    async fn make(
        once: &Once,
        names: (&str, &str),
        second: i64,
        answer: Result<&str, ()>,
    ) -> Result<String, Unmade<()>> {
        let clock = at(second);
        let made = once.make(names, &clock, async { answer.map(|secret| Made::with_secret(String::new(), secret)) });
        made.await.map(|made| made.told().into_owned())
    }

    /// A form makes one thing in its session, and tells it for a minute; without a token and after a refusal it makes another.
    #[tokio::test]
    async fn a_form_makes_one_thing() {
        let once = Once::default();
        let (mine, others) = (("me", "form"), ("you", "form"));
        for (names, second, answer, wanted) in [
            (mine, 0, Err(()), Err(Unmade::Refused(()))),
            (mine, 1, Ok("a"), Ok("a")),
            (mine, 2, Ok("b"), Ok("a")),
            (mine, 60, Err(()), Ok("a")),
            (others, 2, Ok("c"), Ok("c")),
            (("me", "other form"), 2, Ok("d"), Ok("d")),
            (("me", ""), 2, Ok("e"), Ok("e")),
            (("me", ""), 2, Ok("f"), Ok("f")),
            (mine, 61, Ok("g"), Err(Unmade::SentBefore)),
            (mine, 40_000, Ok("h"), Err(Unmade::SentBefore)),
        ] {
            let made = make(&once, names, second, answer).await;
            assert_eq!(made, wanted.map(str::to_owned), "{names:?} at {second}");
        }
    }

    /// The minute begins when the thing is made, however long that takes.
    #[tokio::test]
    async fn it_is_told_from_when_it_was_made() {
        let (once, clock) = (Once::default(), at(0));
        let slow = once.make(("me", "form"), &clock, async {
            clock.advance(SignedDuration::from_secs(300));
            Ok::<_, ()>(Made::plain("slow".to_owned()))
        });
        assert!(slow.await.is_ok());
        clock.advance(SignedDuration::from_secs(59));
        let again = once.make(("me", "form"), &clock, async { Ok::<_, ()>(Made::plain("again".to_owned())) });
        assert_eq!(again.await.map(|made| made.name), Ok("slow".to_owned()));
    }

    /// What is sent while the first is still at work waits for it, makes it if the first was refused, and leaves nothing behind.
    #[tokio::test]
    async fn the_second_waits_for_the_first() {
        for (first_comes_of, wanted) in [(Ok::<(), ()>(()), "first"), (Err(()), "second")] {
            let (once, clock) = (Once::default(), at(0));
            let slow = once.make(("me", "form"), &clock, async {
                tokio::task::yield_now().await;
                first_comes_of.map(|()| Made::plain("first".to_owned()))
            });
            let second = once.make(("me", "form"), &clock, async { Ok::<_, ()>(Made::plain("second".to_owned())) });
            let (first, second) = tokio::join!(slow, second);
            assert_eq!(first.map(drop), first_comes_of.map_err(Unmade::Refused));
            assert_eq!(second.map(|made| made.name), Ok(wanted.to_owned()));
            assert!(lock(&once.forms).at_work.is_empty());
        }
    }

    /// A sending that is given up takes no place.
    #[tokio::test]
    async fn what_is_given_up_is_forgotten() {
        let (once, clock) = (Once::default(), at(0));
        let endless = once.make(("me", "form"), &clock, std::future::pending::<Result<Made, ()>>());
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, endless).await;
        assert!(given_up.is_err() && lock(&once.forms).at_work.is_empty());
        assert_eq!(make(&once, ("me", "form"), 0, Ok("a")).await, Ok("a".to_owned()));
    }

    /// A secret is forgotten in time, also when no other form comes.
    #[tokio::test(start_paused = true)]
    async fn a_secret_is_forgotten_by_itself() {
        let once = Once::default();
        make(&once, ("me", "form"), 0, Ok("secret")).await.unwrap();
        let is_told = || lock(&once.forms).kept.get(Form::of("me", "form")).is_some_and(Option::is_some);
        tokio::time::sleep(TOLD / 2).await;
        assert!(is_told());
        tokio::time::sleep(TOLD).await;
        assert!(!is_told());
    }
}
