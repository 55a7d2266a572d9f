//! The console as people see it: Chromium at a real server, driven by the scripts in `judges`. In all of them it is watched that no request
//! leaves the host, that no page runs what it should show, and that each says to the browser what it must.

#[allow(unreachable_pub, clippy::unwrap_used, reason = "tests of other crates use it as well")]
#[path = "../../../ecs/tests/guest/mod.rs"]
mod guest;
/// What the tests of instances and of the server use, too.
#[allow(dead_code, reason = "the tests of instances use more of it")]
#[path = "../clients/lab.rs"]
mod lab;
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/running.rs"]
mod running;
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/traced.rs"]
mod traced;

mod attacks;
mod browser;
mod first_time;
mod limits;
mod long_list;
mod pages;
mod restart;
