//! Stock tools judge what `reseal copy` makes: qemu-img (of today and of Debian 12), cryptsetup and nbdkit read every format
//! that is written, from every kind of source, with its key and not without.

#[path = "../support/mod.rs"]
mod support;

mod foreign;
mod locks;
mod luks;
mod old_qemu;
mod pairs;
mod random;
mod sources;
mod writers;
