//! The access key in the environment, taken out of it.
//!
//! Invariant of the `unsafe` here: [`take_access_key`] is the first that `main` does, so there is no other thread that could read the
//! environment while it changes.

use std::os::unix::ffi::OsStringExt as _;

use crypto::Secret;
use zeroize::Zeroizing;

/// What the environment says of the access key.
pub(crate) struct EnvironmentKey {
    /// `RESEAL_ACCESS_KEY_ID`.
    pub(crate) id: Option<String>,
    /// `RESEAL_ACCESS_KEY_SECRET`.
    pub(crate) secret: Option<Secret>,
    /// `RESEAL_SECURITY_TOKEN`, of a session.
    pub(crate) security_token: Option<Secret>,
}

/// Moves the access key into locked memory. From then on no process that is started here inherits it.
///
/// To be called while this is the only thread.
pub(crate) fn take_access_key() -> EnvironmentKey {
    let id = std::env::var("RESEAL_ACCESS_KEY_ID").ok().filter(|id| !id.is_empty());
    EnvironmentKey { id, secret: take("RESEAL_ACCESS_KEY_SECRET"), security_token: take("RESEAL_SECURITY_TOKEN") }
}

fn take(name: &str) -> Option<Secret> {
    let value = Zeroizing::new(std::env::var_os(name)?.into_vec());
    // SAFETY: this is the only thread, see the module.
    unsafe { std::env::remove_var(name) };
    (!value.is_empty()).then(|| Secret::copy_of(&value))
}
