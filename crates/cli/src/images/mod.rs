//! Images as commands see them, wherever they are: in the data directory or at a server.

mod find;
mod local;
mod remedy;
mod remote;
mod tickets;
mod view;
mod wait;

pub(crate) use find::find;
pub(crate) use local::LocalImages;
pub(crate) use remedy::with_remedy;
pub(crate) use remote::{RemoteImages, given};
pub(crate) use tickets::{TicketView, Tickets};
pub(crate) use view::{DiskView, ImageView};
pub(crate) use wait::wait;

use anyhow::Result;
use ecs::{CopyImage, ImageFilter, ImportDisk, ImportImage, VerifiedDisk, Watch};

use crate::remote::Server;
use crate::store::Store;

/// What `reseal image` asks. Every call answers alike from both places.
pub(crate) trait Images: Tickets {
    /// The region that the command is for.
    fn region(&self) -> &str;

    /// A file that is to be imported.
    ///
    /// Errors: it cannot be reached from where the images are; the text says what can.
    fn source(&self, file: &str) -> Result<ImportDisk>;

    /// Images in a region, newest first. Of the filter count statuses, ids and the part of the name.
    fn list(&self, filter: &ImageFilter, region: &str) -> Result<Vec<ImageView>>;

    /// Begins an import; the id of the new image.
    fn import(&self, new: &ImportImage) -> Result<String>;

    /// Begins a copy; the id of the new image.
    fn copy(&self, copy: &CopyImage) -> Result<String>;

    /// Sees to it that an unfinished image is worked on while the command waits for it.
    fn work_on(&self, image_id: &str);

    fn cancel(&self, image_id: &str) -> Result<()>;
    fn delete(&self, image_id: &str) -> Result<()>;
    fn verify(&self, image_id: &str, watch: &Watch) -> Result<Vec<VerifiedDisk>>;

    /// The regions, that of calls that name none first.
    fn regions(&self) -> Result<Vec<String>>;
}

/// The images that the command is for.
pub(crate) fn open(store: &Store, server: Server, region: Option<String>) -> Result<Box<dyn Images>> {
    match server.open()? {
        Some(remote) => Ok(Box::new(RemoteImages::new(remote, region))),
        None => Ok(Box::new(LocalImages::open(store, region.as_deref())?)),
    }
}
