//! `reseal serve` as its users meet it: official SDKs with only the endpoint changed, restarts, and the commands around it.

mod accounted;
mod accounts;
mod billing;
mod buckets;
mod caller;
mod commands;
mod completions;
mod full_disk;
mod images_beside;
mod images_cli;
mod import;
mod interpreters;
mod killed;
mod killed_root;
mod kills;
#[allow(dead_code, reason = "the tests of images use more of it")]
mod made;
#[allow(dead_code, reason = "the tests of images use more of it")]
mod moto;
mod postgres;
mod remote;
mod remote_copy;
mod remote_hostile;
mod remote_refused;
mod root_changed;
mod running;
mod sdks;
mod shutdown;
mod small_disk;
#[allow(dead_code, reason = "the tests of images use more of it")]
mod throwaway;
mod traced;
mod uploads;
mod witness;
