//! What to do when a key cannot be used for an image.

use anyhow::Error;
use api::client::ClientError;
use ecs::EcsError;
use kms::KeyState;

/// The error with what to do about it, where it is about a key.
pub(crate) fn with_remedy(error: Error) -> Error {
    let remedy = match (error.downcast_ref::<EcsError>(), error.downcast_ref::<ClientError>()) {
        (Some(error), _) => of_error(error),
        (None, Some(ClientError::Refused { code, .. })) => of_code(code),
        _ => None,
    };
    match remedy {
        Some(remedy) => error.context(remedy),
        None => error,
    }
}

const NOT_FOUND: &str = "no such key; `reseal key list` shows the keys of the region, `reseal key create` makes one";
const NOT_ENABLED: &str = "the key cannot be used now; `reseal key show` says why, `reseal key enable` or `reseal key import` makes it usable";
const UNAUTHORIZED: &str = "the key may not be used for images; authorise ECS by the role AliyunECSDiskEncryptDefaultRole, and \
                            see the policy of the key";
const WITHOUT_ENCRYPT: &str = "a key is named, so say --encrypt, too";

fn of_error(error: &EcsError) -> Option<&'static str> {
    match error.kind() {
        EcsError::KeyNotFound(_) => Some(NOT_FOUND),
        EcsError::KeyNotEnabled { state: KeyState::Enabled, .. } => None,
        EcsError::KeyNotEnabled { .. } => Some(NOT_ENABLED),
        EcsError::RoleMissing { .. } | EcsError::KeyUseDenied { .. } | EcsError::KeyTagDenied { .. } => {
            Some(UNAUTHORIZED)
        }
        EcsError::Refused(ecs::Refusal::EncryptedIllegal) => Some(WITHOUT_ENCRYPT),
        _ => None,
    }
}

fn of_code(code: &str) -> Option<&'static str> {
    match code.strip_prefix("InvalidParameter.")? {
        "KMSKeyId.NotFound" => Some(NOT_FOUND),
        "KMSKeyId.CMKNotEnabled" => Some(NOT_ENABLED),
        "KMSKeyId.KMSUnauthorized" | "KMSKeyId.CMKUnauthorized" => Some(UNAUTHORIZED),
        "EncryptedIllegal" => Some(WITHOUT_ENCRYPT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same trouble has the same remedy from both places, and what is no trouble with a key has none.
    #[test]
    fn both_places_give_the_same_advice() {
        let missing = EcsError::RoleMissing { key: "k".to_owned() };
        assert_eq!(of_error(&missing), of_code("InvalidParameter.KMSKeyId.KMSUnauthorized"));
        let illegal = EcsError::Refused(ecs::Refusal::EncryptedIllegal);
        assert_eq!(of_error(&illegal), of_code("InvalidParameter.EncryptedIllegal"));
        assert_eq!(of_code("QuotaExceed.Image"), None);
        assert_eq!(of_error(&EcsError::InvalidClientToken), None);
    }
}
