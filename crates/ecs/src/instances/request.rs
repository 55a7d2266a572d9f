//! What calls on instances ask for, and what they are answered.

use std::net::SocketAddrV4;
use std::sync::Arc;

use catalog::{DiskRecord, InstanceRecord, KeyId, KeyState, Tag};
use kms::KeyFacts;
use ram::Action;
use serde::{Deserialize, Serialize};

use super::types::InstanceType;
use crate::disks::{NewDataDisk, NewSystemDisk};

/// Instances that are to be made. Source: ecs-images.md 9.
#[derive(Debug, Clone)]
pub struct NewInstances {
    /// The image of the system disk, and of data disks where it has such.
    pub image_id: String,
    /// The type, which the configuration lists.
    pub instance_type: String,
    /// Name of all; empty: their id.
    pub name: String,
    /// Text for people; empty: none.
    pub description: String,
    /// Host name for the guest; empty: none.
    pub host_name: String,
    /// The system disk.
    pub system_disk: NewSystemDisk,
    /// Data disks: those of the image that are changed, by their device, and others.
    pub data_disks: Vec<NewDataDisk>,
    /// How many, 1 to 100. CreateInstance makes one.
    pub amount: u32,
    /// With how many the call is content; `None`: all or none.
    pub min_amount: Option<u32>,
    /// Name of the key pair that they are given; `None`: none. That needs no right of its own.
    pub key_pair: Option<String>,
    /// Whether they are protected from deletion.
    pub is_protected: bool,
    /// Tags of each.
    pub tags: Vec<Tag>,
}

/// What is to be changed of an instance; `None` keeps what is there.
#[derive(Debug, Clone, Default)]
pub struct ModifyInstance {
    /// The instance.
    pub instance_id: String,
    /// New name.
    pub name: Option<String>,
    /// New text for people.
    pub description: Option<String>,
    /// Whether it is protected from deletion.
    pub is_protected: Option<bool>,
}

/// A right on a key that the caller must have for a call, beside those on resources of ECS.
#[derive(Debug, Clone)]
pub struct KeyNeed {
    /// `kms:GenerateDataKey` or `kms:Decrypt`.
    pub action: Action,
    /// The key.
    pub facts: Arc<KeyFacts>,
}

/// An instance with what belongs to it.
#[derive(Debug, Clone)]
pub struct DescribedInstance {
    /// The instance.
    pub instance: InstanceRecord,
    /// Its disks, the system disk first.
    pub disks: Vec<DiskRecord>,
    /// Its tags, by name.
    pub tags: Vec<Tag>,
    /// Name of the key pair that it was given, if it was given one.
    pub key_pair: Option<String>,
    /// Ports of the host that lead into the guest.
    pub forwards: Vec<PortForward>,
    /// The keys that keep it from being started. It goes on while it runs; it heals by itself when they can be used again.
    pub locks: Vec<KeyLock>,
}

/// A key of an instance that cannot be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLock {
    /// The key.
    pub key_id: KeyId,
    /// Its state; `None` for a key that is gone.
    pub state: Option<KeyState>,
    /// What is the matter and what to do, for people.
    pub reason: String,
}

/// A port of the host that leads to one of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortForward {
    /// Where the host listens.
    pub host: SocketAddrV4,
    /// The guest's port.
    pub guest_port: u16,
}

/// What a guest wrote to its serial console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleOutput {
    /// The last 64 KiB of it, as base64 text.
    pub base64: String,
    /// When it was read.
    pub read_at: catalog::Timestamp,
}

/// Which types are wanted; empty lists stand for any.
#[derive(Debug, Clone, Default)]
pub struct InstanceTypeFilter {
    /// Names.
    pub names: Vec<String>,
    /// Family, such as `ecs.g6`.
    pub family: String,
}

impl InstanceTypeFilter {
    pub(super) fn wants(&self, found: &InstanceType) -> bool {
        (self.names.is_empty() || self.names.contains(&found.name))
            && (self.family.is_empty() || self.family == found.family())
    }
}
