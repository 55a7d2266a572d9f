//! The front door: one binary `reseal`.

fn main() {}
