use ::ecs::KeyPairError;

use crate::errors::{self, ErrorRow};

/// `None`: it is the server's fault.
pub(super) fn row(error: &KeyPairError) -> Option<&'static ErrorRow> {
    Some(match error {
        KeyPairError::MalformedName { .. } => &errors::ECS_KEY_PAIR_NAME,
        KeyPairError::NameTaken(_) => &errors::ECS_KEY_PAIR_EXISTS,
        KeyPairError::NotFound(_) => &errors::ECS_NO_KEY_PAIR,
        KeyPairError::MalformedKey(_) => &errors::ECS_PUBLIC_KEY,
        KeyPairError::Quota { .. } => &errors::ECS_KEY_PAIR_QUOTA,
        KeyPairError::NotMade(_) => return None,
    })
}
