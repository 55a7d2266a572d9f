//! The files beside a target while it is being written, and what keeps them from being someone's data.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use blobs::{Overwrite, PartialFile, partial_path, remove_own};

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

/// All files that a copy keeps beside its target while it runs; last the one that is locked.
fn beside(target: &Path) -> [PathBuf; 4] {
    let partial = partial_path(target);
    let journal = journal_path(&partial);
    [journal, partial_path(&guest_store(target)), partial_path(&verify_store(target)), partial]
}

/// Removes what a copy to `target` that will not go on left beside it, and nothing that has another name or is of another user.
///
/// Errors: `TargetBusy` when another copy writes the same target, whose files stay; the first of the system's, and the other files are
/// removed.
pub fn discard_copy(target: &Path) -> Result<()> {
    let lock = PartialFile::open_existing(target)?;
    let removed = beside(target).map(|path| remove_own(&path));
    drop(lock);
    Ok(removed.into_iter().collect::<blobs::Result<()>>()?)
}

/// A source never changes, whatever `--force` says and by whatever name the target, or a file beside it, is called.
pub(crate) fn refuse_sources<'a>(target: &Path, mut sources: impl Iterator<Item = &'a Path>) -> Result<()> {
    let inode = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let ours: Vec<_> = beside(target).iter().map(PathBuf::as_path).chain([target]).filter_map(inode).collect();
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
    let _ = remove_own(&journal_path(file.partial()));
    let _ = remove_own(&partial_path(&guest_store(file.target())));
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a copy left goes; its target, and files with names that only begin alike, stay.
    #[test]
    fn only_our_own_names_are_discarded() {
        let dir = tempfile::tempdir().unwrap();
        let ours = ["d.raw.partial", "d.raw.partial.journal", "d.raw.guest.partial", "d.raw.verify.partial"];
        let others = ["d.raw", "d.raw.sha256", "d.raw.partial.old", "d.raw.guest"];
        for name in ours.iter().chain(&others) {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        discard_copy(&dir.path().join("d.raw")).unwrap();
        assert!(ours.iter().all(|name| !dir.path().join(name).exists()));
        assert!(others.iter().all(|name| dir.path().join(name).exists()));
    }

    /// Of a copy that somebody goes on with, nothing is removed.
    #[test]
    fn a_copy_that_runs_is_not_discarded() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("d.raw");
        let running = PartialFile::open(&target, Overwrite::Refuse).unwrap();
        let left = beside(&target);
        left.iter().for_each(|path| std::fs::write(path, "x").unwrap());
        let refused = discard_copy(&target).unwrap_err();
        assert!(matches!(refused, EngineError::Blob(blobs::BlobError::TargetBusy { .. })), "{refused}");
        assert!(left.iter().all(|path| path.exists()));
        drop(running);
        discard_copy(&target).unwrap();
        assert!(left.iter().all(|path| !path.exists()));
    }
}
