//! The service from outside: keys through their lives, and the root of trust.

#![expect(
    clippy::unwrap_used,
    reason = "what the stories share is called by tests, so the exception for tests does not see it"
)]

mod aliases;
mod asymmetric;
mod billing;
mod calls;
mod crowds;
mod data_keys;
mod deletion;
mod export;
mod filters;
mod home;
mod import;
mod import_expiry;
mod key_policy;
mod known;
mod life;
mod limits;
mod openssl;
mod permits;
mod re_encrypt;
mod root;
mod root_change;
mod root_follow;
mod rotation;
mod states;
mod support;
mod tags;
mod usage;
