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

mod commands;
mod debian;
mod lab;
mod packer;
mod sdk;
mod secrets;
