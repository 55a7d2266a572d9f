//! Instances as their users' clients see them: the official SDK, Packer, and `reseal instance`. The machines are real.

#[allow(unreachable_pub, clippy::unwrap_used, reason = "tests of other crates use it as well")]
#[path = "../../../ecs/tests/guest/mod.rs"]
mod guest;
/// What the tests of the server use, too.
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/interpreters.rs"]
mod interpreters;
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/running.rs"]
mod running;

/// What the tests of images use, too.
#[allow(dead_code, reason = "the tests of images use more of it")]
#[path = "../images/caller.rs"]
mod caller;
#[path = "../server/kills.rs"]
mod kills;
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/traced.rs"]
mod traced;

mod commands;
mod debian;
mod killed;
mod kinds;
mod lab;
mod lives;
mod packer;
mod sdk;
mod secrets;
