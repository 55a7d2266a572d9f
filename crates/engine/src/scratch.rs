//! The files beside a target while it is being written, and what keeps them from being someone's data.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use blobs::{Overwrite, PartialFile, partial_path};

use crate::error::{EngineError, Result};
use crate::journal::journal_path;

/// Leaf digests of the guest's disk.
pub(crate) fn guest_store(target: &Path) -> PathBuf {
    with_suffix(target, ".guest")
}

/// Leaf digests while `--verify` reads the target back.
pub(crate) fn verify_store(target: &Path) -> PathBuf {
    with_suffix(target, ".verify")
}

/// A source never changes, whatever `--force` says and by whatever name the target, or a file beside it, is called.
pub(crate) fn refuse_sources<'a>(target: &Path, mut sources: impl Iterator<Item = &'a Path>) -> Result<()> {
    let inode = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let partial = partial_path(target);
    let journal = journal_path(&partial);
    let stores = [partial_path(&guest_store(target)), partial_path(&verify_store(target))];
    let ours: Vec<_> =
        [target.to_owned(), partial, journal].into_iter().chain(stores).filter_map(|p| inode(&p)).collect();
    match sources.find(|source| inode(source).is_some_and(|source| ours.contains(&source))) {
        Some(source) => Err(EngineError::Unsuitable(format!(
            "writing {} would change the source {} itself; choose another target",
            target.display(),
            source.display()
        ))),
        None => Ok(()),
    }
}

/// Makes a locked partial file empty for a new copy. A journal beside it, readable or not, says that the content is ours.
///
/// Errors: a file of that name with content of another origin, unless existing files may be replaced.
pub(crate) fn make_empty(file: &PartialFile, overwrite: Overwrite) -> Result<()> {
    let ours = file.is_empty()? || journal_path(file.partial()).exists();
    if !ours && overwrite == Overwrite::Refuse {
        return Err(EngineError::Unsuitable(format!(
            "{} exists and is not of an interrupted copy; move it away, or give --force to replace it",
            file.partial().display()
        )));
    }
    Ok(file.set_len(0)?)
}

/// Removes what belongs to earlier copies to the same target. What cannot be removed does no harm.
pub(crate) fn sweep(file: &PartialFile) {
    let _ = std::fs::remove_file(journal_path(file.partial()));
    let _ = std::fs::remove_file(partial_path(&guest_store(file.target())));
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
