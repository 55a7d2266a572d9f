//! A root key in a PKCS#11 token, which it never leaves: the token itself wraps and unwraps.
//!
//! ```text
//! Module   the vendor's library, loaded once a process        C_Initialize, C_Finalize
//!   Token  one token in it: login, keys by label, sessions    PIN read from its file at each login
//!     TokenKey  AES-256, sensitive, not extractable           seal, open
//! ```
//! A sealed value: byte 0x10, the IV of 12 bytes, AES-GCM ciphertext and tag. The context is associated data. The IV is random, as the
//! token has no derivation that we could rely on; NIST SP 800-38D allows 2^32 values a key then, far beyond the keys of a catalog.
//!
//! Loading a module runs its code in this process. `cryptoki` offers that as a safe call; it is as safe as the module. So its path
//! comes from the operator only, by arguments or by `root.place`, never from the catalog.

mod failure;
mod key;
mod module;
mod pool;
mod session;
mod uri;

pub use uri::TokenUriError;

pub(super) use key::{IV_BYTES, TokenKey};

use std::fmt;
use std::path::PathBuf;

/// Where a root key is in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlace {
    /// The vendor's PKCS#11 library, as an absolute path.
    pub module: PathBuf,
    /// Which token.
    pub token: TokenName,
    /// File with the user PIN, for its owner only; one line feed at its end does not count.
    pub pin_file: PathBuf,
    /// `CKA_LABEL` of the key. Several keys may bear it after a rotation; the catalog tells which of them is in use.
    pub key_label: String,
}

/// How a token is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenName {
    /// By its label, which must be the only one.
    Label(String),
    /// By the number of its slot.
    Slot(u64),
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "`{label}`"),
            Self::Slot(slot) => write!(f, "in slot {slot}"),
        }
    }
}

impl fmt::Display for TokenPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key `{}` in token {} of {}", self.key_label, self.token, self.module.display())
    }
}
