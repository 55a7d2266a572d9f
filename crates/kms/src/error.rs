use catalog::{Account, CatalogError, KeyId, KeyState, KeyVersionId, Region, SealedImageRecord, Timestamp};

use crypto::CryptoError;

use crate::action::Action;
use crate::billing::IN_DEBT;
use crate::root::RootError;

/// Shorthand for what this crate returns.
pub type Result<T> = std::result::Result<T, KmsError>;

/// Why a call was refused or failed. Each text names the key and its state and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KmsError {
    /// Text that cannot name a key.
    #[error("`{text}` does not name a key: {why}; write a key id, alias/NAME or acs:kms:REGION:ACCOUNT:key/ID")]
    MalformedKey {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No such key in this account and region.
    #[error("key {key} does not exist in region {region}; `reseal key list` shows the keys that do")]
    KeyNotFound {
        /// Key as it was named.
        key: String,
        /// Where it was looked for.
        region: Region,
    },
    /// A key of the caller's own account that lives in another region.
    #[error("key {key} is in region {found}, not in {wanted}: keys are regional, name a key of {wanted}")]
    KeyInOtherRegion {
        /// The key.
        key: KeyId,
        /// Where it is.
        found: Region,
        /// Where it would have to be.
        wanted: Region,
    },
    /// The waiting time of a scheduled deletion is over.
    #[error("key {key} was destroyed at {at}, as scheduled; what was encrypted under it cannot be opened any more")]
    KeyDestroyed {
        /// The key.
        key: KeyId,
        /// When.
        at: Timestamp,
    },
    /// The key's state does not allow its use.
    #[error("key {key} is {state}, so {action} is refused; {}", way_out(*state, key))]
    KeyNotUsable {
        /// The key.
        key: KeyId,
        /// Its state.
        state: KeyState,
        /// The call.
        action: Action,
    },
    /// The key's state does not allow this change.
    #[error("key {key} is {state}, so {action} is refused; {}", way_out(*state, key))]
    StateModified {
        /// The key.
        key: KeyId,
        /// Its state.
        state: KeyState,
        /// The call.
        action: Action,
    },
    /// A service key is kept usable for the service.
    #[error(
        "key {key} belongs to the service `{service}`, so {action} is refused; make a key of your own with `reseal key create`"
    )]
    ServiceKey {
        /// The key.
        key: KeyId,
        /// The service.
        service: String,
        /// The call.
        action: Action,
    },
    /// A call that takes ids was given an alias.
    #[error("{action} takes a key id, not `{alias}`; `reseal key show {alias}` prints the id")]
    UnsupportedAlias {
        /// The alias.
        alias: String,
        /// The call.
        action: Action,
    },
    /// Text that cannot be an alias, or must not be one of the caller's.
    #[error("`{text}` cannot be an alias: {why}")]
    MalformedAlias {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No such alias in this account and region.
    #[error("alias `{alias}` does not exist in region {region}; `reseal key alias list` shows those that do")]
    AliasNotFound {
        /// The alias.
        alias: String,
        /// Where it was looked for.
        region: Region,
    },
    /// The alias is taken.
    #[error("alias `{alias}` exists already and stands for key {key}; `reseal key alias update` points it elsewhere")]
    AliasExists {
        /// The alias.
        alias: String,
        /// What it stands for.
        key: KeyId,
    },
    /// Images are under the key.
    #[error("key {key} is in use by {total_count} image(s), so {action} is refused without --force: {}", paths(users, *total_count))]
    KeyInUse {
        /// The key.
        key: KeyId,
        /// The call.
        action: Action,
        /// The first of them.
        users: Vec<SealedImageRecord>,
        /// How many there are.
        total_count: u64,
    },
    /// The key is protected from deletion.
    #[error("key {key} has deletion protection, so ScheduleKeyDeletion is refused; take the protection off first")]
    DeletionProtected {
        /// The key.
        key: KeyId,
    },
    /// A value outside of what the call takes.
    #[error("{name} {found} is not allowed: {allowed}")]
    InvalidParameter {
        /// Parameter, as in the API.
        name: &'static str,
        /// Value, or its length.
        found: u64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A word that the call does not know.
    #[error("{name} {found:?} is not allowed: {allowed}")]
    InvalidWord {
        /// Parameter, as in the API.
        name: &'static str,
        /// What was given, cut.
        found: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Tags that cannot be used.
    #[error("tags refused: {why}")]
    InvalidTags {
        /// What is wrong with them.
        why: String,
    },
    /// The caller may not do this.
    #[error("{action} on {resource} is not allowed to the caller")]
    NotPermitted {
        /// What was to be done.
        action: ram::Action,
        /// On what.
        resource: String,
    },
    /// A kind of key that the call is not for.
    #[error("{reason}")]
    Unsupported {
        /// Why not.
        reason: String,
    },
    /// Material of another origin than the call is for.
    #[error("the origin of the key does not allow this: {reason}")]
    UnsupportedOrigin {
        /// Why not.
        reason: &'static str,
    },
    /// Keys in a hardware security module were asked for.
    #[error(
        "keys of users are kept by software here, so ProtectionLevel HSM is refused; leave it away, or write SOFTWARE"
    )]
    NoHsm,
    /// The account has as many as it may.
    #[error(
        "the account has {most} {what} in region {region}, and may have no more; delete some, or have the limit raised"
    )]
    LimitExceeded {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: u32,
        /// Where.
        region: Region,
    },
    /// A token of another key or account, or none.
    #[error("the import token is not one of key {key}; ask for new parameters with GetParametersForImport")]
    InvalidImportToken {
        /// The key.
        key: KeyId,
    },
    /// The token's 24 hours are over.
    #[error("the import token of key {key} expired at {at}; ask for new parameters with GetParametersForImport")]
    ExpiredImportToken {
        /// The key.
        key: KeyId,
        /// When.
        at: Timestamp,
    },
    /// Wrong wrapping, wrong length, or other material than before. One case on purpose: which it was helps only an attacker.
    #[error(
        "the key material does not fit: wrap 32 bytes (AES-256) or 16 (SM4) with the public key and algorithm of the token; a key that had material takes only the same again"
    )]
    InvalidKeyMaterial,
    /// Bytes that a cryptographic operation refuses.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The stored policy of a key is not one.
    #[error("the stored policy of key {key} is damaged; SetKeyPolicy replaces it")]
    PolicyDamaged {
        /// The key.
        key: KeyId,
    },
    /// A stored secret of the service does not open.
    #[error("the stored secret for {purpose} is damaged; restore catalog.sqlite from a backup")]
    SecretDamaged {
        /// What it is for.
        purpose: String,
    },
    /// This month's bill of the account exceeds its balance.
    #[error(
        "account {account} has spent its balance of this month, so nothing new is made for it; what is there can still be opened. `reseal billing set-balance` on the host gives more"
    )]
    InDebt {
        /// The account.
        account: Account,
    },
    /// The program is being stopped.
    #[error("the service is being stopped")]
    Interrupted,
    /// An encryption context that cannot be used.
    #[error("encryption context refused: {why}")]
    InvalidContext {
        /// What is wrong with it.
        why: String,
    },
    /// Wrong context, wrong key, or a changed blob. One case on purpose: which it was helps only an attacker.
    #[error("the ciphertext was not made under this encryption context by this service, or it was changed")]
    NotAuthentic,
    /// No such version of the key, or the version named in a blob is not in this catalog.
    #[error(
        "key version {version} does not exist here; a ciphertext opens in the data directory (--data) whose key made it"
    )]
    KeyVersionNotFound {
        /// The version.
        version: KeyVersionId,
    },
    /// The stored material does not open although the root key is right.
    #[error("the stored material of key {key}, version {version}, is damaged; restore catalog.sqlite from a backup")]
    MaterialDamaged {
        /// The key.
        key: KeyId,
        /// Version with the material.
        version: KeyVersionId,
    },
    /// The root of trust is missing, wrong or damaged.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl KmsError {
    /// Code of the KMS API. Source: `../shared/api/kms.md` 8; those marked UNSURE there are our choice.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedKey { .. }
            | Self::MalformedAlias { .. }
            | Self::InvalidParameter { .. }
            | Self::InvalidWord { .. }
            | Self::InvalidTags { .. }
            | Self::InvalidContext { .. }
            | Self::Crypto(_)
            | Self::NotAuthentic => "InvalidParameter",
            Self::NotPermitted { .. } => "Forbidden.NoPermission",
            Self::UnsupportedOrigin { .. } => "Unsupported.Origin",
            Self::NoHsm => "Unsupported.ProtectionLevel",
            Self::LimitExceeded { .. } => "Rejected.LimitExceeded",
            Self::InvalidImportToken { .. } => "InvalidImportToken",
            Self::ExpiredImportToken { .. } => "ExpiredImportToken",
            Self::InvalidKeyMaterial => "InvalidKeyMaterial",
            Self::InDebt { .. } => IN_DEBT,
            Self::Interrupted => "ServiceUnavailableTemporary",
            Self::Root(error) if error.is_temporary() => "ServiceUnavailableTemporary",
            Self::KeyNotFound { .. } | Self::KeyInOtherRegion { .. } | Self::KeyDestroyed { .. } => {
                "Forbidden.KeyNotFound"
            }
            Self::KeyVersionNotFound { .. } => "Forbidden.KeyVersionNotFound",
            Self::AliasNotFound { .. } => "Forbidden.AliasNotFound",
            Self::AliasExists { .. } => "AliasAlreadyExists",
            Self::KeyNotUsable { state, .. } => match state {
                KeyState::Enabled => "Rejected.Enabled",
                KeyState::Disabled => "Rejected.Disabled",
                KeyState::PendingDeletion => "Rejected.PendingDeletion",
                KeyState::PendingImport => "Rejected.PendingImport",
            },
            Self::StateModified { .. } | Self::KeyInUse { .. } | Self::DeletionProtected { .. } => {
                "Rejected.StateModifiedFailed"
            }
            Self::ServiceKey { .. } | Self::Unsupported { .. } => "UnsupportedOperation",
            Self::UnsupportedAlias { .. } => "Unsupported.Alias",
            Self::MaterialDamaged { .. }
            | Self::PolicyDamaged { .. }
            | Self::SecretDamaged { .. }
            | Self::Root(_)
            | Self::Catalog(_) => "InternalFailure",
        }
    }
}

fn way_out(state: KeyState, key: &KeyId) -> String {
    match state {
        KeyState::Enabled => "it has no deletion to cancel".to_owned(),
        KeyState::Disabled => format!("`reseal key enable {key}` allows its use again"),
        KeyState::PendingDeletion => format!("`reseal key cancel-deletion {key}` keeps the key"),
        KeyState::PendingImport => "it has no key material; import it first".to_owned(),
    }
}

/// The files, as many as fit in a message.
fn paths(users: &[SealedImageRecord], total_count: u64) -> String {
    const SHOWN_MAX: usize = 5;
    let mut text = users.iter().take(SHOWN_MAX).map(|user| user.image.path.as_str()).collect::<Vec<_>>().join(", ");
    if total_count > SHOWN_MAX as u64 {
        text.push_str(", …; `reseal key usage` lists all");
    }
    text
}
