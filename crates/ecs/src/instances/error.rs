use std::path::PathBuf;

use catalog::Region;

use crate::qemu::HypervisorError;

/// Why a call on an instance or a disk was refused or failed. Beside each, the API's code. Source: ecs-images.md 8 and 9.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// 404 `InvalidInstanceId.NotFound`.
    #[error("instance {id} does not exist in region {region}")]
    NotFound {
        /// The id.
        id: String,
        /// Where it was looked for.
        region: Region,
    },
    /// 404 `InvalidDiskId.NotFound`.
    #[error("disk {id} does not exist in region {region}")]
    DiskNotFound {
        /// The id.
        id: String,
        /// Where it was looked for.
        region: Region,
    },
    /// 403 `IncorrectInstanceStatus`.
    #[error("instance {id} is {status}, and must be {wanted}")]
    Status {
        /// The instance.
        id: String,
        /// Its status.
        status: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// 403 `IncorrectInstanceStatus`: an image or a snapshot is being made of its disks.
    #[error("the disks of instance {id} are being read for {made}; wait for that, or delete it")]
    BeingRead {
        /// The instance.
        id: String,
        /// The images and snapshots that are being made.
        made: String,
    },
    /// 403 `InvalidOperation.DeletionProtection`.
    #[error(
        "instance {id} is protected from deletion; ModifyInstanceAttribute with DeletionProtection=false ends that"
    )]
    Protected {
        /// The instance.
        id: String,
    },
    /// 404 `InvalidInstanceType.NotFound`.
    #[error("there is no instance type `{0}`; DescribeInstanceTypes lists those that are there")]
    NoType(String),
    /// 403 `ImageNotSupportInstanceType`.
    #[error("instances of type {instance_type} are bare metal and cannot run from image {image}, which is encrypted")]
    BareMetal {
        /// The type.
        instance_type: String,
        /// The image.
        image: String,
    },
    /// 400 `InvalidParameter.EncryptedIllegal`.
    #[error("KMSKeyId needs Encrypted=true: {disk}")]
    KeyWithoutEncrypted {
        /// Which disk.
        disk: String,
    },
    /// 403 `InvalidEncrypted.NotMatchSnapshot`.
    #[error(
        "{disk} is made from what is encrypted, and what is encrypted never becomes plain: leave Encrypted=false out"
    )]
    WouldBePlain {
        /// Which disk.
        disk: String,
    },
    /// 403 `InvalidEncrypted.NotMatchDiskDefaultEncryption`.
    #[error("{disk} cannot be plain: disks are encrypted by default in region {region}")]
    EncryptedByDefault {
        /// Which disk.
        disk: String,
        /// Where.
        region: Region,
    },
    /// 404 `InvalidSystemDiskSize.LessThanImageSize` (403 in some pages), 400 `InvalidDataDiskSize` for others.
    #[error("{disk} would have {wanted} GiB, less than the {least} GiB of what it is made from")]
    TooSmall {
        /// Which disk.
        disk: String,
        /// What was wanted.
        wanted: u64,
        /// What it must have.
        least: u64,
    },
    /// 400 `InvalidDataDiskSize` or `InvalidSystemDiskSize.ValueNotSupported`.
    #[error("{disk} needs a size of 1 to {max} GiB, or a snapshot that it is made from")]
    DiskSize {
        /// Which disk.
        disk: String,
        /// The limit.
        max: u64,
    },
    /// 400 `InvalidParameter`: more data disks than an instance may have.
    #[error("an instance has at most {max} data disks, not {found}")]
    TooManyDisks {
        /// How many.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// 400 `InvalidParameter.Amount`.
    #[error("Amount is 1 to {max}, and MinAmount 1 to Amount")]
    Amount {
        /// The limit.
        max: u32,
    },
    /// 403 `QuotaExceed.Instance`.
    #[error(
        "the account may have {max} instances in region {region}, and would have more; delete some, or raise the limit"
    )]
    Quota {
        /// Where.
        region: Region,
        /// How many.
        max: u64,
    },
    /// 400 `InvalidInstanceName.Malformed`.
    #[error("`{name}` cannot be the name of an instance or a disk: {why}")]
    MalformedName {
        /// The name.
        name: String,
        /// The rule.
        why: &'static str,
    },
    /// 400 `InvalidHostName.Malformed`.
    #[error("`{0}` cannot be a host name: it has 2 to 64 letters, digits, hyphens and dots")]
    MalformedHostName(String),
    /// 403 `ImageUsingByInstance`.
    #[error(
        "image {image} is used by {instances}; delete them first, or delete the image with Force: their disks stay"
    )]
    ImageInUse {
        /// The image.
        image: String,
        /// Ids of the caller's instances, and how many others have.
        instances: String,
    },
    /// 403 `OperationDenied.NoStock`: every port for guests is taken.
    #[error("all ports of this host that lead into guests are taken; delete an instance, or raise `forward_ports`")]
    NoPorts,
    /// 403 `OperationDenied`: the files lie on another machine.
    #[error("instance {id} is on host {host}, and this server is host {here}: ask the server of that host")]
    OtherHost {
        /// The instance.
        id: String,
        /// Where it is.
        host: String,
        /// Which this is.
        here: String,
    },
    /// 403 `InvalidOperation.DiskTampered`, ours: a header is not the one that was sealed, so no key left the KMS for it.
    #[error("disk {disk} was changed from outside and is not opened: {why}")]
    Tampered {
        /// The disk.
        disk: String,
        /// What is wrong.
        why: String,
    },
    /// 400 `ImageNotSupported`: what QEMU does not open.
    #[error("image {image} cannot be run from: {why}")]
    NotForGuests {
        /// The image.
        image: String,
        /// Why not, and what to do.
        why: String,
    },
    /// 500 `InternalError`, or 503 where the hypervisor is missing: it is the operator's to mend.
    #[error("instance {id} cannot be started: {source}")]
    Hypervisor {
        /// The instance.
        id: String,
        /// What the hypervisor said.
        #[source]
        source: HypervisorError,
    },
    /// 500 `InternalError`: the directory of all instances of this host.
    #[error("the directory of instances {} cannot be used: {source}", directory.display())]
    Directory {
        /// Where it is.
        directory: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// 500 `InternalError`: two servers on one directory would each take the other's machines for what it has to end.
    #[error("another server, or a command, works in the directory of instances {}; each needs its own", directory.display())]
    DirectoryTaken {
        /// Where it is.
        directory: PathBuf,
    },
    /// 500 `InternalError`: the directory of an instance.
    #[error("cannot {action} the files of instance {id}")]
    Files {
        /// The instance.
        id: String,
        /// What was to be done.
        action: &'static str,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
}
