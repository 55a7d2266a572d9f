//! Memory for secrets: locked, left out of core dumps, wiped when it is returned.
//!
//! ```text
//!   arena   chunks of 4096 bytes = 64 cells of 64 bytes, one bit a cell
//!           a secret of up to 4096 bytes takes consecutive cells of one chunk
//!   own     larger secrets get a mapping of their own
//! ```
//!
//! Cells rather than a page a secret: a container may lock as little as 64 KiB, which is
//! 16 pages but 1,024 cells. Chunks are never unmapped: a process holds few secrets at
//! once, and a kept chunk makes the next secret free of system calls.
#![expect(unsafe_code, reason = "mmap, mlock and madvise work on addresses; see the invariants at `LockedBytes`")]

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munmap};
use zeroize::Zeroize;

/// Bytes of a cell: an AES-256-XTS key, the largest of the usual secrets.
const CELL_BYTES: usize = 64;

/// Bytes of a chunk: as many cells as a `u64` has bits; one page on most machines.
const CHUNK_BYTES: usize = CELL_BYTES * 64;

/// Whether the operating system keeps secrets out of swap and dumps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockStatus {
    /// All secrets so far are locked in memory and left out of core dumps.
    Locked,
    /// Some secret is in ordinary memory. It is still wiped when it is no longer needed.
    NotLocked {
        /// What the system refused and what to do about it, one sentence.
        reason: String,
    },
}

/// Tells whether secrets are locked; locks a first chunk if there is none yet.
#[must_use]
pub fn lock_status() -> LockStatus {
    let mut arena = arena();
    if arena.chunks.is_empty() {
        arena.grow();
    }
    match &arena.refusal {
        None => LockStatus::Locked,
        Some(reason) => LockStatus::NotLocked { reason: reason.clone() },
    }
}

/// Bytes owned by exactly one value, zero when handed out, wiped when dropped.
///
/// Invariants that the unsafe code rests on:
/// 1. `ptr` is valid for reads and writes of `len` bytes for the life of the value: chunks are
///    never unmapped, and a mapping of its own is unmapped only by this value's `drop`.
/// 2. No two live values overlap: the cells' bits are taken and given back under the arena's lock.
/// 3. All bytes are initialised: anonymous mappings start as zeros, and `drop` leaves zeros.
pub(crate) struct LockedBytes {
    ptr: NonNull<u8>,
    len: usize,
    home: Home,
}

enum Home {
    /// Cells of the chunk with this index; `mask` has their bits.
    Cells { chunk: usize, mask: u64 },
    /// A mapping of its own.
    Own,
}

// SAFETY: a `LockedBytes` owns its bytes (invariant 2), like a `Box<[u8]>`.
unsafe impl Send for LockedBytes {}
// SAFETY: shared references only read.
unsafe impl Sync for LockedBytes {}

impl LockedBytes {
    /// `len` zero bytes. Aborts as any allocation does when there is no memory.
    pub(crate) fn zeroed(len: usize) -> Self {
        let mut arena = arena();
        if len > CHUNK_BYTES {
            return Self { ptr: arena.map(len), len, home: Home::Own };
        }
        let (chunk, shift, mask) = arena.take(len.div_ceil(CELL_BYTES).max(1));
        let base = arena.chunks.get(chunk).expect("the chunk that cells were just taken from").base;
        // SAFETY: `take` returns cells inside the chunk, so the offset stays inside its mapping.
        let ptr = unsafe { base.add(CELL_BYTES.wrapping_mul(shift as usize)) };
        Self { ptr, len, home: Home::Cells { chunk, mask } }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: invariants 1 and 3; the lifetime is tied to `self`.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: invariants 1, 2 and 3; `&mut self` makes the borrow exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}

impl Drop for LockedBytes {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        match self.home {
            Home::Cells { chunk, mask } => {
                if let Some(chunk) = arena().chunks.get_mut(chunk) {
                    chunk.taken &= !mask;
                }
            }
            // SAFETY: invariant 1; nothing borrows the bytes any more. A failure leaks zeros.
            Home::Own => drop(unsafe { munmap(self.ptr.as_ptr().cast::<c_void>(), self.len) }),
        }
    }
}

struct Chunk {
    base: NonNull<u8>,
    taken: u64,
}

struct Arena {
    chunks: Vec<Chunk>,
    refusal: Option<String>,
}

// SAFETY: the pointers are addresses of mappings that belong to the process, not to a thread.
unsafe impl Send for Arena {}

static ARENA: Mutex<Arena> = Mutex::new(Arena { chunks: Vec::new(), refusal: None });

fn arena() -> MutexGuard<'static, Arena> {
    // Every update is a single store, so a panicking holder leaves nothing half done.
    ARENA.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Arena {
    /// Takes `cells` (1..=64) consecutive cells: chunk index, first cell, their bits.
    fn take(&mut self, cells: usize) -> (usize, u32, u64) {
        let run = u64::MAX.checked_shr(64_u32.saturating_sub(cells as u32)).unwrap_or(0);
        for (index, chunk) in self.chunks.iter_mut().enumerate() {
            for shift in 0..=run.leading_zeros() {
                let mask = run << shift;
                if chunk.taken & mask == 0 {
                    chunk.taken |= mask;
                    return (index, shift, mask);
                }
            }
        }
        let index = self.chunks.len();
        self.grow().taken = run;
        (index, 0, run)
    }

    fn grow(&mut self) -> &mut Chunk {
        let base = self.map(CHUNK_BYTES);
        self.chunks.push(Chunk { base, taken: 0 });
        self.chunks.last_mut().expect("a chunk was just pushed")
    }

    /// Maps `len` zero bytes, and locks them if the system lets us.
    fn map(&mut self, len: usize) -> NonNull<u8> {
        // SAFETY: a new anonymous private mapping overlaps nothing; the two calls below get exactly
        // this mapping and change neither its address nor its contents.
        unsafe {
            let mapped = mmap_anonymous(ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
            let Some(base) = mapped.ok().and_then(NonNull::new) else {
                std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; CHUNK_BYTES]>())
            };
            if let Err(error) = mlock(base.as_ptr(), len) {
                self.refusal.get_or_insert_with(|| {
                    format!("the system refused to lock memory ({error}); raise RLIMIT_MEMLOCK (`ulimit -l`) or grant CAP_IPC_LOCK")
                });
            }
            if let Err(error) = madvise(base.as_ptr(), len, Advice::LinuxDontDump) {
                self.refusal.get_or_insert_with(|| {
                    format!("the system refused to leave secrets out of core dumps ({error}); set RLIMIT_CORE to 0 (`ulimit -c 0`)")
                });
            }
            base.cast()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Live values never share a byte, whatever their sizes; freed cells come back as zeros.
    #[test]
    fn live_secrets_never_overlap_and_come_back_zero() {
        let sizes = [0, 1, 63, 64, 65, 128, 1000, 4096, 4097, 300_000, 7];
        let mut live: Vec<LockedBytes> = Vec::new();
        for round in 0..40_u8 {
            for (i, &size) in sizes.iter().enumerate() {
                let mut bytes = LockedBytes::zeroed(size);
                assert!(bytes.bytes().iter().all(|&b| b == 0), "a fresh value is zero");
                bytes.bytes_mut().fill(round ^ i as u8 ^ 0x5a);
                live.push(bytes);
            }
            if round % 3 == 0 {
                let mut keep = false;
                live.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
            let mut spans: Vec<(usize, usize)> =
                live.iter().map(|b| (b.ptr.as_ptr() as usize, b.len)).filter(|&(_, len)| len > 0).collect();
            spans.sort_unstable();
            assert!(spans.windows(2).all(|w| w[0].0 + w[0].1 <= w[1].0), "spans overlap");
        }
    }

    /// Many threads create and drop secrets at once and each sees only its own bytes.
    #[test]
    fn threads_see_only_their_own_bytes() {
        std::thread::scope(|scope| {
            for id in 1..=4_u8 {
                scope.spawn(move || {
                    for len in (0..2000).map(|i| i % 200) {
                        let mut bytes = LockedBytes::zeroed(len);
                        bytes.bytes_mut().fill(id);
                        std::thread::yield_now();
                        assert!(bytes.bytes().iter().all(|&b| b == id));
                    }
                });
            }
        });
    }
}
