//! Images on the wire as their users meet them: the scenarios of the official SDKs, kills and faults in the midst of copies, and the
//! reports (`r01` …) of people who did this elsewhere.

/// What the tests of the server use, too.
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/accounted.rs"]
mod accounted;
#[path = "../server/interpreters.rs"]
mod interpreters;
#[path = "../server/kills.rs"]
mod kills;
#[path = "../server/made.rs"]
mod made;
#[path = "../server/moto.rs"]
mod moto;
#[allow(dead_code, reason = "the tests of the server use more of it")]
#[path = "../server/running.rs"]
mod running;
#[path = "../server/small_disk.rs"]
mod small_disk;
#[path = "../server/throwaway.rs"]
mod throwaway;
#[path = "../server/traced.rs"]
mod traced;

mod caller;
mod contents;
mod dead_server;
mod faults;
mod full_disk;
mod gate;
mod image_life;
mod killed;
mod lab;
mod lives;
mod parts;
mod r01_r02_r12_keys;
mod r03_r13_disks;
mod r05_r07_r08_progress;
mod r06_many_regions;
mod r14_r27_at_once;
mod r15_r25_bytes;
mod remote;
mod seed;
