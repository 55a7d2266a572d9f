//! From policies and a request to a [`Permit`] or a [`Denial`]. Source: ram.md 5.
//!
//! ```text
//!   session policy ── must allow, if there is one ──┐
//!   identity policies (root: everything) ───────────┼─ a Deny anywhere wins; own resources need one Allow,
//!   key policy (keys only) ─────────────────────────┘  those of another account need both
//!
//!   AssumeRole: identity policies and the role's trust policy must both allow
//! ```

pub use decision::{Decision, PolicyType, StatementRef, Verdict};
pub use denial::{Denial, DenialKind};
pub use permit::{Permit, authorize, authorize_assume_role};
pub use request::{Ask, AttachedPolicy, PolicySet};
pub use stages::decide;

mod decision;
mod denial;
mod permit;
mod request;
mod stages;
