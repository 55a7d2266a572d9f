//! Keys as commands see them, wherever they are: in the data directory or at a server.

mod local;
mod remote;
mod view;

pub(crate) use view::{ImageView, KeyView, VersionView};

use anyhow::Result;
use catalog::Timestamp;
use crypto::asymmetric::WrappingAlgorithm;
use kms::{AliasName, IfInUse, KeyRef, KeySpec, NewKey, RotationInterval};

use crate::args::InRegion;
use crate::remote::Server;
use crate::store::Store;

/// What `reseal key` asks. Every call answers alike from both places.
pub(crate) trait Keys {
    fn create(&self, new: &NewKey) -> Result<KeyView>;
    fn list(&self) -> Result<Vec<KeyView>>;
    fn show(&self, key: &KeyRef) -> Result<KeyView>;
    fn enable(&self, key: &KeyRef) -> Result<KeyView>;
    fn disable(&self, key: &KeyRef, if_in_use: IfInUse) -> Result<KeyView>;
    fn schedule_deletion(&self, key: &KeyRef, days: u16, if_in_use: IfInUse) -> Result<KeyView>;
    fn cancel_deletion(&self, key: &KeyRef) -> Result<KeyView>;
    /// Destroys keys whose waiting time has ended; their ids.
    fn destroy_due(&self) -> Result<Vec<String>>;
    /// `None`: never.
    fn set_rotation(&self, key: &KeyRef, interval: Option<RotationInterval>) -> Result<KeyView>;
    fn create_version(&self, key: &KeyRef) -> Result<VersionView>;
    fn versions(&self, key: &KeyRef) -> Result<Vec<VersionView>>;
    fn create_alias(&self, alias: &AliasName, key: &KeyRef) -> Result<()>;
    fn update_alias(&self, alias: &AliasName, key: &KeyRef) -> Result<()>;
    fn delete_alias(&self, alias: &AliasName) -> Result<()>;
    /// Name and key id of each.
    fn aliases(&self) -> Result<Vec<[String; 2]>>;
    fn usage(&self, key: &KeyRef) -> Result<Vec<ImageView>>;
    fn import_parameters(
        &self,
        key: &KeyRef,
        algorithm: WrappingAlgorithm,
        wrapping_spec: KeySpec,
    ) -> Result<WrappingParameters>;
    fn import(&self, key: &KeyRef, wrapped: &WrappedMaterial) -> Result<KeyView>;
}

/// What an owner of material wraps it with.
pub(crate) struct WrappingParameters {
    /// X.509 SubjectPublicKeyInfo, DER.
    pub(crate) public_key: Vec<u8>,
    pub(crate) import_token: Vec<u8>,
}

/// Material on its way.
pub(crate) struct WrappedMaterial {
    pub(crate) encrypted: Vec<u8>,
    pub(crate) import_token: Vec<u8>,
    /// `None`: never.
    pub(crate) expires_at: Option<Timestamp>,
}

/// The keys that the command is for.
pub(crate) fn open(store: &Store, server: Server, region: &InRegion) -> Result<Box<dyn Keys>> {
    match server.open(region.region.clone())? {
        Some(remote) => Ok(Box::new(remote)),
        None => Ok(Box::new(local::LocalKeys::open(store, region)?)),
    }
}
