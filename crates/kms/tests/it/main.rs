//! The service from outside: keys through their lives, and the root of trust.

mod home;
mod life;
mod root;
mod root_change;
mod support;
