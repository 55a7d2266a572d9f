//! How many requests bring bytes of uploads at once: each holds a file open and makes the disk busy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Requests of all accounts together.
const AT_ONCE: usize = 32;

/// Requests of one account: it cannot keep the others out.
const OF_ACCOUNT: usize = 8;

/// Who is sending.
#[derive(Default)]
pub(crate) struct UploadSlots {
    /// Number of requests of each account that has any.
    taken: Mutex<BTreeMap<String, usize>>,
}

/// The right to send, until it is dropped.
pub(super) struct UploadSlot {
    slots: Arc<UploadSlots>,
    account: String,
}

impl UploadSlots {
    /// A slot for a request of `account`; `None` when there are too many.
    pub(super) fn take(self: &Arc<Self>, account: &str) -> Option<UploadSlot> {
        let mut taken = self.taken();
        let all: usize = taken.values().sum();
        let of_account = taken.get(account).copied().unwrap_or(0);
        if all >= AT_ONCE || of_account >= OF_ACCOUNT {
            return None;
        }
        taken.insert(account.to_owned(), of_account + 1);
        Some(UploadSlot { slots: Arc::clone(self), account: account.to_owned() })
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.taken.lock().expect("no holder of this lock can panic")
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        match taken.get_mut(&self.account) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                taken.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account takes its share and no more, the accounts together take all, and what is given back can be taken again.
    #[test]
    fn no_account_takes_all() {
        let slots = Arc::<UploadSlots>::default();
        let mut held: Vec<_> = (0..OF_ACCOUNT).map(|_| slots.take("a").unwrap()).collect();
        assert!(slots.take("a").is_none());
        for account in ["b", "c", "d"] {
            held.extend((0..OF_ACCOUNT).map(|_| slots.take(account).unwrap()));
        }
        assert_eq!(held.len(), AT_ONCE);
        assert!(slots.take("e").is_none());
        held.remove(0);
        let again = slots.take("a").unwrap();
        assert!(slots.take("a").is_none());
        drop((held, again));
        assert!(slots.taken().is_empty());
    }
}
