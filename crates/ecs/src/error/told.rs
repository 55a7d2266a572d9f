//! Who is told what of an error: the caller, the operator's log, the worker.

use catalog::{CatalogError, KeyState};
use kms::KmsError;
use ram::RamError;
use ram::trail::LedgerError;

use super::{EcsError, ImportError};
use crate::instances::InstanceError;
use crate::qemu::HypervisorError;

impl EcsError {
    /// The refusal as one that is about a disk: its text then names it. What is about no disk stays as it is.
    pub(crate) fn of_disk(self, device: &str) -> Self {
        match self {
            Self::OfDisk { .. } | Self::KmsNotOpened | Self::Catalog(_) | Self::Ram(_) | Self::Kms(_) => self,
            error => Self::OfDisk { device: device.to_owned(), error: Box::new(error) },
        }
    }

    /// What is refused, whichever disk it is about.
    #[must_use]
    pub fn kind(&self) -> &Self {
        match self {
            Self::OfDisk { error, .. } => error,
            error => error,
        }
    }

    /// The text with those of its causes, down to the system's own word. A text that holds its cause already is not repeated.
    #[must_use]
    pub fn with_causes(&self) -> String {
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

    /// The text for whoever made the call. Paths of the server and what only its operator can mend are for its log.
    pub(crate) fn public_text(&self) -> String {
        use blobs::BlobError;
        use engine::EngineError;
        match self.kind() {
            Self::Engine(EngineError::Blob(BlobError::Io { action, source, .. })) => {
                format!("the storage failed to {action}: {source}")
            }
            Self::Engine(EngineError::Blob(BlobError::Foreign { why, .. })) => {
                format!("a file of somebody else is in the way: {why}")
            }
            Self::Engine(EngineError::Format { source, .. }) => source.to_string(),
            Self::Engine(
                EngineError::Locked { reason, .. }
                | EngineError::NotForGuests { reason, .. }
                | EngineError::Tampered { reason, .. }
                | EngineError::Mismatch { reason, .. },
            ) => reason.clone(),
            Self::Engine(EngineError::SourceChanged { .. }) => "the source changed since it was looked at".to_owned(),
            Self::Store(error) => format!("the storage failed to {}: {}", error.action, error.cause),
            // The outermost text may hold a path, the innermost is the system's or the engine's own word.
            Self::Catalog(_) | Self::Ram(_) | Self::Kms(_) => format!("the service failed: {}", last_cause(self)),
            // What QEMU said may hold paths; that it is missing, its firmware or a port, holds the remedy.
            Self::Instance(InstanceError::Hypervisor { id, source })
                if !matches!(
                    source,
                    HypervisorError::ProgramMissing { .. }
                        | HypervisorError::FirmwareMissing
                        | HypervisorError::PortTaken { .. }
                ) =>
            {
                format!("instance {id} cannot be started; the log of the service says why")
            }
            Self::Instance(InstanceError::Files { id, action, source }) => {
                format!("the service failed to {action} the files of instance {id}: {source}")
            }
            Self::Damaged(_)
            | Self::Stopping
            | Self::Instance(InstanceError::Directory { .. } | InstanceError::DirectoryTaken { .. }) => {
                "the service failed; its log says why, under the id of this task".to_owned()
            }
            _ => self.to_string(),
        }
    }

    /// Whether trying again later helps: nothing is wrong with what was asked.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self.kind() {
            Self::Catalog(CatalogError::Busy { .. }) | Self::Kms(KmsError::Interrupted) | Self::Stopping => true,
            Self::Kms(KmsError::Root(root)) => root.is_temporary(),
            // Another worker has the file: it is its job, or it is about to let go.
            Self::Engine(engine::EngineError::Blob(blobs::BlobError::TargetBusy { .. })) => true,
            _ => false,
        }
    }

    /// Whether a job that met this is left for a later run. Beside what is temporary that is a catalog that was lost: what it kept of a change,
    /// the next run finds there.
    pub(crate) fn leaves_its_job(&self) -> bool {
        match self.kind() {
            Self::Catalog(error) | Self::Ram(RamError::Catalog(error)) => error.is_passing(),
            Self::Audit(LedgerError::Catalog(error)) => error.is_passing(),
            Self::Audit(LedgerError::Closed) | Self::Ram(RamError::Busy) => true,
            _ => self.is_temporary(),
        }
    }

    /// What `ErrorCode` of a failed task says. Source: ecs-images.md 2 and 6; the words without a source are ours.
    pub(crate) fn job_code(&self) -> &'static str {
        match self.kind() {
            Self::KeyNotEnabled { .. } | Self::KeyNotUsable(_) => "InvalidParameter.KMSKeyId.CMKNotEnabled",
            Self::InDebt { .. } => "Account.Arrearage",
            Self::KeyNotFound(_) => "InvalidParameter.KMSKeyId.NotFound",
            Self::RoleMissing { .. } | Self::KeyUseDenied { .. } => "InvalidParameter.KMSKeyId.KMSUnauthorized",
            Self::SourceGone { .. } => "InvalidSnapshotId.NotFound",
            Self::Import(error) => import_code(error),
            Self::Store(_) | Self::Engine(engine::EngineError::Blob(_)) => "StorageError",
            Self::Engine(engine::EngineError::Key(_)) => "InvalidParameter.DataEncryptedKeyCreateFailed",
            Self::Engine(_) => "InvalidImage.Content",
            _ => "InternalError",
        }
    }
}

fn import_code(error: &ImportError) -> &'static str {
    match error {
        ImportError::NotAnImage { .. } => "InvalidImageFormat.Malformed",
        ImportError::DiskSize { .. } => "InvalidImageSize",
        ImportError::DataDiskSize { .. } => "InvalidDataDiskSize",
        ImportError::ObjectNotFound { .. } => "InvalidOSSObject.NotFound",
        ImportError::BucketNotFound(_) => "InvalidOSSBucket.NotFound",
        ImportError::Service { .. } => "StorageError",
        _ => "ImportImageFailed",
    }
}

fn last_cause(error: &EcsError) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A catalog that is away ends no job, wherever it is met; a caller is told of a change that may have been kept as of a failure.
    #[test]
    fn a_lost_catalog_leaves_a_job_for_later() {
        let audit = |error| EcsError::from(LedgerError::Catalog(Arc::new(error)));
        for (error, leaves, is_temporary) in [
            (CatalogError::Busy { waited_s: 10 }.into(), true, true),
            (CatalogError::Stopped.into(), true, false),
            (CatalogError::ChangeHasFailed.into(), false, false),
            (KmsError::from(CatalogError::Stopped).into(), true, false),
            (RamError::from(CatalogError::Stopped).into(), true, false),
            (audit(CatalogError::Stopped), true, false),
            (audit(CatalogError::ChangeHasFailed), false, false),
            (EcsError::Stopping, true, true),
            (EcsError::KmsNotOpened, false, false),
        ] {
            assert_eq!((error.leaves_its_job(), error.is_temporary()), (leaves, is_temporary), "{error:?}");
        }
    }
}
