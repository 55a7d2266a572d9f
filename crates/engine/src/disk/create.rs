use std::path::PathBuf;

use blobs::{Durability, Overwrite, PartialFile};
use crypto::Random;
use formats::envelope::Mode;

use super::empty::EmptyDisk;
use super::layer::driver_of;
use crate::abandoned::image_in_journal;
use crate::decide::SourceState;
use crate::error::{EngineError, Result};
use crate::header_backup::forget_image;
use crate::image::{Companions, Image};
use crate::journal::{CopyId, Header, Journal, boot_id, journal_path};
use crate::keys::{KeyService, SealedRecord};
use crate::luks::LuksKind;
use crate::pins::check_pins;
use crate::publish::{Destination, publish};
use crate::request::{ImageFile, Unfinished};
use crate::scratch::{make_empty, refuse_sources, sweep};
use crate::sealing::Sealing;

/// A disk to make.
pub struct DiskRequest<'a> {
    /// The file. It has its name when it is complete, and is for its owner only.
    pub path: PathBuf,
    /// Bytes of the disk: a multiple of 512, and not less than what lies under it.
    pub virtual_size: u64,
    /// What the disk holds at first; it must not change any more. `None`: zeros.
    pub backing: Option<ImageFile>,
    /// The key to encrypt under; `None`: a plain disk.
    pub seal: Option<Seal<'a>>,
    /// Whether an existing file is replaced.
    pub overwrite: Overwrite,
    /// Whether to wait for stable storage.
    pub durability: Durability,
    /// Where copies of LUKS headers are kept.
    pub data_dir: PathBuf,
}

/// How a disk is encrypted.
pub struct Seal<'a> {
    /// The key service, bound to the key for new data keys.
    pub service: &'a dyn KeyService,
    /// The time, RFC 3339, for the envelope.
    pub created: String,
}

/// A disk that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Length of the new file in bytes.
    pub file_bytes: u64,
    /// What the key service was told to remember of it: id, key and key version among others. `None`: it is plain.
    pub sealed: Option<SealedRecord>,
}

/// Makes a disk, in the same time whatever its size: of what lies under it only the headers are read.
///
/// Errors: an encrypted image under a plain disk, a disk smaller than what lies under it, `NotForGuests` for an image that QEMU
/// does not open, `Tampered`, the KMS's refusal, the system's. An error leaves nothing.
pub fn create(request: &DiskRequest<'_>, random: &dyn Random) -> Result<Created> {
    refuse_sources(&request.path, request.backing.iter().map(|file| file.path.as_path()))?;
    let below = request.backing.as_ref().map(|file| Below::open(file, request)).transpose()?;
    let empty = EmptyDisk::plan(request, below)?;
    let sealing = match &request.seal {
        Some(Seal { service, created }) => {
            Some(Sealing::create(LuksKind::Luks1InQcow2, Mode::Disk, *service, random, created)?)
        }
        None => None,
    };
    let file = PartialFile::open(&request.path, request.overwrite)?;
    let journal = begin(request, &file, sealing.as_ref(), random);
    // A file of another origin has content, and stays.
    if journal.is_err() && file.is_empty().unwrap_or(false) {
        let _ = std::fs::remove_file(journal_path(file.partial()));
        let _ = file.discard();
    }
    let journal = journal?;
    let made = finish(request, &file, &empty, sealing, random);
    if made.is_err() {
        // What cannot be removed is reported by nobody: an error is on its way already.
        let _ = file.discard();
    }
    journal.remove()?;
    made
}

/// Makes the partial file empty and says in a journal that it is ours, and of which image. A run that was killed is not gone on
/// with: there is nothing to save.
fn begin(
    request: &DiskRequest<'_>,
    file: &PartialFile,
    sealing: Option<&Sealing>,
    random: &dyn Random,
) -> Result<Journal> {
    let abandoned = image_in_journal(&request.path);
    make_empty(file, request.overwrite)?;
    sweep(file);
    if let Some(image) = abandoned {
        forget_image(&request.data_dir, &image)?;
    }
    let id = CopyId { source: String::new(), request: "disk".to_owned() };
    let sealing = sealing.map(|sealing| sealing.save(random)).transpose()?;
    Journal::create(&journal_path(file.partial()), &Header { id, boot_id: boot_id(), sealing })
}

/// Writes the file and gives it its name.
fn finish(
    request: &DiskRequest<'_>,
    file: &PartialFile,
    empty: &EmptyDisk,
    sealing: Option<Sealing>,
    random: &dyn Random,
) -> Result<Created> {
    empty.write_tables(file)?;
    let (Some(mut sealing), Some(seal)) = (sealing, &request.seal) else {
        empty.write_header(file, None)?;
        file.commit(request.overwrite, request.durability)?;
        return Ok(Created { file_bytes: empty.file_bytes(), sealed: None });
    };
    let sealed = empty.seal(file, &mut sealing, random)?;
    let to = Destination {
        target: &request.path,
        data_dir: &request.data_dir,
        overwrite: request.overwrite,
        durability: request.durability,
        unfinished: Unfinished::Discard,
    };
    publish(&to, seal.service, file, None, Some(&sealed), None)?;
    Ok(Created { file_bytes: empty.file_bytes(), sealed: Some(sealed.record(&request.path)) })
}

/// What lies under a new disk.
pub(super) struct Below {
    /// Its absolute path: a relative one would be looked for beside the disk.
    pub path: PathBuf,
    /// QEMU's name of its format.
    pub driver: &'static str,
}

impl Below {
    fn open(file: &ImageFile, request: &DiskRequest<'_>) -> Result<Self> {
        let unsuitable = |text: String| Err(EngineError::Unsuitable(text));
        let image = Image::open(&file.path, file.format)?;
        if image.state() == SourceState::Encrypted && request.seal.is_none() {
            return unsuitable("an encrypted image never gets a plain disk".to_owned());
        }
        let driver = driver_of(&image)?;
        image.layer(Companions::default(), None)?;
        if let Some(found) = &image.envelope {
            check_pins(&image, &found.envelope)?;
        }
        let (wanted, least) = (request.virtual_size, image.virtual_size());
        if wanted < least {
            return unsuitable(format!("a disk of {wanted} bytes is smaller than its image, which has {least} bytes"));
        }
        Ok(Self { path: std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone()), driver })
    }
}
