//! The one place where what `ecs` refuses gets its code.

mod instances;
mod key_pairs;

use ::ecs::{EcsError, ImportError, NetworkError};

use crate::errors::{self, ErrorRow, Refusal};

/// The row for an error of `ecs`, with its text, which names what it is about and what to do. What is the server's fault goes to the
/// log instead. `region`: the row for a region that is not served.
pub(super) fn refusal(error: &EcsError, region: &'static ErrorRow, request_id: &str) -> Refusal {
    let row = match error.kind() {
        EcsError::Instance(refused) => match instances::row(refused) {
            Some(row) => row,
            None => return of_server(error, request_id),
        },
        EcsError::KeyPair(refused) => match key_pairs::row(refused) {
            Some(row) => row,
            None => return of_server(error, request_id),
        },
        EcsError::Network(refused) => network(refused),
        EcsError::MalformedName { .. } => &errors::ECS_IMAGE_NAME,
        EcsError::MalformedFamily { .. } => &errors::ECS_IMAGE_FAMILY,
        EcsError::MalformedDescription => &errors::ECS_DESCRIPTION,
        EcsError::NameTaken { .. } => &errors::ECS_IMAGE_NAME_TAKEN,
        EcsError::RegionNotFound(name) => return Refusal::new(region, &[name]),
        EcsError::DestinationRegionNotFound(name) => return Refusal::new(&errors::ECS_DESTINATION_REGION, &[name]),
        EcsError::ImageNotFound { .. } => &errors::ECS_NO_IMAGE,
        EcsError::ImageStatus { .. } | EcsError::SourceGone { .. } => &errors::ECS_IMAGE_STATUS,
        EcsError::ImageCreating { .. } => &errors::ECS_IMAGE_CREATING,
        EcsError::NotAvailable { .. } => &errors::ECS_NOT_AVAILABLE,
        EcsError::NotDeprecated { .. } => &errors::ECS_NOT_DEPRECATED,
        EcsError::Refused(::ecs::Refusal::EncryptedIllegal) => &errors::ECS_ENCRYPTED_ILLEGAL,
        EcsError::Refused(::ecs::Refusal::RewrapNeeds(_)) => &errors::ECS_REKEY_MODE,
        EcsError::EncryptedAcrossRegions { .. } => &errors::ECS_ENCRYPTED_ACROSS_REGIONS,
        EcsError::KmsNotOpened => &errors::ECS_KMS_NOT_OPENED,
        EcsError::RoleMissing { .. } | EcsError::KeyUseDenied { .. } => &errors::ECS_KMS_UNAUTHORIZED,
        EcsError::KeyTagDenied { .. } => &errors::ECS_CMK_UNAUTHORIZED,
        EcsError::KeyNotFound(_) => &errors::ECS_KEY_NOT_FOUND,
        EcsError::KeyNotEnabled { .. } | EcsError::KeyNotUsable(_) => &errors::ECS_KEY_NOT_ENABLED,
        EcsError::InDebt { .. } => &errors::ECS_ARREARAGE,
        EcsError::KeyKind { .. } => &errors::ECS_KEY_KIND,
        EcsError::TooLarge { .. } => &errors::ECS_IMAGE_TOO_LARGE,
        EcsError::ImageQuota { .. } => &errors::ECS_IMAGE_QUOTA,
        EcsError::InvalidClientToken => return Refusal::new(&errors::INVALID_PARAMETER, &["ClientToken"]),
        EcsError::ClientTokenMismatch => &errors::ECS_TOKEN_MISMATCH,
        EcsError::NotFromCopy { .. } => &errors::ECS_NOT_FROM_COPY,
        EcsError::BeingCopied { .. } => &errors::ECS_IMAGE_COPYING,
        EcsError::BeingImported { .. } => &errors::ECS_IMAGE_IMPORTING,
        EcsError::TagQuota { .. } => &errors::ECS_TAG_QUOTA,
        EcsError::ResourceNotFound { .. } => &errors::ECS_NO_RESOURCE,
        EcsError::SnapshotNotFound { .. } => &errors::ECS_NO_SNAPSHOT,
        EcsError::SnapshotNotReady { .. } => &errors::ECS_SNAPSHOT_NOT_READY,
        EcsError::SnapshotInUse { .. } => &errors::ECS_SNAPSHOT_IN_USE,
        EcsError::SnapshotSize { .. } => &errors::ECS_DISK_SIZE,
        EcsError::SystemDisk { .. } => &errors::ECS_SYSTEM_DISK,
        EcsError::DeviceMalformed(_) => &errors::ECS_DEVICE,
        EcsError::DeviceInUse(_) => &errors::ECS_DEVICE_IN_USE,
        EcsError::DeviceNotFound { .. } => &errors::ECS_NO_DEVICE,
        EcsError::TaskNotFound { .. } => &errors::ECS_NO_TASK,
        EcsError::TaskKind { .. } => &errors::ECS_TASK_KIND,
        EcsError::TaskOver { .. } => &errors::ECS_TASK_OVER,
        EcsError::ImageShared { .. } => &errors::ECS_IMAGE_SHARED,
        EcsError::SharedAcrossRegions { .. } => &errors::ECS_SAME_REGION,
        EcsError::NotShareable { .. } => &errors::ECS_NOT_SHAREABLE,
        EcsError::EncryptedShare { .. } => &errors::ECS_ENCRYPTED_SHARE,
        EcsError::OwnAccount(_) => &errors::ECS_OWN_ACCOUNT,
        EcsError::AccountNotFound(_) => &errors::ECS_NO_ACCOUNT,
        EcsError::ShareQuota { .. } => &errors::ECS_SHARE_QUOTA,
        EcsError::DefaultIsOn { .. } => &errors::ECS_DEFAULT_ON,
        EcsError::DefaultIsOff { .. } => &errors::ECS_DEFAULT_OFF,
        EcsError::BeingExported { .. } => &errors::ECS_IMAGE_EXPORTING,
        EcsError::EncryptedExport { .. } => &errors::ECS_ENCRYPTED_EXPORT,
        EcsError::ExportFormat(_) => &errors::ECS_EXPORT_FORMAT,
        EcsError::ExportPrefix(_) => &errors::ECS_EXPORT_PREFIX,
        EcsError::Import(error) => import_row(error),
        EcsError::MalformedTicket(_) => &errors::ECS_TICKET,
        EcsError::TicketNotFound { .. } => &errors::ECS_NO_TICKET,
        EcsError::TicketOver { .. } => &errors::ECS_TICKET_OVER,
        EcsError::TooManyTickets { .. } | EcsError::TooManyReplies { .. } => &errors::ECS_TICKET_QUOTA,
        // The permit was asked for exactly what the use case asks it for.
        EcsError::NotPermitted { .. }
        | EcsError::Ram(_)
        | EcsError::Store(_)
        | EcsError::Engine(_)
        | EcsError::Audit(_)
        | EcsError::Damaged(_)
        | EcsError::Kms(_)
        | EcsError::Stopping
        // Only the operator verifies, on the host.
        | EcsError::NotSealed { .. }
        // The kind of an error has no disk.
        | EcsError::OfDisk { .. }
        | EcsError::Catalog(_) => return of_server(error, request_id),
    };
    Refusal::new(row, &[&error.to_string()])
}

fn import_row(error: &ImportError) -> &'static ErrorRow {
    match error {
        ImportError::BucketNotFound(_) => &errors::ECS_NO_BUCKET,
        ImportError::ObjectNotFound { .. } => &errors::ECS_NO_OBJECT,
        ImportError::MalformedObject(_) => &errors::ECS_OBJECT_NAME,
        ImportError::NotAnImage { .. } => &errors::ECS_IMAGE_FORMAT,
        ImportError::DiskSize { .. } => &errors::ECS_IMAGE_SIZE,
        ImportError::DataDiskSize { .. } => &errors::ECS_DATA_DISK_SIZE,
        ImportError::Service { .. } | ImportError::UploadStorage(_) => &errors::ECS_IMPORT_FAILED,
        ImportError::UploadSize { .. } => &errors::ECS_UPLOAD_SIZE,
        ImportError::UploadQuota { .. } => &errors::ECS_UPLOAD_QUOTA,
        ImportError::UploadNotFound(_) => &errors::ECS_NO_UPLOAD,
        ImportError::UploadIncomplete { .. }
        | ImportError::UploadInUse(_)
        | ImportError::UploadOffset { .. }
        | ImportError::UploadTooLong(_)
        | ImportError::UploadDigest
        | ImportError::UploadBusy => &errors::ECS_UPLOAD_STATUS,
    }
}

/// What is the server's fault: 503 where nothing was done and trying again helps.
fn of_server(error: &EcsError, request_id: &str) -> Refusal {
    tracing::error!(request.id = request_id, error = error.with_causes(), "a call of ECS failed");
    Refusal::new(if error.is_temporary() { &errors::SERVICE_UNAVAILABLE } else { &errors::INTERNAL_ERROR }, &[])
}

fn network(error: &NetworkError) -> &'static ErrorRow {
    match error {
        NetworkError::SecurityGroup(_) => &errors::ECS_NO_SECURITY_GROUP,
        NetworkError::VSwitch(_) => &errors::ECS_NO_V_SWITCH,
        NetworkError::Zone(_) => &errors::ECS_NO_ZONE,
    }
}
