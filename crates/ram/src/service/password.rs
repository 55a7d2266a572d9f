//! What a password must be like, and the work of comparing one, which is bounded.

use std::fmt;
use std::sync::Arc;

use crypto::{CryptoError, Random, Secret, password};
use tokio::sync::Semaphore;

use super::error::{RamError, Result};

/// Fewest and most characters. The shortest is the default of SetPasswordPolicy; the longest is ours, and bounds what is hashed.
const CHARS: std::ops::RangeInclusive<usize> = 8..=128;

/// How many of the four kinds of characters there must be.
const KINDS_MIN: usize = 3;

/// Passwords that are hashed at once: each takes 19 MiB and one core.
const AT_ONCE: usize = 2;

/// Passwords that are hashed or wait for it; more are refused, so that a flood of them takes neither memory nor time without bounds.
const WAITING_MAX: usize = 64;

/// Which parameter of the API a password came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordField {
    /// `Password`.
    Password,
    /// `NewPassword`.
    NewPassword,
}

/// Why a password is too weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordFault {
    /// Too short or too long.
    Length,
    /// A character beyond printable ASCII, which keyboards and systems write in more than one way.
    Characters,
    /// Too few kinds of characters.
    Kinds,
}

impl fmt::Display for PasswordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "it must have {} to {} characters", CHARS.start(), CHARS.end()),
            Self::Characters => f.write_str("it must have printable ASCII characters only"),
            Self::Kinds => f.write_str("it must have three of: lower case, upper case, digits, other characters"),
        }
    }
}

/// Refuses a new password that is too weak.
pub(super) fn check(password: &Secret, field: PasswordField) -> Result<()> {
    fault(password.expose()).map_or(Ok(()), |fault| Err(RamError::WeakPassword { field, fault }))
}

fn fault(password: &[u8]) -> Option<PasswordFault> {
    if !password.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Some(PasswordFault::Characters);
    }
    if !CHARS.contains(&password.len()) {
        return Some(PasswordFault::Length);
    }
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |byte| !byte.is_ascii_alphanumeric()];
    let found = kinds.into_iter().filter(|kind| password.iter().any(kind)).count();
    (found < KINDS_MIN).then_some(PasswordFault::Kinds)
}

/// Where passwords are hashed: a few at once, off the threads that answer requests.
pub(super) struct Hashing {
    waiting: Semaphore,
    places: Arc<Semaphore>,
}

impl Hashing {
    pub(super) fn new() -> Self {
        Self { waiting: Semaphore::new(WAITING_MAX), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The text to store for a password.
    ///
    /// Errors: `Busy`, `PasswordUnchecked`.
    pub(super) async fn hash(&self, password: &Secret, random: &Arc<dyn Random>) -> Result<String> {
        let (password, random) = (password.duplicate(), Arc::clone(random));
        self.run(move || password::hash(&password, &*random)).await
    }

    /// Whether a password is the one that is stored, in the same time where none is.
    ///
    /// Errors: `Busy`, `PasswordUnchecked`.
    pub(super) async fn matches(&self, password: &Secret, stored: Option<String>) -> Result<bool> {
        let password = password.duplicate();
        self.run(move || password::matches(&password, stored.as_deref())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, CryptoError> + Send + 'static,
    ) -> Result<T> {
        let _waiting = self.waiting.try_acquire().map_err(|_| RamError::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| RamError::Busy)?;
        // The place goes with the work, which goes on when whoever asked for it goes away.
        let working = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(place);
            outcome
        });
        // It is not begun any more when the process ends.
        working.await.map_err(|_| RamError::Busy)?.map_err(RamError::PasswordUnchecked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule: 8 to 128 printable characters, three of four kinds.
    #[test]
    fn weak_passwords_are_named() {
        use PasswordFault::{Characters, Kinds, Length};
        let long = format!("Aa1{}", "x".repeat(126));
        let cases: [(&str, Option<PasswordFault>); 12] = [
            ("Abcdefg1", None),
            ("abcdef-1", None),
            ("ABCDEF 1", None),
            ("Abcdef-x", None),
            (&long[..128], None),
            ("Abcdef1", Some(Length)),
            (&long, Some(Length)),
            ("", Some(Length)),
            ("abcdefgh", Some(Kinds)),
            ("abcdefg1", Some(Kinds)),
            ("Passwörd-1", Some(Characters)),
            ("Abcdefg\n1", Some(Characters)),
        ];
        for (password, wanted) in cases {
            assert_eq!(fault(password.as_bytes()), wanted, "{password}");
        }
    }

    /// Who comes when many wait already is refused rather than kept.
    #[tokio::test]
    async fn a_flood_is_refused() {
        let hashing = Hashing::new();
        let _waiting = hashing.waiting.acquire_many(WAITING_MAX as u32).await.unwrap();
        let outcome = hashing.matches(&Secret::copy_of(b"x"), None).await;
        assert!(matches!(outcome, Err(RamError::Busy)));
    }
}
