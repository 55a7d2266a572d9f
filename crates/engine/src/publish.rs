//! From a finished partial file to a target under its name.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;

use blobs::{Durability, Overwrite, PartialFile, SourceFile};
use crypto::Secret;
use crypto::digest::{Digest, TreeKey, TreeKind};
use formats::probe::Format;

use crate::copy::whole_file;
use crate::error::{EngineError, Result};
use crate::image::{Companions, Image};
use crate::keys::{KeyService, SealedRecord};
use crate::leaves::LeafWriter;
use crate::luks::payload_cipher;
use crate::observe::{Meter, Phase};
use crate::pins::open_sealed;
use crate::request::{CopyRequest, Unfinished};
use crate::scratch::verify_store;
use crate::sealed_file::SealedFile;
use crate::sealing::TreeKeys;
use crate::stack::Layer;
use crate::transfer::Surroundings;
use crate::verify::guest_root;

/// Where a new file goes, and where what is kept of it goes.
pub(crate) struct Destination<'a> {
    pub target: &'a Path,
    pub data_dir: &'a Path,
    pub overwrite: Overwrite,
    pub durability: Durability,
    /// What becomes of the file, and what is kept of it, when it does not get its name.
    pub unfinished: Unfinished,
}

impl CopyRequest {
    /// Of a file that is made anew when it does not get its name.
    pub(crate) fn destination(&self) -> Destination<'_> {
        Destination {
            target: &self.target,
            data_dir: &self.data_dir,
            overwrite: self.overwrite,
            durability: self.durability,
            unfinished: Unfinished::Discard,
        }
    }
}

impl Unfinished {
    /// Whether a file stays that ended with this error. Others may be about its bytes.
    pub(crate) fn keeps(self, error: &EngineError) -> bool {
        self == Self::Keep && matches!(error, EngineError::Cancelled | EngineError::Key(_))
    }
}

/// Keeps everything that belongs to the target, its record before its name, and gives it its name.
///
/// Errors: the system's, the key service's, or the name is taken by now; what was kept outside of the file is removed then, unless the file
/// stays.
pub(crate) fn publish(
    to: &Destination<'_>,
    service: &dyn KeyService,
    file: &PartialFile,
    tree: Option<&LeafWriter>,
    sealed: Option<&SealedFile>,
    kept: Option<&SealedRecord>,
) -> Result<()> {
    let record = sealed.map(|sealed| sealed.record(to.target)).or_else(|| kept.cloned());
    let result = keep(to, service, file, tree, sealed, record.as_ref())
        .and_then(|()| Ok(file.publish(to.overwrite, to.durability)?));
    // A target that replaced another one keeps its name, even if that could not be flushed.
    if let Err(error) = &result
        && !to.unfinished.keeps(error)
        && file.partial().exists()
    {
        if let Some(sealed) = sealed {
            sealed.forget(to.data_dir);
        }
        if let Some(record) = record {
            // The error on its way is the one to tell; a record too many only makes the key's guard too careful.
            let _ = service.forget(&record);
        }
    }
    result
}

/// Flushes the file and keeps tree, header and record. At once: a file system that is asked to flush four
/// files together writes its journal once, which is what such a flush costs. None of them needs another to be there before it; the name, which
/// is given afterwards, needs them all.
fn keep(
    to: &Destination<'_>,
    service: &dyn KeyService,
    file: &PartialFile,
    tree: Option<&LeafWriter>,
    sealed: Option<&SealedFile>,
    record: Option<&SealedRecord>,
) -> Result<()> {
    let durability = to.durability;
    std::thread::scope(|scope| {
        let jobs = [
            tree.map(|tree| scope.spawn(move || tree.commit(durability))),
            sealed.map(|sealed| scope.spawn(move || sealed.keep_header(to.data_dir, durability))),
            (durability == Durability::Durable).then(|| scope.spawn(|| Ok(file.flush(durability)?))),
        ];
        let remembered = record.map_or(Ok(()), |record| service.remember(record).map_err(EngineError::Key));
        let kept = jobs.into_iter().flatten().map(|job| job.join().unwrap_or_else(|panic| resume_unwind(panic)));
        kept.chain([remembered]).collect()
    })
}

/// A target that is complete but for its name, and what its disk should hold.
pub(crate) struct Expected<'a> {
    pub file: &'a PartialFile,
    /// `None`: the file itself is compared, byte for byte, not the disk in it.
    pub format: Option<Format>,
    pub sealed: bool,
    pub virtual_size: u64,
    pub guest: Option<Digest>,
}

/// Opens a new file as anyone would, and compares the guest's disk with what was read.
///
/// Errors: `Mismatch`, or whatever keeps the file from being opened.
pub(crate) fn verify_target(request: &CopyRequest, around: &Surroundings<'_>, expected: &Expected<'_>) -> Result<()> {
    let (layer, key) = open_target(around, expected)?;
    let total = layer.virtual_size;
    let meter = Meter::new(around.observer, Phase::Verify, total);
    let scratch = verify_store(&request.target);
    let found = guest_root(&Arc::new(vec![layer]), &key, request.threads, &meter, &scratch)?;
    if total != expected.virtual_size || Some(found) != expected.guest {
        let reason = "its disk does not hold what the source holds; check memory and storage of this machine";
        return Err(EngineError::Mismatch { path: expected.file.partial().to_owned(), reason: reason.to_owned() });
    }
    Ok(())
}

/// The new file's disk, and the key of its digests.
fn open_target(around: &Surroundings<'_>, expected: &Expected<'_>) -> Result<(Layer, TreeKey)> {
    let Some(format) = expected.format else {
        let file = Arc::new(SourceFile::open(expected.file.partial())?);
        return Ok((whole_file(&file), plain_tree_key()));
    };
    let image = Image::open_as(expected.file.partial(), format)?;
    if !expected.sealed {
        return Ok((image.layer(Companions::default(), None)?, plain_tree_key()));
    }
    let opened = open_sealed(&image, around.service)?;
    let key = TreeKeys::new(&opened.master_key).guest;
    let cipher = payload_cipher(&image, opened.master_key)?;
    Ok((image.layer(Companions::default(), cipher)?, key))
}

/// Key of the trees that compare plain copies: they protect against faults, not against anyone.
pub(crate) fn plain_tree_key() -> TreeKey {
    TreeKey::derive(&Secret::from_fn(32, |_| ()), TreeKind::Guest, b"plain")
}
