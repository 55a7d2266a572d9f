//! Images as commands see them, wherever they are: in the data directory or at a server.

mod find;
mod local;
mod remedy;
mod remote;
mod tasks;
mod tickets;
mod upload;
mod view;
mod wait;

pub(crate) use find::find;
pub(crate) use local::LocalImages;
pub(crate) use remedy::with_remedy;
pub(crate) use remote::{RemoteImages, given};
pub(crate) use tasks::{TaskRow, TaskView, Tasks};
pub(crate) use tickets::{TicketView, Tickets, view as ticket_view};
pub(crate) use view::{DiskView, ImageView};
pub(crate) use wait::{wait, wait_for_task};

use anyhow::Result;
use ecs::{CopyImage, ExportImage, ImageFilter, ImportDisk, ImportImage, ShareImage, VerifiedDisk, Watch};

use crate::remote::Server;
use crate::store::Store;

/// What `reseal image` asks. Every call answers alike from both places.
pub(crate) trait Images: Tasks + Tickets {
    /// The region that the command is for.
    fn region(&self) -> &str;

    /// A file that is to be imported; to a server it is sent first, unless it is the object of a bucket there. `quiet`: show no progress.
    ///
    /// Errors: it cannot be read, or not be sent.
    fn source(&self, file: &str, quiet: bool) -> Result<ImportDisk>;

    /// Images in a region, newest first. Of the filter count statuses, ids and the part of the name.
    fn list(&self, filter: &ImageFilter, region: &str) -> Result<Vec<ImageView>>;

    /// Begins an import; the id of the new image.
    fn import(&self, new: &ImportImage) -> Result<String>;

    /// Begins a copy; the id of the new image.
    fn copy(&self, copy: &CopyImage) -> Result<String>;

    /// Sees to it that an unfinished image is worked on while the command waits for it.
    fn work_on(&self, image_id: &str);

    /// Begins an export; the id of its task.
    fn export(&self, export: &ExportImage) -> Result<String>;

    fn share(&self, share: &ShareImage) -> Result<()>;
    fn cancel_copy(&self, image_id: &str) -> Result<()>;
    fn delete(&self, image_id: &str) -> Result<()>;
    fn verify(&self, image_id: &str, watch: &Watch) -> Result<Vec<VerifiedDisk>>;

    /// The regions, that of calls that name none first.
    fn regions(&self) -> Result<Vec<String>>;
}

/// The images that the command is for.
pub(crate) fn open(store: &Store, server: Server, region: Option<String>) -> Result<Box<dyn Images>> {
    match server.open(None)? {
        Some(remote) => Ok(Box::new(RemoteImages::new(remote, region))),
        None => Ok(Box::new(LocalImages::open(store, region.as_deref())?)),
    }
}
