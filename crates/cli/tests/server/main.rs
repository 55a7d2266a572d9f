//! `reseal serve` as its users meet it: official SDKs with only the endpoint changed, restarts, and the commands around it.

mod commands;
mod restart;
mod running;
mod sdks;
