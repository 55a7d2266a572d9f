//! Alone in its file, because it changes a limit of the whole process.

use crypto::{LockStatus, Secret, lock_status};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

/// Where the system forbids locked memory, secrets still work, and the status says what to do.
#[test]
fn secrets_work_without_locked_memory_and_say_so() {
    // The capability of root would lift the limit.
    let mut sets = capabilities(None).expect("a thread may read its capabilities");
    sets.effective -= CapabilitySet::IPC_LOCK;
    set_capabilities(None, sets).expect("a thread may drop a capability");
    setrlimit(Resource::Memlock, Rlimit { current: Some(0), maximum: Some(0) }).expect("limits may be lowered");

    let secret = Secret::copy_of(b"still here");
    assert_eq!(secret.expose(), b"still here");
    let LockStatus::NotLocked { reason } = lock_status() else { panic!("the limit is 0, and memory is locked") };
    assert!(reason.contains("RLIMIT_MEMLOCK"), "{reason}");
}
