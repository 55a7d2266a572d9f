//! Puts the LUKS header, the digest roots and the envelope of a new file in their places, the
//! bytes that make it an image last.

use std::path::Path;

use blobs::{Durability, Overwrite, PartialFile};
use crypto::Random;
use crypto::digest::{Digest, LeafHasher, Sha256};
use formats::envelope::ENVELOPE_CAPACITY;
use formats::luks1::{ENVELOPE_AREA_HEAD_BYTES, ENVELOPE_AREA_OFFSET, encode_envelope_area};

use crate::error::{EngineError, Result};
use crate::header_backup::HeaderBackup;
use crate::keys::SealedRecord;
use crate::leaves::{LEAF_BYTES, file_tree_path};
use crate::luks::NewHeader;
use crate::pipeline::{Tree, digest_leaf};
use crate::sealing::{Roots, Sealing};
use crate::target::{ByteRange, Finished, Target};

/// Bytes of the envelope area of a raw LUKS1 file: head, envelope, checksum.
const ENVELOPE_AREA_BYTES: u64 = (ENVELOPE_AREA_HEAD_BYTES + ENVELOPE_CAPACITY + 32) as u64;

/// A file whose payload and tables are written.
pub(crate) struct SealedParts<'a> {
    pub file: &'a PartialFile,
    pub target: &'a dyn Target,
    pub finished: &'a Finished,
    pub tree: Option<&'a Tree>,
    pub guest: Option<Digest>,
}

/// What is kept outside of a sealed file.
pub(crate) struct SealedFile {
    backup: HeaderBackup,
    record: SealedRecord,
}

/// Where header and envelope of a format stand.
struct Places {
    /// First byte of the LUKS header.
    luks: u64,
    /// Bytes whose digest is that of zeros: the envelope's own.
    mask: ByteRange,
    /// Bytes at the start of the file that are written last, envelope left out.
    head: Vec<u8>,
}

impl SealedParts<'_> {
    /// Seals the file.
    pub(crate) fn seal(&self, sealing: &mut Sealing, random: &dyn Random) -> Result<SealedFile> {
        let places = self.places(sealing)?;
        let material = sealing.key_material(random)?;
        self.file.write_all_at(&material, places.luks + sealing.header.key_material_offset())?;
        // Inside a qcow2 the LUKS header is no magic of the file, so it can stand there already.
        if let (Some(offset), NewHeader::V1(header)) = (self.target.luks_offset(), &sealing.header) {
            self.file.write_all_at(&header.encode(), offset)?;
        }
        let area = area_digest(&sealing.header, &material)?;
        let roots = self.roots(&places, sealing.header.key_material_offset() + material.len() as u64)?;
        let envelope = sealing.complete(roots.as_ref(), &area)?;
        let header = self.write_headers(&sealing.header, &envelope, random)?;
        let backup = HeaderBackup::new(sealing.image(), places.luks, &header, &sealing.header, &material);
        Ok(SealedFile::new(backup, record(sealing, &envelope)))
    }

    fn places(&self, sealing: &Sealing) -> Result<Places> {
        if let Some(luks) = self.target.luks_offset() {
            let blank = [0; ENVELOPE_CAPACITY];
            let (head, at) = self.target.header(self.finished, Some(&blank))?;
            let mask = ByteRange { offset: at.unwrap_or(0), len: ENVELOPE_CAPACITY as u64 };
            return Ok(Places { luks, mask, head });
        }
        match &sealing.header {
            NewHeader::V1(header) => {
                let mask = ByteRange { offset: ENVELOPE_AREA_OFFSET, len: ENVELOPE_AREA_BYTES };
                Ok(Places { luks: 0, mask, head: header.encode().to_vec() })
            }
            // Both copies hold the envelope under a checksum, so all of them is masked; they are pinned otherwise.
            header @ NewHeader::V2 { .. } => {
                let mask = ByteRange { offset: 0, len: header.key_material_offset() };
                Ok(Places { luks: 0, mask, head: Vec::new() })
            }
        }
    }

    /// Completes the file's tree with what is not payload, and takes both roots.
    ///
    /// `header_len`: bytes of LUKS header and key material. The rest of their area, most of 2 MiB, was never written: it is zeros, as the tree
    /// has it, and to read it would only fill memory.
    fn roots(&self, places: &Places, header_len: u64) -> Result<Option<Roots>> {
        let (Some(tree), Some(guest)) = (self.tree, self.guest) else { return Ok(None) };
        let fixed = ByteRange { offset: 0, len: places.luks + header_len };
        let tables = self.finished.tables.iter().copied();
        for range in [fixed, places.mask].into_iter().chain(tables) {
            self.digest_range(tree, range, places)?;
        }
        let file_bytes = self.finished.file_len;
        Ok(Some(Roots { file_bytes, file: tree.leaves.root(&tree.key, file_bytes)?, guest }))
    }

    fn digest_range(&self, tree: &Tree, range: ByteRange, places: &Places) -> Result<()> {
        let mut hasher = LeafHasher::new(&tree.key);
        let mut leaf = vec![0; LEAF_BYTES as usize];
        let end = (range.offset + range.len).min(self.finished.file_len);
        for index in range.offset / LEAF_BYTES..end.div_ceil(LEAF_BYTES) {
            let offset = index * LEAF_BYTES;
            let len = LEAF_BYTES.min(self.finished.file_len - offset) as usize;
            leaf.fill(0);
            self.file.read_exact_at(&mut leaf[..len], offset)?;
            overlay(&mut leaf, offset, 0, &places.head);
            mask(&mut leaf, offset, places.mask);
            tree.leaves.put(index, &[digest_leaf(&mut hasher, &leaf)])?;
        }
        Ok(())
    }

    /// Writes envelope and headers; returns the LUKS header as it stands in the file.
    fn write_headers(&self, header: &NewHeader, envelope: &[u8], random: &dyn Random) -> Result<Vec<u8>> {
        let luks = header.encode(envelope, random)?;
        if self.target.luks_offset().is_some() {
            let (head, _) = self.target.header(self.finished, Some(envelope))?;
            self.file.write_all_at(&head, 0)?;
            return Ok(luks);
        }
        if let NewHeader::V1(_) = header {
            self.file.write_all_at(&encode_envelope_area(envelope), ENVELOPE_AREA_OFFSET)?;
        }
        self.file.write_all_at(&luks, 0)?;
        Ok(luks)
    }
}

impl SealedFile {
    pub(crate) fn new(backup: HeaderBackup, record: SealedRecord) -> Self {
        Self { backup, record }
    }

    /// Keeps a copy of the LUKS header in the data directory.
    pub(crate) fn keep_header(&self, data_dir: &Path, durability: Durability) -> Result<()> {
        self.backup.store(data_dir, Overwrite::Replace, durability)
    }

    /// Removes what is kept outside of a file that did not come to be. What cannot be removed does no harm.
    pub(crate) fn forget(&self, data_dir: &Path) {
        let _ = std::fs::remove_file(file_tree_path(data_dir, &self.record.image));
        self.backup.forget(data_dir);
    }

    /// What the catalog remembers.
    pub(crate) fn record(&self, target: &Path) -> SealedRecord {
        let path = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
        SealedRecord { path: path.to_string_lossy().into_owned(), ..self.record.clone() }
    }

    /// Key, image id.
    pub(crate) fn key_and_image(&self) -> (String, String) {
        (self.record.key_id.clone(), self.record.image.clone())
    }
}

/// What is remembered of a sealed file, without its path.
pub(crate) fn record(sealing: &Sealing, envelope: &[u8]) -> SealedRecord {
    let ctx = |name: &str| sealing.envelope.ctx.get(name).cloned().unwrap_or_default();
    SealedRecord {
        image: ctx("image"),
        path: String::new(),
        key_id: sealing.envelope.key_id.clone(),
        key_version: sealing.envelope.key_version.clone(),
        luks_uuid: ctx("luks_uuid"),
        mk_digest: ctx("mk_digest"),
        envelope: String::from_utf8_lossy(envelope.trim_ascii_end()).into_owned(),
        mode: sealing.envelope.mode.map_or(String::new(), |mode| format!("{mode:?}").to_lowercase()),
    }
}

/// The same digest as `pins::area_digest`, from what is about to be written.
pub(crate) fn area_digest(header: &NewHeader, material: &[u8]) -> Result<Digest> {
    let mut hash = Sha256::new();
    match header {
        NewHeader::V1(v1) => {
            let fields = v1.encode();
            hash.update(&fields);
            update_zeros(&mut hash, header.key_material_offset() - fields.len() as u64);
        }
        NewHeader::V2 { metadata, .. } => {
            hash.update(&metadata.pinned().map_err(|e| EngineError::Unsuitable(e.to_string()))?);
        }
    }
    hash.update(material);
    update_zeros(&mut hash, header.area_end() - header.key_material_offset() - material.len() as u64);
    Ok(hash.finish())
}

/// Adds zeros piece by piece: most of the 2 MiB of a header are, and fresh memory for them costs more than their hash.
fn update_zeros(hash: &mut Sha256, count: u64) {
    let zeros = [0; 4096];
    let mut left = count;
    while left > 0 {
        let piece = left.min(zeros.len() as u64);
        hash.update(&zeros[..piece as usize]);
        left -= piece;
    }
}

/// Puts `bytes`, which stand at `at` in the file, into the window that begins at `offset`.
pub(crate) fn overlay(window: &mut [u8], offset: u64, at: u64, bytes: &[u8]) {
    let start = at.max(offset);
    let end = (at + bytes.len() as u64).min(offset + window.len() as u64);
    if start < end {
        let from = &bytes[(start - at) as usize..(end - at) as usize];
        window[(start - offset) as usize..(end - offset) as usize].copy_from_slice(from);
    }
}

/// Makes the bytes of `range` zero in the window that begins at `offset`.
pub(crate) fn mask(window: &mut [u8], offset: u64, range: ByteRange) {
    let start = range.offset.max(offset);
    let end = (range.offset + range.len).min(offset + window.len() as u64);
    if start < end {
        window[(start - offset) as usize..(end - offset) as usize].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlays_and_masks_touch_only_what_they_cover() {
        for (at, len) in [(0, 4), (98, 4), (100, 8), (104, 4), (106, 10), (90, 40), (108, 4)] {
            let mut window = [0; 8];
            overlay(&mut window, 100, at, &vec![1; len as usize]);
            for (byte, value) in (100u64..).zip(window) {
                assert_eq!(value == 1, (at..at + len).contains(&byte), "{at}+{len} at {byte}");
            }
            mask(&mut window, 100, ByteRange { offset: at, len });
            assert_eq!(window, [0; 8]);
        }
    }
}
