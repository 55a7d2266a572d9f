//! Keeps keys out of core dumps and away from other processes of the same user.

use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// Forbids core dumps and tracing of this process. Best effort: a system that
/// refuses is no less safe than before, and a copy must not fail for it.
pub(crate) fn forbid_dumps() {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(Resource::Core, none);
}
