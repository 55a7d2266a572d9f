//! The service from outside: keys through their lives, and the root of trust.

mod known;
mod life;
mod root;
mod support;
