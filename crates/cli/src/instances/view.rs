//! What is shown of an instance.

use serde::Serialize;

/// An instance. Texts that are empty are not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InstanceView {
    pub(crate) instance_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) region: String,
    /// The API's word.
    pub(crate) status: String,
    pub(crate) instance_type: String,
    pub(crate) cpu: u32,
    pub(crate) memory_mib: u32,
    pub(crate) image_id: String,
    pub(crate) encrypted: bool,
    pub(crate) creation_time: String,
    pub(crate) start_time: String,
    pub(crate) key_pair: String,
    pub(crate) protected: bool,
    /// Why it is Stopped where nobody asked for that.
    pub(crate) failure: String,
    /// What keeps it from being started.
    pub(crate) locks: Vec<LockView>,
    pub(crate) forwards: Vec<ForwardView>,
}

/// A key that cannot be used now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LockView {
    pub(crate) key_id: String,
    /// The API's word; empty: there is no such key.
    pub(crate) key_state: String,
    pub(crate) reason: String,
}

/// A port of the host that leads into the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ForwardView {
    pub(crate) host_address: String,
    pub(crate) host_port: u16,
    pub(crate) guest_port: u16,
}

/// A disk of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AttachedDiskView {
    pub(crate) disk_id: String,
    pub(crate) device: String,
    /// `system` or `data`.
    pub(crate) kind: String,
    pub(crate) virtual_bytes: u64,
    pub(crate) image_id: String,
    pub(crate) snapshot_id: String,
    pub(crate) key_id: String,
    pub(crate) key_version_id: String,
}
