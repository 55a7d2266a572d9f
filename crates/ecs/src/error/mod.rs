mod import;
mod of_kms;
mod told;

pub use import::ImportError;
pub(crate) use told::remedy;

use catalog::{Account, CatalogError, KeyState, Region};
use kms::KmsError;
use ram::RamError;

use crate::instances::InstanceError;

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
    /// The family breaks a rule.
    #[error("`{family}` cannot be the family of an image: {why}")]
    MalformedFamily {
        /// The family.
        family: String,
        /// The rule.
        why: &'static str,
    },
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
    /// The image is being made, and cannot be changed before.
    #[error("image {id} is still being made; wait until it is Available")]
    ImageCreating {
        /// The image.
        id: String,
    },
    /// Only an image that is Available can become Deprecated.
    #[error("image {id} is {status}; only an image that is Available becomes Deprecated")]
    NotAvailable {
        /// The image.
        id: String,
        /// Its status.
        status: String,
    },
    /// Only an image that is Deprecated can become Available again.
    #[error("image {id} is {status}; only an image that is Deprecated becomes Available again")]
    NotDeprecated {
        /// The image.
        id: String,
        /// Its status.
        status: String,
    },
    /// The combination of source and request is not allowed.
    #[error(transparent)]
    Refused(#[from] engine::Refusal),
    /// A refusal that is about one disk of an image.
    #[error("disk {device}: {error}")]
    OfDisk {
        /// Its device.
        device: String,
        /// What is the matter with it or with its key.
        error: Box<EcsError>,
    },
    /// A disk that is listed, and that the image does not have.
    #[error("image {image} has no disk {device}")]
    DeviceNotFound {
        /// The device.
        device: String,
        /// The image.
        image: String,
    },
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
    #[error("key {key} in region {region} is {state}, so nothing is encrypted or opened with it; {remedy}")]
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
    /// The same, found when the key was used.
    #[error("{0}")]
    KeyNotUsable(#[source] KmsError),
    /// The account's balance is used up.
    #[error("the balance of account {account} is used up; the operator of this installation can raise it")]
    InDebt {
        /// The account.
        account: Account,
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
    /// A ticket that breaks a rule.
    #[error("the ticket cannot be made: {0}")]
    MalformedTicket(&'static str),
    /// No such ticket.
    #[error("there is no ticket {id}; `reseal ticket list` shows those that are there")]
    TicketNotFound {
        /// The id.
        id: String,
    },
    /// A ticket that ended.
    #[error("ticket {id} is {status} already")]
    TicketOver {
        /// The ticket.
        id: String,
        /// How it ended.
        status: String,
    },
    /// More open tickets than an account may have.
    #[error("there are {max} open tickets in this region, as many as there may be; close one")]
    TooManyTickets {
        /// How many.
        max: u64,
    },
    /// More texts than a ticket may have.
    #[error("ticket {id} has {max} texts, as many as it may; make another")]
    TooManyReplies {
        /// The ticket.
        id: String,
        /// How many.
        max: u32,
    },
    /// A plain image, whose bytes nothing vouches for.
    #[error("image {id} is not encrypted, so there is no digest tree to compare its bytes with")]
    NotSealed {
        /// The image.
        id: String,
    },
    /// A resource would have more tags than it may.
    #[error("{resource} would have {tags} tags, and has at most {max}")]
    TagQuota {
        /// Its id.
        resource: String,
        /// How many.
        tags: usize,
        /// The limit.
        max: usize,
    },
    /// A resource that is to be tagged is not there.
    #[error("{kind} {id} does not exist in region {region}")]
    ResourceNotFound {
        /// `image` or `snapshot`.
        kind: &'static str,
        /// Its id.
        id: String,
        /// Where it was looked for.
        region: Region,
    },
    /// No such snapshot in this account and region.
    #[error("snapshot {id} does not exist in region {region}")]
    SnapshotNotFound {
        /// The id.
        id: String,
        /// Where it was looked for.
        region: Region,
    },
    /// The snapshot is not complete.
    #[error("snapshot {id} is {status}, and must be accomplished")]
    SnapshotNotReady {
        /// The snapshot.
        id: String,
        /// Its status.
        status: String,
    },
    /// An image has a disk from the snapshot.
    #[error("snapshot {id} holds a disk of {images}; delete the image first")]
    SnapshotInUse {
        /// The snapshot.
        id: String,
        /// Ids of the images.
        images: String,
    },
    /// A disk of an image has another size than its snapshot.
    #[error("snapshot {id} has {found} GiB, and a disk of an image is as large as its snapshot: not {wanted} GiB")]
    SnapshotSize {
        /// The snapshot.
        id: String,
        /// What was wanted.
        wanted: u64,
        /// What it has.
        found: u64,
    },
    /// An image without a system disk, or with several.
    #[error("an image has one system disk, and not {found}: say DiskType=system of one")]
    SystemDisk {
        /// How many were named.
        found: usize,
    },
    /// Not the name of a device.
    #[error("`{0}` is not the name of a device, such as /dev/xvdb")]
    DeviceMalformed(String),
    /// Two disks would have one name.
    #[error("two disks have the device {0}")]
    DeviceInUse(String),
    /// No such task in this account and region.
    #[error("task {id} does not exist in region {region}")]
    TaskNotFound {
        /// The id.
        id: String,
        /// Where it was looked for.
        region: Region,
    },
    /// A task that cannot be cancelled as one.
    #[error("task {id} is a {kind}, which is not cancelled as a task; CancelCopyImage cancels a copy")]
    TaskKind {
        /// The task.
        id: String,
        /// The API's word for what it does.
        kind: String,
    },
    /// The task is over.
    #[error("task {id} is {state}, so there is nothing to cancel")]
    TaskOver {
        /// The task.
        id: String,
        /// Its state.
        state: String,
    },
    /// The image is shared with other accounts.
    #[error(
        "image {id} is shared with other accounts; end that with ModifyImageSharePermission, or delete it with Force"
    )]
    ImageShared {
        /// The image.
        id: String,
    },
    /// An image of another account stays in its region.
    #[error("image {id} is of another account, and such images are copied within their region only")]
    SharedAcrossRegions {
        /// The image.
        id: String,
    },
    /// The image's status does not allow that it is shared.
    #[error("image {id} is {status}, and must be Available to be shared")]
    NotShareable {
        /// The image.
        id: String,
        /// Its status.
        status: String,
    },
    /// Encrypted images are not shared.
    #[error("image {id} is encrypted, and encrypted images are not shared")]
    EncryptedShare {
        /// The image.
        id: String,
    },
    /// An account that an image would be shared with is the owner.
    #[error("account {0} has the image already: it is the owner")]
    OwnAccount(String),
    /// No such account.
    #[error("account `{0}` does not exist here")]
    AccountNotFound(String),
    /// An image would be shared with more accounts than it may.
    #[error("image {id} would be shared with {accounts} accounts, and is shared with at most {max}")]
    ShareQuota {
        /// The image.
        id: String,
        /// How many.
        accounts: u64,
        /// The limit.
        max: u64,
    },
    /// Encryption by default is on already.
    #[error("encryption by default is on already in region {region}")]
    DefaultIsOn {
        /// Where.
        region: Region,
    },
    /// Encryption by default is off.
    #[error("encryption by default is off in region {region}; EnableDiskEncryptionByDefault switches it on")]
    DefaultIsOff {
        /// Where.
        region: Region,
    },
    /// The image is being exported.
    #[error("image {id} is being exported; wait for that, or cancel the task")]
    BeingExported {
        /// The image.
        id: String,
    },
    /// Encrypted images are not exported.
    #[error("image {id} is encrypted, and encrypted images are not exported")]
    EncryptedExport {
        /// The image.
        id: String,
    },
    /// A format that is not written.
    #[error("images are exported as raw, qcow2 or vhd, and not as `{0}`")]
    ExportFormat(String),
    /// A prefix that breaks the rule.
    #[error("`{0}` cannot be a prefix: it has 1 to 30 letters and digits")]
    ExportPrefix(String),
    /// What is to be imported, or where an export is to go, cannot be used.
    #[error(transparent)]
    Import(#[from] ImportError),
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
    /// A call on an instance or a disk of one.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// A call on key pairs.
    #[error(transparent)]
    KeyPair(#[from] crate::key_pairs::KeyPairError),
    /// A network that is not there.
    #[error(transparent)]
    Network(#[from] crate::network::NetworkError),
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
    #[error(transparent)]
    Audit(#[from] ram::trail::LedgerError),
    /// The catalog holds what this program never writes.
    #[error("the catalog is damaged: {0}")]
    Damaged(String),
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
}
