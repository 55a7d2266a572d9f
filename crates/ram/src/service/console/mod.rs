//! People in front of the web console: signing in, sessions, signing out.
//!
//! ```text
//!   access key, or password ── sign_in ──▶ token ── session, for each request ──▶ Authenticated ── authorize ──▶ Permit
//!                                  │                     │
//!                          attempts, audit        remembered for a moment
//! ```
//!
//! The catalog has a digest of the token and nothing else of it. A session is a row there: who removes a password or an access key removes
//! the rows that it opened in the same change, so nothing is compared later.

pub(super) use attempts::{Attempts, Subject, TooManyAttempts};
pub(super) use session::KnownSession;
pub use session::{ConsoleSession, SessionError, SessionUse};
pub use sign_in::{SignIn, SignInError};
pub use token::SessionToken;

mod attempts;
mod session;
mod sign_in;
mod token;
mod trail;
