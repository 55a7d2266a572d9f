use std::sync::Arc;

use catalog::{Catalog, Clock, Recall, RoleRecord};
use crypto::digest::Digest;
use crypto::{Random, Secret};

use super::authenticate::KnownKey;
use super::authorize::KnownPolicies;
use super::console::{Attempts, KnownSession};
use super::password::Hashing;
use crate::trail::Ledger;

/// Access keys, console sessions, and accounts, that are remembered at once: callers that are active in the same two seconds.
const KEYS_KNOWN_MAX: usize = 4096;

/// Policies that are remembered at once, by the bytes of their texts; typed statements take a few times as much.
const TEXT_BYTES_KNOWN_MAX: usize = 8 << 20;

/// Access control on one catalog. Several processes may use the same catalog.
pub struct Ram {
    pub(super) catalog: Arc<Catalog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    /// Wraps secrets of access keys and seals security tokens.
    pub(super) key: Secret,
    /// Access keys by id.
    pub(super) known_keys: Recall<String, KnownKey>,
    /// Roles by id.
    pub(super) known_roles: Recall<String, Arc<RoleRecord>>,
    /// Accounts that have opened KMS.
    pub(super) known_kms_accounts: Recall<String, ()>,
    /// Policies by the id of their user or role.
    pub(super) known_policies: Recall<String, KnownPolicies>,
    /// Console sessions by the digest of their token.
    pub(super) known_sessions: Recall<Digest, KnownSession>,
    /// Where passwords are hashed.
    pub(super) hashing: Hashing,
    /// Failed sign-ins.
    pub(super) attempts: Attempts,
    /// The audit, for who signs in and out.
    pub(super) ledger: Option<Arc<Ledger>>,
}

impl Ram {
    /// Access control on `catalog`.
    ///
    /// `key`: 32 bytes, the same ones for as long as the catalog lives. Without them no stored secret opens and no token is accepted.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, clock: Arc<dyn Clock>, random: Arc<dyn Random>, key: Secret) -> Self {
        Self {
            catalog,
            clock,
            random,
            key,
            known_keys: Recall::new(KEYS_KNOWN_MAX),
            known_roles: Recall::new(TEXT_BYTES_KNOWN_MAX),
            known_kms_accounts: Recall::new(KEYS_KNOWN_MAX),
            known_policies: Recall::new(TEXT_BYTES_KNOWN_MAX),
            known_sessions: Recall::new(KEYS_KNOWN_MAX),
            hashing: Hashing::new(),
            attempts: Attempts::new(),
            ledger: None,
        }
    }
}
