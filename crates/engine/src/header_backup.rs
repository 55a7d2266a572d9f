//! A copy of each sealed image's LUKS header in the data directory: `headers/<image>.luks`.
//!
//! A header that is damaged or replaced is put back from here. Without the data key the copy is
//! worth nothing to anyone: it is what stands in the image file itself.
//!
//! ```text
//!   line   "reseal luks header 1\n"
//!   line   JSON: where it stands, how many zeros follow   \n
//!   bytes  header and key material
//! ```

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use blobs::{BlobError, Durability, Overwrite, PartialFile};
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};
use crate::image::Image;
use crate::leaves::file_tree_path;
use crate::luks::NewHeader;
use crate::sealed_file::overlay;
use crate::sealing::is_uuid;

const FIRST_LINE: &str = "reseal luks header 1\n";
const DIRECTORY: &str = "headers";
/// Largest copy: header and one keyslot need 300 KB.
const BACKUP_BYTES_MAX: u64 = 8 << 20;

/// A LUKS header and where it belongs.
pub(crate) struct HeaderBackup {
    image: String,
    place: Place,
    bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    /// First byte in the image file.
    offset: u64,
    /// Bytes from there on that belong to the header; those without copy are zeros.
    len: u64,
}

impl HeaderBackup {
    pub(crate) fn new(image: &str, luks: u64, header: &[u8], new: &NewHeader, material: &[u8]) -> Self {
        let end = new.key_material_offset() as usize + material.len();
        let mut bytes = vec![0; end];
        overlay(&mut bytes, 0, 0, header);
        overlay(&mut bytes, 0, new.key_material_offset(), material);
        Self { image: image.to_owned(), place: Place { offset: luks, len: new.area_end() }, bytes }
    }

    pub(crate) fn store(&self, data_dir: &Path, overwrite: Overwrite, durability: Durability) -> Result<()> {
        crate::leaves::make_directory(&data_dir.join(DIRECTORY))?;
        let file = PartialFile::open(&backup_path(data_dir, &self.image), overwrite)?;
        let stored = self.write_to(&file).and_then(|()| Ok(file.commit(overwrite, durability)?));
        if stored.is_err() {
            let _ = file.discard();
        }
        stored
    }

    fn write_to(&self, file: &PartialFile) -> Result<()> {
        let mut text = FIRST_LINE.to_owned();
        text += &serde_json::to_string(&self.place).map_err(|e| EngineError::Unsuitable(e.to_string()))?;
        text.push('\n');
        file.set_len(0)?;
        file.write_all_at(text.as_bytes(), 0)?;
        Ok(file.write_all_at(&self.bytes, text.len() as u64)?)
    }

    /// Removes the copy of a file that did not come to be.
    pub(crate) fn forget(&self, data_dir: &Path) {
        let _ = std::fs::remove_file(backup_path(data_dir, &self.image));
    }

    /// The first `len` bytes of the kept copy of an image's header, if there is one.
    pub(crate) fn kept_bytes(data_dir: &Path, image: &str, len: usize) -> Result<Option<Vec<u8>>> {
        let backup = Self::load(data_dir, image)?;
        Ok(backup.and_then(|backup| backup.bytes.get(..len).map(<[u8]>::to_vec)))
    }

    fn load(data_dir: &Path, image: &str) -> Result<Option<Self>> {
        let path = backup_path(data_dir, image);
        let io = |e| BlobError::Io { action: "read", path: path.clone(), source: e };
        let bytes = match std::fs::metadata(&path) {
            Ok(metadata) if metadata.len() <= BACKUP_BYTES_MAX => std::fs::read(&path).map_err(io)?,
            _ => return Ok(None),
        };
        let Some(rest) = bytes.strip_prefix(FIRST_LINE.as_bytes()) else { return Ok(None) };
        let Some(line) = rest.iter().position(|&b| b == b'\n') else { return Ok(None) };
        let Ok(place) = serde_json::from_slice(&rest[..line]) else { return Ok(None) };
        Ok(Some(Self { image: image.to_owned(), place, bytes: rest[line + 1..].to_vec() }))
    }
}

/// Writes the kept LUKS header back into an image file, in place.
///
/// `image`: the image's id, when the caller knows it; else it is taken from the file's envelope.
/// Errors: no copy is kept, or the file cannot be written.
pub fn restore_header(path: &Path, image: Option<&str>, data_dir: &Path) -> Result<()> {
    let found = match image {
        Some(image) => Some(image.to_owned()),
        None => image_id(path),
    };
    let locked = |reason: &str| EngineError::Locked { path: path.to_owned(), reason: reason.to_owned() };
    let Some(id) = found.filter(|id| is_uuid(id)) else {
        return Err(locked(
            "no envelope in it says which image it is; name the image with --image (reseal key usage KEY lists the ids)",
        ));
    };
    let Some(backup) = HeaderBackup::load(data_dir, &id)? else {
        return Err(locked(&format!("no header is kept for image {id} in {}", data_dir.display())));
    };
    let io = |action| move |e| BlobError::Io { action, path: path.to_owned(), source: e };
    let file = std::fs::File::options().write(true).open(path).map_err(io("open"))?;
    let mut area = vec![0; backup.place.len.min(BACKUP_BYTES_MAX) as usize];
    overlay(&mut area, 0, 0, &backup.bytes);
    file.write_all_at(&area, backup.place.offset).map_err(io("write"))?;
    file.sync_all().map_err(io("flush"))?;
    Ok(())
}

/// The image id in an envelope, even of a file whose LUKS header no longer decodes.
pub(crate) fn image_id(path: &Path) -> Option<String> {
    let envelope = match Image::open(path, None) {
        Ok(image) => image.envelope.map(|found| found.envelope).or_else(|| Image::scan_envelope(path)),
        Err(_) => Image::scan_envelope(path),
    };
    envelope?.ctx.get("image").cloned()
}

/// Removes what the data directory keeps of a sealed file that is gone: its digest tree and its header's copy, finished or not. What
/// is not there is no error.
///
/// `image`: the id in its envelope. Errors: the system's.
pub fn forget_image(data_dir: &Path, image: &str) -> Result<()> {
    if !is_uuid(image) {
        return Ok(());
    }
    let (tree, backup) = (file_tree_path(data_dir, image), backup_path(data_dir, image));
    for path in [blobs::partial_path(&tree), tree, blobs::partial_path(&backup), backup] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(BlobError::Io { action: "remove", path, source: error }.into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn backup_path(data_dir: &Path, image: &str) -> PathBuf {
    data_dir.join(DIRECTORY).join(format!("{image}.luks"))
}
