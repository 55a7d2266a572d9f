//! What a computation leaves on the stack of its thread.
//!
//! A compiler that runs out of registers puts round keys there, and no value's `drop` knows of it. Stacks of threads that ended are kept for
//! others, so it would lie there until somebody needs as much of the stack.

use zeroize::Zeroize;

/// Sectors and digests take some 10 KiB, without optimisation.
const WIPED_WORDS: usize = (64 << 10) / size_of::<u64>();

/// Runs `work`, and wipes 64 KiB of the stack that it ran on. Where it panics nothing is wiped.
pub fn leaving_no_trace<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    wipe();
    done
}

/// Has frames of its own, below those of the caller, as [`wipe`] has.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn wipe() {
    [0_u64; WIPED_WORDS].zeroize();
}
