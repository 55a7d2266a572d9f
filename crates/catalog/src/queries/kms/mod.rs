//! Keys, their versions and names, and what is under them.

pub use aliases::AliasRecord;
pub use import_tokens::ImportToken;
pub use key_filter::KeyFilter;
pub use key_record::{KeyRecord, KeyState, Rotation, UnknownKeyState};
pub use key_versions::KeyVersionRecord;
pub use sealed_images::{SealedImage, SealedImageRecord};

mod aliases;
mod import_tokens;
mod key_days;
mod key_filter;
mod key_record;
mod key_versions;
mod keys;
mod sealed_images;
