//! Records and their queries, one file a record, the resource first in each name.

pub use aliases::AliasRecord;
pub use key_versions::KeyVersionRecord;
pub use keys::{KeyRecord, KeyState};
pub use sealed_images::{SealedImage, SealedImageRecord};

mod aliases;
mod key_versions;
mod keys;
mod meta;
mod sealed_images;
