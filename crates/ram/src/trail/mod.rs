//! Who did what: the audit, chained by hashes.
//!
//! ```text
//! record n    hash(n) = SHA-256("reseal audit 1" ‖ hash(n-1) ‖ n ‖ time ‖ every text with its length)
//! seal        MAC over the last number and hash, replaced with every record: a chain that was cut at its end does not fit it
//! checkpoint  Ed25519 signature over number, hash and time, now and then: for whoever has the public key and nothing else
//! ```
//!
//! Any record that is changed, removed or put between breaks the chain behind it. Records cut off at the end are missed by the seal, whose
//! key is under the root key. What nothing inside the catalog can show is a whole catalog put back from an old copy: for that,
//! keep the number and hash that `verify` prints, and give them to a later `verify`.

pub use chain::{Entry, Head};
pub use ledger::{Ledger, LedgerError, Nonce};
pub use verify::{Broken, Verified, verify, verify_part};

mod chain;
mod ledger;
mod verify;
