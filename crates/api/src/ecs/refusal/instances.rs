use ::ecs::InstanceError;
use ::ecs::qemu::HypervisorError;

use crate::errors::{self, ErrorRow};

/// `None`: it is the server's fault.
pub(super) fn row(error: &InstanceError) -> Option<&'static ErrorRow> {
    Some(match error {
        InstanceError::NotFound { .. } => &errors::ECS_NO_INSTANCE,
        InstanceError::DiskNotFound { .. } => &errors::ECS_NO_DISK,
        InstanceError::Status { .. } | InstanceError::BeingRead { .. } => &errors::ECS_INSTANCE_STATUS,
        InstanceError::Protected { .. } => &errors::ECS_INSTANCE_PROTECTED,
        InstanceError::NoType(_) => &errors::ECS_NO_INSTANCE_TYPE,
        InstanceError::BareMetal { .. } => &errors::ECS_BARE_METAL,
        InstanceError::KeyWithoutEncrypted { .. } => &errors::ECS_ENCRYPTED_ILLEGAL,
        InstanceError::WouldBePlain { .. } => &errors::ECS_WOULD_BE_PLAIN,
        InstanceError::EncryptedByDefault { .. } => &errors::ECS_ENCRYPTED_BY_DEFAULT,
        InstanceError::TooSmall { .. } => &errors::ECS_DISK_TOO_SMALL,
        InstanceError::DiskSize { .. } => &errors::ECS_INSTANCE_DISK_SIZE,
        InstanceError::TooManyDisks { .. } => &errors::ECS_TOO_MANY_DISKS,
        InstanceError::Amount { .. } => &errors::ECS_AMOUNT,
        InstanceError::Quota { .. } => &errors::ECS_INSTANCE_QUOTA,
        InstanceError::MalformedName { .. } => &errors::ECS_INSTANCE_NAME,
        InstanceError::MalformedHostName(_) => &errors::ECS_HOST_NAME,
        InstanceError::ImageInUse { .. } => &errors::ECS_IMAGE_IN_USE,
        InstanceError::NoPorts | InstanceError::Hypervisor { source: HypervisorError::PortTaken { .. }, .. } => {
            &errors::ECS_NO_PORTS
        }
        InstanceError::OtherHost { .. } => &errors::ECS_OTHER_HOST,
        InstanceError::Tampered { .. } => &errors::ECS_DISK_TAMPERED,
        InstanceError::NotForGuests { .. } => &errors::ECS_NOT_FOR_GUESTS,
        InstanceError::Hypervisor { source, .. } if source.is_missing() => &errors::ECS_HYPERVISOR,
        InstanceError::Hypervisor { .. }
        | InstanceError::Directory { .. }
        | InstanceError::DirectoryTaken { .. }
        | InstanceError::Files { .. } => return None,
    })
}
