//! Which call a key allows in which state: one table, no rule elsewhere.

use catalog::{KeyRecord, KeyState};

use crate::action::Action;
use crate::error::{KmsError, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Allow,
    /// `Rejected.<state>`
    NotUsable,
    /// `Rejected.StateModifiedFailed`
    NotNow,
}

struct Row {
    action: Action,
    enabled: Answer,
    disabled: Answer,
    pending_deletion: Answer,
    pending_import: Answer,
    /// Whether a service key allows it at all.
    service_key: bool,
}

impl Row {
    const fn new(action: Action, answers: [Answer; 4], service_key: bool) -> Self {
        let [enabled, disabled, pending_deletion, pending_import] = answers;
        Self { action, enabled, disabled, pending_deletion, pending_import, service_key }
    }
}

/// Source: `../shared/api/kms.md` 2. Marked UNSURE there, and our choice: what encrypts, signs or exports follows Encrypt. RecordImage is
/// ours; SetDeletionProtection is from its section 1; SetKeyPolicy follows UpdateKeyDescription.
///
/// Columns: Enabled, Disabled, PendingDeletion, PendingImport; service key.
#[rustfmt::skip]
const TABLE: &[Row] = {
    use Answer::{Allow, NotNow, NotUsable};
    &[
        Row::new(Action::Encrypt,                         [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::Decrypt,                         [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::ReEncryptFrom,                   [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::ReEncryptTo,                     [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::GenerateDataKey,                 [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::GenerateDataKeyWithoutPlaintext, [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::ExportDataKey,                   [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::GenerateAndExportDataKey,        [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::AsymmetricEncrypt,               [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::AsymmetricDecrypt,               [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::AsymmetricSign,                  [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::AsymmetricVerify,                [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::GetPublicKey,                    [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::RecordImage,                     [Allow,  NotUsable, NotUsable, NotUsable], true),
        Row::new(Action::CreateKeyVersion,                [Allow,  NotUsable, NotUsable, NotUsable], false),
        Row::new(Action::UpdateRotationPolicy,            [Allow,  NotUsable, NotUsable, NotUsable], false),
        Row::new(Action::DescribeKey,                     [Allow,  Allow,     Allow,     Allow    ], true),
        Row::new(Action::ListKeyVersions,                 [Allow,  Allow,     Allow,     Allow    ], true),
        Row::new(Action::DescribeKeyVersion,              [Allow,  Allow,     Allow,     Allow    ], true),
        Row::new(Action::ListAliasesByKeyId,              [Allow,  Allow,     Allow,     Allow    ], true),
        Row::new(Action::ListResourceTags,                [Allow,  Allow,     Allow,     Allow    ], true),
        Row::new(Action::GetKeyPolicy,                    [Allow,  Allow,     Allow,     Allow    ], true),
        Row::new(Action::UpdateKeyDescription,            [Allow,  Allow,     NotUsable, Allow    ], false),
        Row::new(Action::TagResource,                     [Allow,  Allow,     NotUsable, Allow    ], true),
        Row::new(Action::UntagResource,                   [Allow,  Allow,     NotUsable, Allow    ], true),
        Row::new(Action::SetKeyPolicy,                    [Allow,  Allow,     NotUsable, Allow    ], false),
        Row::new(Action::EnableKey,                       [Allow,  Allow,     NotNow,    NotNow   ], false),
        Row::new(Action::DisableKey,                      [Allow,  Allow,     NotNow,    NotNow   ], false),
        Row::new(Action::SetDeletionProtection,           [Allow,  Allow,     NotNow,    Allow    ], false),
        Row::new(Action::ScheduleKeyDeletion,             [Allow,  Allow,     NotNow,    Allow    ], false),
        Row::new(Action::CancelKeyDeletion,               [NotNow, NotNow,    Allow,     NotNow   ], false),
        Row::new(Action::CreateAlias,                     [Allow,  Allow,     NotNow,    Allow    ], false),
        Row::new(Action::UpdateAlias,                     [Allow,  Allow,     NotUsable, Allow    ], false),
        Row::new(Action::DeleteAlias,                     [Allow,  Allow,     Allow,     Allow    ], false),
        Row::new(Action::ImportKeyMaterial,               [Allow,  Allow,     NotNow,    Allow    ], false),
        Row::new(Action::GetParametersForImport,          [Allow,  Allow,     Allow,     Allow    ], false),
        Row::new(Action::DeleteKeyMaterial,               [Allow,  Allow,     Allow,     Allow    ], false),
    ]
};

/// Whether `key` allows `action`. A destroyed key allows nothing.
///
/// Errors: `KeyDestroyed`, `ServiceKey`, `KeyNotUsable`, `StateModified`.
pub(crate) fn check(action: Action, key: &KeyRecord) -> Result<()> {
    if let Some(at) = key.destroyed_at {
        return Err(KmsError::KeyDestroyed { key: key.id, at });
    }
    let row = TABLE.iter().find(|row| row.action == action).expect("every action has a row; a test walks them");
    if !key.service.is_empty() && !row.service_key {
        return Err(KmsError::ServiceKey { key: key.id, service: key.service.clone(), action });
    }
    let answer = match key.state {
        KeyState::Enabled => row.enabled,
        KeyState::Disabled => row.disabled,
        KeyState::PendingDeletion => row.pending_deletion,
        KeyState::PendingImport => row.pending_import,
    };
    match answer {
        Answer::Allow => Ok(()),
        Answer::NotUsable => Err(KmsError::KeyNotUsable { key: key.id, state: key.state, action }),
        Answer::NotNow => Err(KmsError::StateModified { key: key.id, state: key.state, action }),
    }
}

#[cfg(test)]
mod tests {
    use catalog::{KeyId, KeyVersionId, Rotation, Scope, Timestamp};

    use super::*;

    /// The API's table in its own words, written a second time: action, Enabled, Disabled, PendingDeletion, PendingImport,
    /// service key.
    const EXPECTED: &str = "
        Encrypt ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        Decrypt ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        ReEncryptFrom ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        ReEncryptTo ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        GenerateDataKey ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        GenerateDataKeyWithoutPlaintext ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        ExportDataKey ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        GenerateAndExportDataKey ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        AsymmetricEncrypt ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        AsymmetricDecrypt ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        AsymmetricSign ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        AsymmetricVerify ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        GetPublicKey ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        RecordImage ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport ok
        CreateKeyVersion ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport UnsupportedOperation
        UpdateRotationPolicy ok Rejected.Disabled Rejected.PendingDeletion Rejected.PendingImport UnsupportedOperation
        DescribeKey ok ok ok ok ok
        ListKeyVersions ok ok ok ok ok
        DescribeKeyVersion ok ok ok ok ok
        ListAliasesByKeyId ok ok ok ok ok
        ListResourceTags ok ok ok ok ok
        GetKeyPolicy ok ok ok ok ok
        UpdateKeyDescription ok ok Rejected.PendingDeletion ok UnsupportedOperation
        TagResource ok ok Rejected.PendingDeletion ok ok
        UntagResource ok ok Rejected.PendingDeletion ok ok
        SetKeyPolicy ok ok Rejected.PendingDeletion ok UnsupportedOperation
        EnableKey ok ok Rejected.StateModifiedFailed Rejected.StateModifiedFailed UnsupportedOperation
        DisableKey ok ok Rejected.StateModifiedFailed Rejected.StateModifiedFailed UnsupportedOperation
        SetDeletionProtection ok ok Rejected.StateModifiedFailed ok UnsupportedOperation
        ScheduleKeyDeletion ok ok Rejected.StateModifiedFailed ok UnsupportedOperation
        CancelKeyDeletion Rejected.StateModifiedFailed Rejected.StateModifiedFailed ok Rejected.StateModifiedFailed UnsupportedOperation
        CreateAlias ok ok Rejected.StateModifiedFailed ok UnsupportedOperation
        UpdateAlias ok ok Rejected.PendingDeletion ok UnsupportedOperation
        DeleteAlias ok ok ok ok UnsupportedOperation
        ImportKeyMaterial ok ok Rejected.StateModifiedFailed ok UnsupportedOperation
        GetParametersForImport ok ok ok ok UnsupportedOperation
        DeleteKeyMaterial ok ok ok ok UnsupportedOperation
    ";

    #[test]
    fn every_action_answers_as_the_api_in_every_state() {
        // Shows that table and API agree cell by cell, and that each refusal names key and state.
        let lines: Vec<&str> = EXPECTED.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(TABLE.iter().map(|row| row.action).collect::<Vec<_>>(), Action::ALL);
        assert_eq!(lines.len(), TABLE.len());
        for (line, row) in lines.iter().zip(TABLE) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(row.action.to_string(), words[0]);
            let cells = [
                (KeyState::Enabled, "", words[1]),
                (KeyState::Disabled, "", words[2]),
                (KeyState::PendingDeletion, "", words[3]),
                (KeyState::PendingImport, "", words[4]),
                (KeyState::Enabled, "ecs", words[5]),
            ];
            for (state, service, expected) in cells {
                let key = key(state, service);
                match check(row.action, &key) {
                    Ok(()) => assert_eq!(expected, "ok", "{line}"),
                    Err(error) => {
                        assert_eq!(error.code(), expected, "{line}");
                        assert!(error.to_string().contains(&key.id.to_string()), "{error}");
                        assert!(!service.is_empty() || error.to_string().contains(&state.to_string()), "{error}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_destroyed_key_allows_nothing() {
        let mut key = key(KeyState::PendingDeletion, "");
        key.destroyed_at = Some(Timestamp::UNIX_EPOCH);
        for row in TABLE {
            let error = check(row.action, &key).unwrap_err();
            assert!(matches!(error, KmsError::KeyDestroyed { .. }), "{}: {error}", row.action);
        }
    }

    fn key(state: KeyState, service: &str) -> KeyRecord {
        KeyRecord {
            id: KeyId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            scope: Scope::default(),
            service: service.to_owned(),
            creator: String::new(),
            state,
            spec: String::new(),
            usage: String::new(),
            origin: String::new(),
            protection_level: String::new(),
            description: String::new(),
            deletion_protection: false,
            deletion_protection_description: String::new(),
            policy: None,
            created_at: Timestamp::UNIX_EPOCH,
            delete_at: None,
            destroyed_at: None,
            material_expires_at: None,
            rotation: Rotation::default(),
            primary_version: KeyVersionId::new(Timestamp::UNIX_EPOCH, [2; 10]),
        }
    }
}
