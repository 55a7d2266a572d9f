//! Which call a key allows in which state: one table, no rule elsewhere.

use std::fmt;

use catalog::{KeyRecord, KeyState};

use crate::error::{KmsError, Result};

/// A call on a key, with the name of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Encrypt a small text.
    Encrypt,
    /// Open a ciphertext blob.
    Decrypt,
    /// Make and wrap a data key.
    GenerateDataKey,
    /// Remember an image under the key. Ours: a key that was disabled during a copy gets no image any more.
    RecordImage,
    /// Read the record.
    DescribeKey,
    /// Change the text for people.
    UpdateKeyDescription,
    /// Allow use.
    EnableKey,
    /// Forbid use.
    DisableKey,
    /// Forbid or allow deletion.
    SetDeletionProtection,
    /// Destroy after a waiting time.
    ScheduleKeyDeletion,
    /// Call the deletion off.
    CancelKeyDeletion,
    /// Give it a name.
    CreateAlias,
    /// Point a name at it.
    UpdateAlias,
}

impl Action {
    /// The right that it needs on the key.
    pub fn permission(self) -> ram::Action {
        match self {
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

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
    /// Whether a service key allows it at all.
    service_key: bool,
}

/// Source: `../shared/api/kms.md` 2. RecordImage is ours; SetDeletionProtection is from its section 1.
#[rustfmt::skip]
const TABLE: &[Row] = {
    use Action::{
        CancelKeyDeletion, CreateAlias, Decrypt, DescribeKey, DisableKey, EnableKey, Encrypt, GenerateDataKey, RecordImage,
        ScheduleKeyDeletion, SetDeletionProtection, UpdateAlias, UpdateKeyDescription,
    };
    use Answer::{Allow, NotNow, NotUsable};
    &[
        Row { action: Encrypt,               enabled: Allow,  disabled: NotUsable, pending_deletion: NotUsable, service_key: true },
        Row { action: Decrypt,               enabled: Allow,  disabled: NotUsable, pending_deletion: NotUsable, service_key: true },
        Row { action: GenerateDataKey,       enabled: Allow,  disabled: NotUsable, pending_deletion: NotUsable, service_key: true },
        Row { action: RecordImage,           enabled: Allow,  disabled: NotUsable, pending_deletion: NotUsable, service_key: true },
        Row { action: DescribeKey,           enabled: Allow,  disabled: Allow,     pending_deletion: Allow,     service_key: true },
        Row { action: UpdateKeyDescription,  enabled: Allow,  disabled: Allow,     pending_deletion: NotUsable, service_key: false },
        Row { action: EnableKey,             enabled: Allow,  disabled: Allow,     pending_deletion: NotNow,    service_key: false },
        Row { action: DisableKey,            enabled: Allow,  disabled: Allow,     pending_deletion: NotNow,    service_key: false },
        Row { action: SetDeletionProtection, enabled: Allow,  disabled: Allow,     pending_deletion: NotNow,    service_key: false },
        Row { action: ScheduleKeyDeletion,   enabled: Allow,  disabled: Allow,     pending_deletion: NotNow,    service_key: false },
        Row { action: CancelKeyDeletion,     enabled: NotNow, disabled: NotNow,    pending_deletion: Allow,     service_key: false },
        Row { action: CreateAlias,           enabled: Allow,  disabled: Allow,     pending_deletion: NotNow,    service_key: false },
        Row { action: UpdateAlias,           enabled: Allow,  disabled: Allow,     pending_deletion: NotUsable, service_key: false },
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

    /// The API's table in its own words, written a second time: action, Enabled, Disabled, PendingDeletion, service key.
    const EXPECTED: &str = "
        Encrypt                ok Rejected.Disabled Rejected.PendingDeletion ok
        Decrypt                ok Rejected.Disabled Rejected.PendingDeletion ok
        GenerateDataKey        ok Rejected.Disabled Rejected.PendingDeletion ok
        RecordImage            ok Rejected.Disabled Rejected.PendingDeletion ok
        DescribeKey            ok ok ok ok
        UpdateKeyDescription   ok ok Rejected.PendingDeletion UnsupportedOperation
        EnableKey              ok ok Rejected.StateModifiedFailed UnsupportedOperation
        DisableKey             ok ok Rejected.StateModifiedFailed UnsupportedOperation
        SetDeletionProtection  ok ok Rejected.StateModifiedFailed UnsupportedOperation
        ScheduleKeyDeletion    ok ok Rejected.StateModifiedFailed UnsupportedOperation
        CancelKeyDeletion      Rejected.StateModifiedFailed Rejected.StateModifiedFailed ok UnsupportedOperation
        CreateAlias            ok ok Rejected.StateModifiedFailed UnsupportedOperation
        UpdateAlias            ok ok Rejected.PendingDeletion UnsupportedOperation
    ";

    #[test]
    fn every_action_answers_as_the_api_in_every_state() {
        // Shows that table and API agree cell by cell, and that each refusal names key and state.
        let lines: Vec<&str> = EXPECTED.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), TABLE.len());
        for (line, row) in lines.iter().zip(TABLE) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(row.action.to_string(), words[0]);
            let cells = [
                (KeyState::Enabled, "", words[1]),
                (KeyState::Disabled, "", words[2]),
                (KeyState::PendingDeletion, "", words[3]),
                (KeyState::Enabled, "ecs", words[4]),
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
            id: KeyId::from_random_bytes([1; 16]),
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
            primary_version: KeyVersionId::from_random_bytes([2; 16]),
        }
    }
}
