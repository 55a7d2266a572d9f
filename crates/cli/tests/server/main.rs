//! `reseal serve` as its users meet it: official SDKs with only the endpoint changed, restarts, and the commands around it.

mod commands;
mod completions;
mod import;
mod remote;
mod remote_copy;
mod remote_hostile;
mod remote_refused;
mod restart;
mod running;
mod sdks;
