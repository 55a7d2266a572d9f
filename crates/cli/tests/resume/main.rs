//! A copy is finished or not there: interrupted, killed at any system call, with a full or failing disk, or beside
//! another copy. What a killed copy had done is not done again.

#[path = "../fixture/mod.rs"]
mod fixture;
#[path = "../support/mod.rs"]
mod support;

mod faults;
mod interrupted;
mod killed;
mod leftovers;
mod targets;
