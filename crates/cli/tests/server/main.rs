//! `reseal serve` as its users meet it: official SDKs with only the endpoint changed, restarts, and the commands around it.

mod accounted;
mod commands;
mod full_disk;
mod killed;
mod running;
mod sdks;
mod shutdown;
mod traced;
mod witness;
