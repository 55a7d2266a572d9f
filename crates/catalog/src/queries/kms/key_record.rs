use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::database::Row;
use crate::error::Result;
use crate::names::{KeyId, KeyVersionId, Scope};

/// State of a key. Which call is allowed in which is decided in `kms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Can be used.
    Enabled,
    /// Cannot be used until it is enabled again.
    Disabled,
    /// Cannot be used and will be destroyed when its waiting time ends.
    PendingDeletion,
    /// Has no material: it was not imported yet, was deleted, or is expired.
    PendingImport,
}

impl KeyState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Enabled, Self::Disabled, Self::PendingDeletion, Self::PendingImport];
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants have the names of the API.
        fmt::Debug::fmt(self, f)
    }
}

/// Text that is not a state of a key.
#[derive(Debug)]
pub struct UnknownKeyState;

impl FromStr for KeyState {
    type Err = UnknownKeyState;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownKeyState> {
        Self::ALL.into_iter().find(|state| state.to_string() == text).ok_or(UnknownKeyState)
    }
}

/// A key: everything but its material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: KeyId,
    /// Owner and region.
    pub scope: Scope,
    /// The service it belongs to, such as `ecs`; empty for a key that a user made.
    pub service: String,
    /// Who made it: an account id, or the service.
    pub creator: String,
    /// Its state.
    pub state: KeyState,
    /// Such as `Aliyun_AES_256`.
    pub spec: String,
    /// `ENCRYPT/DECRYPT` or `SIGN/VERIFY`.
    pub usage: String,
    /// `Aliyun_KMS`: the material was made here; `EXTERNAL`: it is imported.
    pub origin: String,
    /// `SOFTWARE` or `HSM`.
    pub protection_level: String,
    /// Text for people.
    pub description: String,
    /// Whether a deletion may not be scheduled.
    pub deletion_protection: bool,
    /// Text for people: why.
    pub deletion_protection_description: String,
    /// The key's own policy as JSON; `None` for the default one.
    pub policy: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the waiting time ends; present exactly in `PendingDeletion`.
    pub delete_at: Option<Timestamp>,
    /// When its material was destroyed. Such a key is gone for every call; the record only says why.
    pub destroyed_at: Option<Timestamp>,
    /// When imported material has to be deleted.
    pub material_expires_at: Option<Timestamp>,
    /// Its automatic rotation.
    pub rotation: Rotation,
    /// The version that wraps new data keys. A key that waits for its material has one too, without material.
    pub primary_version: KeyVersionId,
}

/// When a key gets a new version by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    /// Whether it does.
    pub enabled: bool,
    /// Time between two rotations, seconds.
    pub interval_s: Option<u32>,
    /// When it last did.
    pub rotated_at: Option<Timestamp>,
    /// When it will do so next.
    pub rotate_at: Option<Timestamp>,
}

impl KeyRecord {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            scope: row.scope()?,
            service: row.value("service")?,
            creator: row.value("creator")?,
            state: row.parsed("state")?,
            spec: row.value("spec")?,
            usage: row.value("usage")?,
            origin: row.value("origin")?,
            protection_level: row.value("protection_level")?,
            description: row.value("description")?,
            deletion_protection: row.truth("deletion_protection")?,
            deletion_protection_description: row.value("deletion_protection_description")?,
            policy: row.value("policy")?,
            created_at: row.time("created_at")?,
            delete_at: row.time_or_none("delete_at")?,
            destroyed_at: row.time_or_none("destroyed_at")?,
            material_expires_at: row.time_or_none("material_expires_at")?,
            rotation: Rotation::from_row(row)?,
            primary_version: row.parsed("primary_version")?,
        })
    }
}

impl Rotation {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            enabled: row.truth("rotation_enabled")?,
            interval_s: row.number_or_none("rotation_interval_s")?,
            rotated_at: row.time_or_none("rotated_at")?,
            rotate_at: row.time_or_none("rotate_at")?,
        })
    }
}
