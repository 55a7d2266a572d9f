//! What forms made, while it is remembered. All of it is bounded, for each session and in all: one session does not take the places of others.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::Timestamp;
use crypto::digest::sha256;

use super::Made;

/// How long it is told what a form made. A browser that sends a form twice does so within seconds.
pub(super) const TOLD: Duration = Duration::from_secs(60);

/// How long it is known that a form was sent. No session is longer.
const KNOWN: Duration = Duration::from_secs(12 * 60 * 60);

/// Forms that are known at once, of a session and in all.
const FORMS_MAX: [usize; 2] = [256, 4096];

/// Secrets that are kept at once, of a session and in all. Private keys lie in locked memory, of which an unprivileged process may have
/// 64 KiB in all.
const SECRETS_MAX: [usize; 2] = [6, 24];

/// A form of a session, by digests: what stands in it is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    session: [u8; 32],
    form: [u8; 32],
}

impl Form {
    pub(super) fn of(session: &str, form: &str) -> Self {
        Self { session: sha256(session.as_bytes()), form: sha256(form.as_bytes()) }
    }
}

/// What forms made.
#[derive(Default)]
pub(super) struct Kept(BTreeMap<Form, Sent>);

/// A form that made something.
struct Sent {
    /// When it was made.
    since: Timestamp,
    /// What; none once it is not told any more.
    told: Option<Made>,
}

impl Sent {
    fn has_secret(&self) -> bool {
        self.told.as_ref().is_some_and(|made| made.secret.is_some())
    }
}

impl Kept {
    /// Whether the form made something, and what, while it is told.
    pub(super) fn get(&self, form: Form) -> Option<&Option<Made>> {
        self.0.get(&form).map(|sent| &sent.told)
    }

    /// Keeps what a form made at `now`; the oldest goes for it where there is no room. False if it is kept already.
    pub(super) fn insert(&mut self, form: Form, made: &Made, now: Timestamp) -> bool {
        if self.0.contains_key(&form) {
            return false;
        }
        self.0.insert(form, Sent { since: now, told: Some(made.clone()) });
        let [of_session, in_all] = [Some(form.session), None];
        for (whose, max) in [of_session, in_all].into_iter().zip(FORMS_MAX) {
            if let Some(oldest) = self.one_too_many(max, whose, |_| true) {
                self.0.remove(&oldest);
            }
        }
        for (whose, max) in [of_session, in_all].into_iter().zip(SECRETS_MAX) {
            if let Some(oldest) = self.one_too_many(max, whose, Sent::has_secret) {
                self.stop_telling(oldest);
            }
        }
        true
    }

    /// From now on it is only known that it was sent.
    pub(super) fn stop_telling(&mut self, form: Form) {
        if let Some(sent) = self.0.get_mut(&form) {
            sent.told = None;
        }
    }

    pub(super) fn forget_old(&mut self, now: Timestamp) {
        let age = |sent: &Sent| now.duration_since(sent.since).unsigned_abs();
        self.0.retain(|_, sent| age(sent) < KNOWN);
        for sent in self.0.values_mut().filter(|sent| age(sent) >= TOLD) {
            sent.told = None;
        }
    }

    /// The oldest of those that count, of a session or of all, if there are more than `max`.
    fn one_too_many(&self, max: usize, session: Option<[u8; 32]>, counts: impl Fn(&Sent) -> bool) -> Option<Form> {
        let is_of = |form: &Form| session.is_none_or(|session| form.session == session);
        let counted = || self.0.iter().filter(|(form, sent)| is_of(form) && counts(sent));
        let oldest = counted().min_by_key(|(_, sent)| sent.since).map(|(form, _)| *form);
        oldest.filter(|_| counted().count() > max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps `count` things of a session, a millisecond apart, so that time alone removes none.
    fn keep(kept: &mut Kept, session: &str, count: usize, made: &Made) {
        for number in 0..count {
            let at = Timestamp::from_millisecond(i64::try_from(number).unwrap()).unwrap();
            assert!(kept.insert(Form::of(session, &number.to_string()), made, at));
        }
    }

    /// However many forms a session sends, a bounded number of its own is known, the newest; those of others stay.
    #[test]
    fn a_session_has_its_own_places() {
        let (mut kept, plain) = (Kept::default(), Made::plain(String::new()));
        keep(&mut kept, "you", 1, &plain);
        keep(&mut kept, "me", FORMS_MAX[0] + 1, &plain);
        let is_known = |session, number: usize| kept.get(Form::of(session, &number.to_string())).is_some();
        assert!(is_known("you", 0) && !is_known("me", 0) && is_known("me", 1) && is_known("me", FORMS_MAX[0]));
    }

    /// However many sessions there are, a bounded number is known.
    #[test]
    fn all_sessions_have_a_bounded_number() {
        let (mut kept, plain) = (Kept::default(), Made::plain(String::new()));
        for number in 0..FORMS_MAX[1] {
            let since = Timestamp::from_millisecond(i64::try_from(number).unwrap()).unwrap();
            kept.0.insert(Form::of(&number.to_string(), "form"), Sent { since, told: None });
        }
        assert!(kept.insert(Form::of("me", "form"), &plain, Timestamp::from_second(60).unwrap()));
        let is_known = |session| kept.get(Form::of(session, "form")).is_some();
        assert!(kept.0.len() == FORMS_MAX[1] && is_known("me") && !is_known("0") && is_known("1"));
    }

    /// Of more secrets than there is room for the oldest are not told any more, and their forms are known all the same.
    #[test]
    fn secrets_go_before_forms() {
        let (mut kept, secret) = (Kept::default(), Made::with_secret(String::new(), "s"));
        for session in 0..=SECRETS_MAX[1] / SECRETS_MAX[0] {
            keep(&mut kept, &session.to_string(), SECRETS_MAX[0] + 1, &secret);
        }
        assert_eq!(kept.0.values().filter(|sent| sent.has_secret()).count(), SECRETS_MAX[1]);
        assert!(kept.get(Form::of("0", "0")).is_some_and(Option::is_none));
        assert!(kept.get(Form::of("4", "6")).is_some_and(Option::is_some));
    }
}
