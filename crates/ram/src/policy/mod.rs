//! Policy documents: text to typed statements and back. Grammar: ram.md 4; key policies: kms.md 7.
//!
//! Parsing is strict. What a policy says must never be less than what its author meant, so an element, operator or key that
//! we would have to ignore is refused, and the message says where it stands.

pub use action::Action;
pub use context::ConditionContext;
pub use error::PolicyError;
pub use identity::{IdentityPolicy, SessionPolicy};
pub use key::KeyPolicy;
pub use statement::Effect;
pub use trust::TrustPolicy;

pub(crate) use key::KeyStatement;
pub(crate) use principal::Naming;
pub(crate) use statement::Statement;
pub(crate) use trust::TrustStatement;

mod action;
mod condition;
mod context;
mod document;
mod error;
mod identity;
mod json;
mod key;
mod node;
mod operator;
mod pattern;
mod principal;
mod resource;
mod statement;
mod trust;
mod value;
