use catalog::{CatalogError, KeyState, Region};
use kms::KmsError;
use ram::RamError;

/// Shorthand for what this crate returns.
pub type Result<T> = std::result::Result<T, EcsError>;

/// Why a call was refused or failed. Each text names what it is about and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum EcsError {
    /// The name breaks a rule.
    #[error("`{name}` cannot be the name of an image: {why}")]
    MalformedName {
        /// The name.
        name: String,
        /// The rule.
        why: &'static str,
    },
    /// The description breaks a rule.
    #[error("a description has 2 to 256 characters and does not begin with http:// or https://")]
    MalformedDescription,
    /// The name is taken.
    #[error("an image named `{name}` exists already in region {region}")]
    NameTaken {
        /// The name.
        name: String,
        /// Where.
        region: Region,
    },
    /// No such region.
    #[error("region `{0}` is not served here")]
    RegionNotFound(String),
    /// No such destination region.
    #[error("destination region `{0}` is not served here")]
    DestinationRegionNotFound(String),
    /// No such image in this account and region.
    #[error("image {id} does not exist in region {region}")]
    ImageNotFound {
        /// The id.
        id: String,
        /// Where it was looked for.
        region: Region,
    },
    /// The image's status does not allow the call.
    #[error("image {id} is {status}, and must be {wanted}")]
    ImageStatus {
        /// The image.
        id: String,
        /// Its status.
        status: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The combination of source and request is not allowed.
    #[error(transparent)]
    Refused(#[from] engine::Refusal),
    /// An encrypted image stays in its region.
    #[error("image {id} is encrypted, and encrypted images are not copied to another region")]
    EncryptedAcrossRegions {
        /// The image.
        id: String,
    },
    /// The account has not opened KMS.
    #[error("KMS is not opened for this account; OpenKmsService opens it")]
    KmsNotOpened,
    /// ECS has no right to use keys of this account.
    #[error(
        "ECS may not use key {key}: the account has not made the role AliyunECSDiskEncryptDefaultRole, by which it lets ECS use its keys"
    )]
    RoleMissing {
        /// The key.
        key: String,
    },
    /// ECS, by its role or by the key's policy, may not use a key.
    #[error("ECS may not use key {key}: {denial}")]
    KeyUseDenied {
        /// The key.
        key: String,
        /// Principal, action and policy.
        denial: String,
    },
    /// ECS, by its role or by the key's policy, may not tag a key.
    #[error("ECS may not tag key {key}: {denial}")]
    KeyTagDenied {
        /// The key.
        key: String,
        /// Principal, action and policy.
        denial: String,
    },
    /// The key is not there, or cannot name one.
    #[error("{0}")]
    KeyNotFound(#[source] KmsError),
    /// The key's state does not allow its use.
    #[error("key {key} in region {region} is {state}, so no image can be made under it; {remedy}")]
    KeyNotEnabled {
        /// The key.
        key: String,
        /// Where it is.
        region: Region,
        /// Its state.
        state: KeyState,
        /// What to do.
        remedy: &'static str,
    },
    /// A kind of key that does not encrypt disks.
    #[error("key {key} is of the kind {spec}; disks are encrypted under symmetric keys")]
    KeyKind {
        /// The key.
        key: String,
        /// Its kind.
        spec: String,
    },
    /// Too large without a ticket.
    #[error(
        "image {id} has {gib} GiB; more than {max} GiB are copied after a ticket was approved: reseal ticket create"
    )]
    TooLarge {
        /// The image.
        id: String,
        /// Its size.
        gib: u64,
        /// The limit.
        max: u64,
    },
    /// The account has as many images as it may.
    #[error("the account has {max} images in region {region}, as many as it may; delete one, or raise the limit")]
    ImageQuota {
        /// Where.
        region: Region,
        /// How many.
        max: u64,
    },
    /// A token that is too long or not ASCII.
    #[error("a ClientToken has at most 64 ASCII characters")]
    InvalidClientToken,
    /// The token of an earlier call with other parameters.
    #[error("an earlier call with this ClientToken had other parameters")]
    ClientTokenMismatch,
    /// The image was not made by a copy.
    #[error("image {id} was not made by CopyImage")]
    NotFromCopy {
        /// The image.
        id: String,
    },
    /// The image is being copied.
    #[error("image {id} is being copied to {copies}; wait for that, or cancel it with CancelCopyImage")]
    BeingCopied {
        /// The image.
        id: String,
        /// Ids of the copies, or of the image itself.
        copies: String,
    },
    /// The image is being made otherwise.
    #[error("image {id} is being imported; cancel the task first")]
    BeingImported {
        /// The image.
        id: String,
    },
    /// Tags that break a rule.
    #[error("the tags cannot be set: {why}")]
    InvalidTags {
        /// The rule.
        why: String,
    },
    /// No such bucket.
    #[error("bucket `{0}` is not configured; images are imported from buckets and directories that the operator named")]
    BucketNotFound(String),
    /// No such object.
    #[error("object `{object}` is not in bucket `{bucket}`")]
    ObjectNotFound {
        /// The bucket.
        bucket: String,
        /// The object.
        object: String,
    },
    /// A name that leaves its bucket.
    #[error("`{0}` cannot be the name of an object: it is a relative path without `..`")]
    MalformedObject(String),
    /// The file is not what it claims to be, or holds what cannot be taken.
    #[error("`{object}` cannot be imported: {why}")]
    NotAnImage {
        /// The object.
        object: String,
        /// What is wrong, and where.
        why: String,
    },
    /// The size that was claimed is too small.
    #[error("`{object}` has a disk of {found} GiB, more than DiskImageSize {claimed}")]
    DiskSize {
        /// The object.
        object: String,
        /// What was claimed.
        claimed: u64,
        /// Its disk.
        found: u64,
    },
    /// A permit that does not cover the call.
    #[error("{action} on {resource} is not allowed to the caller")]
    NotPermitted {
        /// What was to be done.
        action: ram::Action,
        /// On what.
        resource: String,
    },
    /// A key service, access control, store or catalog that does not work.
    #[error(transparent)]
    Kms(KmsError),
    /// Access control failed.
    #[error(transparent)]
    Ram(#[from] RamError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] blobs::StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] engine::EngineError),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// What was to be copied is gone.
    #[error("snapshot {snapshot}, which was to be copied, is gone")]
    SourceGone {
        /// The snapshot.
        snapshot: String,
    },
    /// A use of a key could not be written down, so it was not made use of.
    #[error("{0}")]
    Audit(String),
    /// The catalog holds what this program never writes.
    #[error("the catalog is damaged: {0}")]
    Damaged(String),
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
}

impl EcsError {
    /// The text with those of its causes, down to the system's own word. A text that holds its cause already is not repeated.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let said = error.to_string();
            if !text.contains(&said) {
                text = format!("{text}: {said}");
            }
            cause = error.source();
        }
        text
    }

    /// What `ErrorCode` of a failed task says. Source: ecs-images.md 2 and 6; the words without a source are ours.
    pub(crate) fn job_code(&self) -> &'static str {
        match self {
            Self::KeyNotEnabled { .. } => "InvalidParameter.KMSKeyId.CMKNotEnabled",
            Self::KeyNotFound(_) => "InvalidParameter.KMSKeyId.NotFound",
            Self::RoleMissing { .. } | Self::KeyUseDenied { .. } => "InvalidParameter.KMSKeyId.KMSUnauthorized",
            Self::SourceGone { .. } => "InvalidSnapshotId.NotFound",
            Self::Store(_) | Self::Engine(engine::EngineError::Blob(_)) => "StorageError",
            Self::Engine(engine::EngineError::Key(_)) => "InvalidParameter.DataEncryptedKeyCreateFailed",
            Self::Engine(_) => "InvalidImage.Content",
            _ => "InternalError",
        }
    }
}

impl From<KmsError> for EcsError {
    fn from(error: KmsError) -> Self {
        match error {
            KmsError::KeyNotUsable { key, state, .. } => {
                Self::KeyNotEnabled { key: key.to_string(), region: Region::default(), state, remedy: remedy(state) }
            }
            KmsError::Catalog(error) => Self::Catalog(error),
            KmsError::MalformedKey { .. }
            | KmsError::MalformedAlias { .. }
            | KmsError::KeyNotFound { .. }
            | KmsError::KeyInOtherRegion { .. }
            | KmsError::KeyDestroyed { .. }
            | KmsError::AliasNotFound { .. } => Self::KeyNotFound(error),
            error => Self::Kms(error),
        }
    }
}

/// How a key in this state comes to be usable.
pub(crate) fn remedy(state: KeyState) -> &'static str {
    match state {
        KeyState::Enabled => "try again",
        KeyState::Disabled => "EnableKey allows its use again",
        KeyState::PendingDeletion => "CancelKeyDeletion and EnableKey keep it",
        KeyState::PendingImport => "ImportKeyMaterial gives it its material, the same as before",
    }
}
