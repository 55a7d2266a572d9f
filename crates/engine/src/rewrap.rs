//! Changes the data key of an encrypted image and leaves its data alone: envelope and keyslot only.
//!
//! Whoever kept the old header and the old data key can still read the data; the new envelope says
//! `rewrap`, so that nobody takes it for a re-encryption.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;

use blobs::PartialFile;
use crypto::digest::{Digest, LeafHasher};
use formats::envelope::{ENVELOPE_CAPACITY, Envelope, Mode};
use formats::luks1::{ENVELOPE_AREA_OFFSET, encode_envelope_area};

use crate::copy::whole_file;
use crate::decide::Decision;
use crate::error::{EngineError, Result};
use crate::header_backup::HeaderBackup;
use crate::image::{Companions, Container, Image, LuksHeader};
use crate::journal::{CopyId, Header, Journal, boot_id, journal_path};
use crate::leaves::{LEAF_BYTES, LeafReader, LeafWriter, file_tree_path};
use crate::luks::NewHeader;
use crate::observe::{Meter, Phase};
use crate::pins::{open_sealed, tampered};
use crate::pipeline::digest_leaf;
use crate::publish::{Expected, publish, verify_target};
use crate::request::{Copied, CopyRequest};
use crate::scratch::{make_empty, sweep};
use crate::sealed_file::{SealedFile, area_digest, mask, overlay, record};
use crate::sealing::{Roots, Sealing, TreeKeys, is_uuid};
use crate::transfer::Surroundings;
use crate::verify::{digest_disk, mask_of};

/// Copies the image under a new data key.
pub(crate) fn rewrap(request: &CopyRequest, around: &Surroundings<'_>, image: &Image) -> Result<Copied> {
    image.require_sound(Companions::default())?;
    let opened = open_sealed(image, around.service)?;
    let old = Old::of(image, &opened.envelope)?;
    let header = new_header(image, around)?;
    let master_key = Arc::new(opened.master_key);
    let sealing =
        Sealing::under_new_data_key(header, master_key, Mode::Rewrap, around.service, around.random, &around.created)?;
    let file = PartialFile::open(&request.target, request.overwrite)?;
    make_empty(&file, request.overwrite)?;
    sweep(&file);
    // Not to go on from, but to say that the partial file is ours: an interrupted rewrap begins anew.
    let id = CopyId { source: String::new(), request: "rewrap".to_owned() };
    let journal_header = Header { id, boot_id: boot_id(), sealing: None };
    let journal = Journal::create(&journal_path(file.partial()), &journal_header)?;
    let work = Work { request, around, image, file: &file };
    let result = work.run(sealing, &old).and_then(|rewrapped| {
        work.publish(&rewrapped)?;
        Ok(rewrapped)
    });
    let result = result.inspect_err(|_| {
        // What cannot be removed is reported by nobody: an error is on its way already.
        let _ = file.discard();
    });
    journal.remove()?;
    let rewrapped = result?;
    let (key_id, image_id) = rewrapped.sealed.key_and_image();
    Ok(Copied {
        mode: Decision::Rewrap,
        key_id: Some(key_id),
        image: Some(image_id),
        reflinked: rewrapped.reflinked,
        verified: request.verify,
        warnings: vec!["rewrapped: whoever kept the old header and its key can still read the data".to_owned()],
        ..crate::keep::kept(image)
    })
}

/// What the envelope of the source says of it.
struct Old {
    image: String,
    file_bytes: u64,
    file_root: Digest,
    guest_root: Digest,
}

impl Old {
    fn of(image: &Image, envelope: &Envelope) -> Result<Self> {
        let root = |text: &str| hex::decode(text).ok().and_then(|bytes| Digest::try_from(bytes).ok());
        let digest = envelope.digest.as_ref();
        let roots = digest.and_then(|d| Some((root(&d.file_root)?, root(&d.guest_root)?, d.file_bytes)));
        let Some((file_root, guest_root, file_bytes)) = roots else {
            let reason = "its envelope carries no digests; use --rekey reencrypt".to_owned();
            return Err(EngineError::Locked { path: image.path().to_owned(), reason });
        };
        let image = envelope.ctx.get("image").filter(|id| is_uuid(id)).cloned().unwrap_or_default();
        Ok(Self { image, file_bytes, file_root, guest_root })
    }
}

/// Bytes of a header that a rewrap writes anew. They stand outside of the envelope.
struct Part<'a> {
    offset: u64,
    bytes: &'a [u8],
}

impl Part<'_> {
    fn reaches_into(&self, window: Range<u64>) -> bool {
        self.offset < window.end && window.start < self.offset + self.bytes.len() as u64
    }
}

/// A file that is complete but for its name.
struct Rewrapped {
    sealed: SealedFile,
    tree: LeafWriter,
    guest: Digest,
    reflinked: bool,
}

struct Work<'a> {
    request: &'a CopyRequest,
    around: &'a Surroundings<'a>,
    image: &'a Image,
    file: &'a PartialFile,
}

impl Work<'_> {
    fn publish(&self, rewrapped: &Rewrapped) -> Result<()> {
        let result = self.verify(rewrapped).and_then(|()| {
            publish(
                &self.request.destination(),
                self.around.service,
                self.file,
                Some(&rewrapped.tree),
                Some(&rewrapped.sealed),
                None,
            )
        });
        if result.is_err() {
            let _ = rewrapped.tree.discard();
        }
        result
    }

    fn verify(&self, rewrapped: &Rewrapped) -> Result<()> {
        if !self.request.verify {
            return Ok(());
        }
        let expected = Expected {
            file: self.file,
            format: Some(self.image.format),
            sealed: true,
            virtual_size: self.image.virtual_size(),
            guest: Some(rewrapped.guest),
        };
        verify_target(self.request, self.around, &expected)
    }

    fn run(&self, mut sealing: Sealing, old: &Old) -> Result<Rewrapped> {
        self.around.begin_anew(self.image.file.len())?;
        let reflinked = self.copy_bytes()?;
        let luks = self.image.luks.as_ref().map_or(0, |luks| luks.offset);
        // Only headers are still to change.
        if let Some(follower) = self.around.follower {
            let headers_end = self.image.payload_start().max(luks + sealing.header.area_end());
            follower.written(headers_end..self.image.file.len());
        }
        let material = sealing.key_material(self.around.random)?;
        let fields = match &sealing.header {
            NewHeader::V1(header) => header.encode().to_vec(),
            NewHeader::V2 { .. } => Vec::new(),
        };
        let parts = [(luks + sealing.header.key_material_offset(), &*material), (luks, &*fields)];
        let parts = parts.map(|(offset, bytes)| Part { offset, bytes });
        for part in &parts {
            self.file.write_all_at(part.bytes, part.offset)?;
        }
        let tree_path = file_tree_path(&self.request.data_dir, sealing.image());
        let tree = LeafWriter::open(&tree_path)?;
        let result = (|| {
            let keys = TreeKeys::new(&sealing.master_key);
            let header_end = luks + sealing.header.area_end();
            // Two milliseconds each, and neither needs the other.
            let (area, roots) = std::thread::scope(|scope| {
                let area = scope.spawn(|| area_digest(&sealing.header, &material));
                let roots = self.tree(&tree, &keys, old, header_end, &parts);
                (area.join().unwrap_or_else(|panic| resume_unwind(panic)), roots)
            });
            let (area, roots) = (area?, roots?);
            let envelope = sealing.complete(Some(&roots), &area)?;
            let header = self.write_envelope(&sealing.header, &envelope)?;
            let backup = HeaderBackup::new(sealing.image(), luks, &header, &sealing.header, &material);
            Ok((SealedFile::new(backup, record(&sealing, &envelope)), roots.guest))
        })();
        match result {
            Ok((sealed, guest)) => Ok(Rewrapped { sealed, tree, guest, reflinked }),
            Err(error) => {
                let _ = tree.discard();
                Err(error)
            }
        }
    }

    /// The file as it is, by sharing blocks or by copying them. An interrupted rewrap begins anew.
    fn copy_bytes(&self) -> Result<bool> {
        self.file.take_mode_of(&self.image.file)?;
        if self.file.clone_from(&self.image.file)? {
            return Ok(true);
        }
        let meter = Meter::new(self.around.observer, Phase::Copy, self.image.file.len());
        crate::keep::copy_file(&self.image.file, self.file, self.request.threads, &meter)?;
        Ok(false)
    }

    /// The tree of the source with the leaves of the header made anew.
    ///
    /// What is taken over must be what was sealed: a rewrap must not make changed bytes authentic. With the source's tree
    /// in the data directory its data leaves are taken from there, so that a later `verify` still finds changed data;
    /// without it the whole source is read and compared with its root.
    fn tree(
        &self,
        tree: &LeafWriter,
        keys: &TreeKeys,
        old: &Old,
        header_end: u64,
        parts: &[Part<'_>],
    ) -> Result<Roots> {
        tree.clear()?;
        let file_bytes = self.image.file.len();
        match LeafReader::open(&file_tree_path(&self.request.data_dir, &old.image)) {
            Ok(sealed) if sealed.count() == file_bytes.div_ceil(LEAF_BYTES) => tree.copy_from(&sealed)?,
            _ => {
                let meter = Meter::new(self.around.observer, Phase::Verify, file_bytes);
                let layers = Arc::new(vec![whole_file(&self.image.file)]);
                digest_disk(&layers, &keys.file, self.request.threads, &meter, tree, mask_of(self.image))?;
            }
        }
        let (found, new) = self.header_digests(keys, header_end.div_ceil(LEAF_BYTES), parts)?;
        let root = tree.root(&keys.file, file_bytes)?;
        let sealed = tree.reader()?;
        let same_header = found.iter().enumerate().try_fold(true, |same, (index, digest)| {
            Ok::<_, EngineError>(same && sealed.leaf(index as u64)? == *digest)
        })?;
        if !same_header || file_bytes != old.file_bytes || root != old.file_root {
            return Err(tampered(self.image, "the file was changed after it was sealed, and a rewrap would hide that"));
        }
        tree.put(0, &new)?;
        Ok(Roots { file_bytes, file: tree.root(&keys.file, file_bytes)?, guest: old.guest_root })
    }

    /// Digests of the leaves that hold the header, the envelope taken as zeros: of the source, and with the new parts in them. The target is
    /// not read for that, as what it shares with the source is not in memory.
    fn header_digests(&self, keys: &TreeKeys, leaves: u64, parts: &[Part<'_>]) -> Result<(Vec<Digest>, Vec<Digest>)> {
        let (file_bytes, masked) = (self.image.file.len(), mask_of(self.image));
        let mut hasher = LeafHasher::new(&keys.file);
        let mut leaf = vec![0; LEAF_BYTES as usize];
        let (mut found, mut new) = (Vec::new(), Vec::new());
        for offset in (0..leaves).map(|index| index * LEAF_BYTES) {
            let len = LEAF_BYTES.min(file_bytes.saturating_sub(offset)) as usize;
            self.image.file.read_exact_at(&mut leaf[..len], offset)?;
            leaf[len..].fill(0);
            if let Some(range) = masked {
                mask(&mut leaf, offset, range);
            }
            let digest = digest_leaf(&mut hasher, &leaf);
            found.push(digest);
            let mut changes = false;
            for part in parts.iter().filter(|part| part.reaches_into(offset..offset + LEAF_BYTES)) {
                overlay(&mut leaf, offset, part.offset, part.bytes);
                changes = true;
            }
            new.push(if changes { digest_leaf(&mut hasher, &leaf) } else { digest });
        }
        Ok((found, new))
    }

    /// Writes the new envelope over the old one; returns the LUKS header as it stands in the file.
    fn write_envelope(&self, header: &NewHeader, envelope: &[u8]) -> Result<Vec<u8>> {
        let luks = header.encode(envelope, self.around.random)?;
        match (&self.image.container, &self.image.envelope) {
            (Container::Luks1, _) => self.file.write_all_at(&encode_envelope_area(envelope), ENVELOPE_AREA_OFFSET)?,
            (Container::Luks2, _) => self.file.write_all_at(&luks, 0)?,
            (_, Some(found)) if found.bytes.len() == ENVELOPE_CAPACITY => {
                self.file.write_all_at(envelope, found.offset)?;
            }
            _ => {
                let reason = "there is no place for an envelope in its header; use --rekey reencrypt".to_owned();
                return Err(EngineError::Locked { path: self.image.path().to_owned(), reason });
            }
        }
        Ok(luks)
    }
}

/// The header of the image with a new salt in its keyslot.
fn new_header(image: &Image, around: &Surroundings<'_>) -> Result<NewHeader> {
    let unsuitable = |reason: &str| EngineError::Locked {
        path: image.path().to_owned(),
        reason: format!("{reason}; use --rekey reencrypt"),
    };
    let Some(luks) = &image.luks else { return Err(unsuitable("it is not encrypted")) };
    let header = match &luks.header {
        LuksHeader::V1(header) => NewHeader::V1(header.clone()),
        LuksHeader::V2(headers) => {
            NewHeader::V2 { uuid: headers.binary.uuid.clone(), metadata: headers.metadata.clone() }
        }
    };
    if !header.is_ours() {
        return Err(unsuitable("its LUKS header is not of the form that Reseal writes"));
    }
    Ok(header.with_new_slot(around.random))
}
