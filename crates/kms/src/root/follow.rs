//! How a service goes over to a root key that another process has put in force.
//!
//! The catalog's check value is another one then. The new key is looked for where the old one is, which serves after a rotation; and
//! where the file `root.place` says, which serves after a move. Whatever is found counts only when the check value belongs to it.
//!
//! One call looks, the others wait for it: to look may cost a derivation from a passphrase, twice 0.1 s, or the patience of a token.
//! After a failure nobody looks for a second, so that many calls do not do together what one does; then it is tried again, and the
//! service heals by itself when the place is put right.

use catalog::{Read, Timestamp};
use tokio::sync::Mutex;

use super::error::{RootError, RootResult};
use super::find::find;
use super::in_use::Root;
use super::key::RootKey;
use super::source::RootSource;
use super::{check_value, place};
use crate::error::Result;

/// So long after a failure the key is not looked for, milliseconds.
const PAUSE_MS: i64 = 1000;

/// Has one call look at a time.
pub(super) type Following = Mutex<Option<Refused>>;

/// A root key that was looked for in vain.
pub(super) struct Refused {
    check: Vec<u8>,
    at: Timestamp,
    why: String,
}

impl Root {
    /// Looks whether the root key was changed, by another process too, and goes over to the new one. `false` when it was not.
    ///
    /// Errors: `Root`, when the new one cannot be used; `Catalog`.
    pub(crate) async fn follow(&self, read: &mut Read<'_>, now: Timestamp) -> Result<bool> {
        let Some(mut check) = self.new_check(read).await? else { return Ok(false) };
        let mut refused = self.following.lock().await;
        loop {
            // Another call went over while this one waited.
            if check == self.in_use().check {
                return Ok(true);
            }
            if let Some(refused) = refused.as_ref().filter(|refused| refused.counts(&check, now)) {
                return Err(RootError::Moved { why: refused.why.clone() }.into());
            }
            let error = match self.find_anywhere(&check).await {
                Ok((source, key)) => {
                    *refused = None;
                    self.change(source, key, check);
                    return Ok(true);
                }
                Err(error) => error,
            };
            // It is not found when it was changed once more meanwhile.
            match self.new_check(read).await? {
                Some(newer) if newer != check => check = newer,
                _ => {
                    let why = error.whole_text();
                    *refused = Some(Refused { check, at: now, why: why.clone() });
                    return Err(RootError::Moved { why }.into());
                }
            }
        }
    }

    /// The check value of the catalog, if it is not that of the key in use.
    async fn new_check(&self, read: &mut Read<'_>) -> Result<Option<Vec<u8>>> {
        let check = check_value(read).await?;
        Ok(check.filter(|check| *check != self.in_use().check))
    }

    async fn find_anywhere(&self, check: &[u8]) -> RootResult<(RootSource, RootKey)> {
        let here = self.source();
        let refusal = match find(&here, &self.data_dir, check).await {
            Ok(key) => return Ok((here, key)),
            Err(refusal) => refusal,
        };
        match place::read(&self.data_dir)? {
            Some(there) if there != here => Ok((there.clone(), find(&there, &self.data_dir, check).await?)),
            _ => Err(refusal),
        }
    }
}

impl Refused {
    fn counts(&self, check: &[u8], now: Timestamp) -> bool {
        let age_ms = now.as_millisecond() - self.at.as_millisecond();
        self.check == check && (0..PAUSE_MS).contains(&age_ms)
    }
}
