//! Instances as commands see them, wherever they are: in the data directory or at a server.

mod find;
mod local;
mod remote;
mod terminal;
mod view;
mod wait;

pub(crate) use find::find;
pub(crate) use terminal::attach;
pub(crate) use view::{AttachedDiskView, ForwardView, InstanceView, LockView};
pub(crate) use wait::wait_until;

use std::path::PathBuf;

use anyhow::Result;
use ecs::NewInstances;

use crate::images::{Images, LocalImages, RemoteImages};
use crate::remote::Server;
use crate::store::Store;

/// What `reseal instance` asks. Every call answers alike from both places; an image may be named by its name, so images are there, too.
pub(crate) trait Instances: Images {
    /// Instances in the region, newest first; `ids` empty: all, else those, separated by commas.
    fn instances(&self, ids: &str) -> Result<Vec<InstanceView>>;

    /// Disks of an instance, the system disk first.
    fn attached_disks(&self, instance_id: &str) -> Result<Vec<AttachedDiskView>>;

    /// Makes instances and starts them; their ids.
    fn run(&self, new: &NewInstances) -> Result<Vec<String>>;

    fn start(&self, id: &str) -> Result<()>;
    fn stop(&self, id: &str, force: bool) -> Result<()>;
    fn reboot(&self, id: &str, force: bool) -> Result<()>;
    fn delete_instance(&self, id: &str, force: bool) -> Result<()>;

    /// What the guest wrote to its console, the last of it.
    fn console_output(&self, id: &str) -> Result<Vec<u8>>;

    /// The socket of the console.
    ///
    /// Errors: it is on another host.
    fn console_socket(&self, id: &str, store: &Store) -> Result<PathBuf>;
}

/// The instances that the command is for.
pub(crate) fn open(store: &Store, server: Server, region: Option<String>) -> Result<Box<dyn Instances>> {
    match server.open()? {
        Some(remote) => Ok(Box::new(RemoteImages::new(remote, region))),
        None => Ok(Box::new(LocalImages::open_alone(store, region.as_deref())?)),
    }
}
