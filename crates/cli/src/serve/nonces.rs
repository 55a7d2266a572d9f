//! Nonces that were used. Taken in memory at once; kept in the catalog together with the call's record, so that a restart forgets none of
//! an answered call.
//!
//! Of a nonce the first half of a SHA-256 digest is held: two differ with a chance of one in 10^24 even among millions. They are held by
//! the minute in which they expire, so that forgetting a minute costs nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::{Catalog, CatalogError, Timestamp};
use crypto::digest::sha256;

/// Most nonces in memory, 20 to 40 bytes each. 15 minutes at 5,000 requests a second are 4.5 million.
const HELD_MAX: usize = 5_000_000;

/// Nonces that are read from the catalog at a time.
const PAGE: u32 = 1000;

/// The nonces of this process, and once they are loaded those of the processes before it.
#[derive(Default)]
pub(super) struct Nonces {
    held: Mutex<Held>,
    loaded: AtomicBool,
}

#[derive(Default)]
struct Held {
    by_minute: BTreeMap<i64, HashSet<[u8; 16]>>,
    count: usize,
}

/// What became of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Fresh,
    /// Not seen by this process. Another one on the same catalog, or one before a restart, may have seen it: the catalog is to be asked.
    FreshHere,
    Replayed,
    /// Nothing can be remembered any more, so nothing may be let in.
    Full,
}

impl Nonces {
    /// Takes a nonce at `now`; it is held until `expires`.
    pub(super) fn take(&self, access_key_id: &str, nonce: &str, expires: Timestamp, now: Timestamp) -> Taken {
        let name = name(access_key_id, nonce);
        // Before it is taken: the loading passes by what is held already, so a nonce of before that is taken just ahead of it looks fresh.
        let are_loaded = self.loaded.load(Ordering::Acquire);
        let mut held = self.held.lock().expect("no holder of this lock can panic");
        held.forget_until(now);
        match held.take(name, expires) {
            Taken::Fresh if !are_loaded => Taken::FreshHere,
            taken => taken,
        }
    }

    /// Takes what other processes left in `catalog`, which nobody but this process may write from now on. When there is too much of it,
    /// it stays in the catalog alone.
    ///
    /// Errors: those of the catalog; nothing is lost then, the catalog has to be asked on.
    pub(super) async fn load(&self, catalog: &Catalog) -> Result<(), CatalogError> {
        let mut last = None;
        loop {
            let page = catalog.read().nonces_page(last.as_ref(), PAGE).await?;
            for record in &page {
                let mut held = self.held.lock().expect("no holder of this lock can panic");
                if held.take(name(&record.access_key_id, &record.nonce), record.expires_at) == Taken::Full {
                    return Ok(());
                }
            }
            let Some(end) = page.into_iter().next_back() else { break };
            last = Some(end);
        }
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }
}

impl Held {
    fn take(&mut self, name: [u8; 16], expires: Timestamp) -> Taken {
        if self.by_minute.values().any(|minute| minute.contains(&name)) {
            return Taken::Replayed;
        }
        if self.count >= HELD_MAX {
            return Taken::Full;
        }
        self.by_minute.entry(expires.as_second().div_euclid(60)).or_default().insert(name);
        self.count += 1;
        Taken::Fresh
    }

    fn forget_until(&mut self, now: Timestamp) {
        let this_minute = now.as_second().div_euclid(60);
        while let Some(minute) = self.by_minute.first_entry().filter(|minute| *minute.key() < this_minute) {
            self.count -= minute.remove().len();
        }
    }
}

/// With the length of the first part, so that no character can move from one to the other.
fn name(access_key_id: &str, nonce: &str) -> [u8; 16] {
    let text = format!("{}:{access_key_id}{nonce}", access_key_id.len());
    *sha256(text.as_bytes()).first_chunk().expect("a digest has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Shows that a nonce counts for its access key, whatever its expiry, until it is expired.
    #[test]
    fn a_nonce_is_fresh_once_for_each_access_key() {
        let nonces = Nonces { loaded: true.into(), ..Nonces::default() };
        let cases = [
            ("a", "1", 100, 0, Taken::Fresh),
            ("a", "1", 100, 1, Taken::Replayed),
            ("a", "1", 999, 1, Taken::Replayed),
            ("b", "1", 100, 1, Taken::Fresh),
            ("a", "2", 100, 1, Taken::Fresh),
            ("a2", "", 100, 1, Taken::Fresh),
            ("a", "1", 999, 99, Taken::Replayed),
            ("a", "1", 999, 200, Taken::Fresh),
        ];
        for (key, nonce, expires, now, wanted) in cases {
            assert_eq!(nonces.take(key, nonce, at(expires), at(now)), wanted, "{nonce} of {key} at {now}");
        }
    }

    /// Shows that memory is given back.
    #[test]
    fn expired_nonces_are_forgotten() {
        let nonces = Nonces::default();
        for n in 0..1000 {
            nonces.take("a", &n.to_string(), at(10), at(0));
        }
        nonces.take("b", "1", at(200), at(90));
        let held = nonces.held.lock().unwrap();
        assert_eq!((held.count, held.by_minute.len()), (1, 1));
    }

    /// Shows that what an earlier process took is known after loading, beyond one page, and that only then the catalog is not needed.
    #[tokio::test]
    async fn nonces_of_an_earlier_process_are_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(directory.path()).await.unwrap();
        let kept: Vec<_> = (0..2 * PAGE + 5).map(|n| (n.to_string(), at(100))).collect();
        let mut write = catalog.write().await.unwrap();
        write.nonces_take("a", &kept, u32::MAX).await.unwrap();
        write.commit().await.unwrap();
        let nonces = Nonces::default();
        assert_eq!(nonces.take("b", "early", at(100), at(1)), Taken::FreshHere);
        nonces.load(&catalog).await.unwrap();
        assert_eq!(nonces.take("b", "late", at(100), at(1)), Taken::Fresh);
        for (nonce, expires) in kept {
            assert_eq!(nonces.take("a", &nonce, expires, at(1)), Taken::Replayed, "{nonce}");
        }
    }
}
