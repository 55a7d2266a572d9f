//! What an account has to pay, and whether it still may spend. Source: `../shared/api/billing.md`.
//!
//! ```text
//! meters ──────────┐
//! days of keys ────┴─ PriceRule ── Bill ── more than the balance? ── InDebt
//! ```
//!
//! Nothing runs daily and no money is moved: a bill follows from what the catalog keeps, for any month, at any time.

pub use month::{InvalidMonth, Month};
pub use rule::{Bill, CALLS_PER_PRICE, FreeFor, KeyUnit, PRICE_RULES, PriceRule};
pub use usage::Usage;

pub(crate) use debts::Debts;
pub(crate) use rule::IN_DEBT;

mod debts;
mod month;
mod rule;
mod usage;
