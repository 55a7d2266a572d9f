//! What a refusal of KMS means to whoever makes something of ECS.

use kms::KmsError;

use super::EcsError;

impl From<KmsError> for EcsError {
    fn from(error: KmsError) -> Self {
        match error {
            KmsError::KeyNotUsable { .. } => Self::KeyNotUsable(error),
            KmsError::InDebt { account } => Self::InDebt { account },
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
