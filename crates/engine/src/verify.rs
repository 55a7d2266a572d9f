//! Compares bytes with digest trees: of a file as it stands, and of the disk that a guest sees.

use std::path::Path;
use std::sync::Arc;

use blobs::PageBuffer;
use crypto::digest::{Digest, LeafHasher, TreeKey};
use formats::envelope;
use serde::Serialize;

use crate::copy::whole_file;
use crate::coverage::Coverage;
use crate::error::{EngineError, Result};
use crate::header_backup::HeaderBackup;
use crate::image::{Container, Image, LuksHeader};
use crate::keys::KeyService;
use crate::leaves::{LEAF_BYTES, LeafReader, LeafWriter, file_tree_path};
use crate::observe::{Meter, Observer, Phase};
use crate::pins::open_sealed;
use crate::pipeline::digest_leaves;
use crate::read::SegmentReader;
use crate::sealed_file::mask;
use crate::sealing::{TREE_ALGORITHM, TreeKeys, is_uuid};
use crate::segment::{SEGMENT_BYTES_MIN, Segmenter, Zeros};
use crate::stack::{Layer, StackWalk};
use crate::target::ByteRange;
use crate::workers::each_segment;

/// Changed places that are reported one by one.
const CHANGES_MAX: usize = 100;

/// What `verify` found.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// Image id.
    pub image: String,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of the file when it was sealed; `None` where they change.
    pub sealed_bytes: Option<u64>,
    /// What was compared.
    pub covers: Coverage,
    /// Whether every byte that is covered is as it was sealed.
    pub intact: bool,
    /// Whether the tree was there to tell where changes are.
    pub located: bool,
    /// Ranges of the file that were changed, at a granularity of one leaf (64 KiB).
    pub changes: Vec<Change>,
    /// Changed leaves in all.
    pub changed_leaves: u64,
}

/// A changed range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// First byte in the file.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
    /// What lies there: `disk`, `tables`, `qcow2 header`, `LUKS header`.
    pub part: &'static str,
    /// First byte of the guest's disk in it.
    pub guest_offset: Option<u64>,
}

/// Checks a sealed file against its digest tree; a disk of an instance, which has none, against its header's pins.
///
/// Errors: not sealed, header or envelope tampered with (found before any payload is read), or the
/// key service refuses.
pub fn verify(
    path: &Path,
    data_dir: &Path,
    threads: usize,
    service: &dyn KeyService,
    observer: &Observer<'_>,
) -> Result<Verified> {
    let image = Image::open(path, None)?;
    let opened = open_sealed(&image, service)?;
    let unsealed = |reason: &str| EngineError::Locked { path: path.to_owned(), reason: reason.to_owned() };
    let id = opened.envelope.ctx.get("image").filter(|id| is_uuid(id)).cloned().unwrap_or_default();
    if Coverage::of(&opened.envelope) == Some(Coverage::Header) {
        return crate::disk::verified(&image, id);
    }
    let Some(digest) = &opened.envelope.digest else {
        return Err(unsealed("its envelope carries no digest to compare with"));
    };
    if digest.alg != TREE_ALGORITHM || digest.leaf_bytes != LEAF_BYTES {
        return Err(unsealed("its digest is of a kind that this version does not know"));
    }
    let key = TreeKeys::new(&opened.master_key).file;
    let file_bytes = image.file.len();
    let scratch = data_dir.join("trees").join(format!("{id}.verify.{}", std::process::id()));
    let found = LeafWriter::open(&scratch)?;
    let result = (|| {
        let meter = Meter::new(observer, Phase::Verify, file_bytes);
        digest_file(&image, &key, threads, &meter, &found)?;
        let root = found.root(&key, file_bytes)?;
        let header_damage = luks2_headers_changed(&image, data_dir, &id)?;
        let intact = hex::encode(root) == digest.file_root && file_bytes == digest.file_bytes && !header_damage;
        let mut verified = Verified {
            image: id.clone(),
            file_bytes,
            sealed_bytes: Some(digest.file_bytes),
            covers: Coverage::File,
            intact,
            located: false,
            changes: Vec::new(),
            changed_leaves: 0,
        };
        if header_damage {
            verified.changed_leaves = 1;
            verified.changes.push(Change {
                offset: 0,
                len: image.luks2_headers_len(),
                part: "LUKS header",
                guest_offset: None,
            });
        }
        if !intact {
            locate(&image, &mut verified, &found, &file_tree_path(data_dir, &id), (&key, digest))?;
        }
        Ok(verified)
    })();
    found.discard()?;
    result
}

/// Both LUKS2 headers are outside of the tree, because they hold the root under a checksum. They are compared with the kept
/// copy; without one, with each other.
fn luks2_headers_changed(image: &Image, data_dir: &Path, id: &str) -> Result<bool> {
    let Some(LuksHeader::V2(headers)) = image.luks.as_ref().map(|luks| &luks.header) else { return Ok(false) };
    let len = image.luks2_headers_len() as usize;
    let kept = HeaderBackup::kept_bytes(data_dir, id, len)?;
    let differs = kept.map(|kept| Ok::<_, EngineError>(image.read_at(0, len)? != kept)).transpose()?;
    Ok(headers.damage.is_some() || differs == Some(true))
}

/// Root over the guest's disk, read through the stack. `scratch`: a place for leaf digests, removed afterwards.
pub(crate) fn guest_root(
    layers: &Arc<Vec<Layer>>,
    key: &TreeKey,
    threads: usize,
    meter: &Meter<'_>,
    scratch: &Path,
) -> Result<Digest> {
    let leaves = LeafWriter::open(scratch)?;
    let result = leaves.clear().and_then(|()| {
        let total = layers[0].virtual_size;
        digest_disk(layers, key, threads, meter, &leaves, None)?;
        leaves.root(key, total)
    });
    leaves.discard()?;
    result
}

/// Leaf digests of the file's own bytes, the envelope taken as zeros.
fn digest_file(image: &Image, key: &TreeKey, threads: usize, meter: &Meter<'_>, leaves: &LeafWriter) -> Result<()> {
    leaves.clear()?;
    let layers = Arc::new(vec![whole_file(&image.file)]);
    digest_disk(&layers, key, threads, meter, leaves, mask_of(image))
}

/// Leaf digests of a disk.
pub(crate) fn digest_disk(
    layers: &Arc<Vec<Layer>>,
    key: &TreeKey,
    threads: usize,
    meter: &Meter<'_>,
    leaves: &LeafWriter,
    masked: Option<ByteRange>,
) -> Result<()> {
    struct Worker {
        reader: SegmentReader,
        hasher: LeafHasher,
        buffer: PageBuffer,
        digests: Vec<Digest>,
    }
    let unit = layers.iter().map(|layer| layer.unit_bytes).max().unwrap_or(0);
    let pitch = SEGMENT_BYTES_MIN.max(unit);
    let total = layers[0].virtual_size;
    let segments = Segmenter::new(StackWalk::new(Arc::clone(layers))?, total, pitch, Zeros::Skip);
    let worker = || {
        let reader = SegmentReader::new(Arc::clone(layers))?;
        let buffer = PageBuffer::zeroed((pitch + LEAF_BYTES) as usize);
        Ok(Worker { reader, hasher: LeafHasher::new(key), buffer, digests: Vec::new() })
    };
    each_segment(segments, threads, meter, worker, |worker, segment| {
        let len = segment.len as usize;
        let padded = len.next_multiple_of(LEAF_BYTES as usize);
        let bytes = &mut worker.buffer.bytes_mut()[..padded];
        worker.reader.fill(segment, &mut bytes[..len])?;
        bytes[len..].fill(0);
        if let Some(range) = masked {
            mask(bytes, segment.guest, range);
        }
        digest_leaves(&mut worker.hasher, bytes, &segment.data_leaves(), &mut worker.digests);
        leaves.put(segment.guest / LEAF_BYTES, &worker.digests)?;
        Ok(segment.len)
    })
}

/// The bytes whose digest is that of zeros: the envelope's own.
pub(crate) fn mask_of(image: &Image) -> Option<ByteRange> {
    let found = image.envelope.as_ref()?;
    let len = found.bytes.len() as u64;
    let head = formats::luks1::ENVELOPE_AREA_HEAD_BYTES as u64;
    Some(match &image.container {
        Container::Luks1 => ByteRange { offset: found.offset - head, len: head + len + 32 },
        Container::Luks2 => ByteRange { offset: 0, len: image.luks2_headers_len() },
        _ => ByteRange { offset: found.offset, len },
    })
}

/// Compares leaf by leaf, if the tree is there and is the one that was sealed.
fn locate(
    image: &Image,
    verified: &mut Verified,
    found: &LeafWriter,
    tree: &Path,
    (key, digest): (&TreeKey, &envelope::Digest),
) -> Result<()> {
    let Ok(sealed) = LeafReader::open(tree) else { return Ok(()) };
    if hex::encode(sealed.root(key, digest.file_bytes)?) != digest.file_root {
        return Ok(());
    }
    verified.located = true;
    let parts = Parts::new(image);
    let found = found.reader()?;
    for index in 0..found.count().min(sealed.count()) {
        if found.leaf(index)? != sealed.leaf(index)? {
            verified.changed_leaves += 1;
            note(&mut verified.changes, index * LEAF_BYTES, &parts);
        }
    }
    let (shorter, longer) = (digest.file_bytes.min(verified.file_bytes), digest.file_bytes.max(verified.file_bytes));
    if shorter != longer {
        verified.changed_leaves += (longer - shorter).div_ceil(LEAF_BYTES);
        verified.changes.push(Change {
            offset: shorter,
            len: longer - shorter,
            part: "end of the file",
            guest_offset: None,
        });
    }
    Ok(())
}

fn note(changes: &mut Vec<Change>, offset: u64, parts: &Parts) {
    let (part, guest_offset) = parts.at(offset);
    if let Some(last) = changes.last_mut()
        && last.offset + last.len == offset
        && last.part == part
    {
        last.len += LEAF_BYTES;
    } else if changes.len() < CHANGES_MAX {
        changes.push(Change { offset, len: LEAF_BYTES, part, guest_offset });
    }
}

/// What lies where in a file, for people.
struct Parts<'a> {
    image: &'a Image,
    /// Host byte, length, guest byte of each run of data, by host byte.
    runs: Vec<(u64, u64, u64)>,
}

impl<'a> Parts<'a> {
    /// A map that cannot be walked any more names no guest bytes.
    fn new(image: &'a Image) -> Self {
        let mut runs = image.data_runs().unwrap_or_default();
        runs.sort_unstable();
        Self { image, runs }
    }

    fn at(&self, offset: u64) -> (&'static str, Option<u64>) {
        let next = self.runs.partition_point(|(host, len, _)| host + len <= offset);
        if let Some((host, _, guest)) = self.runs.get(next).filter(|(host, _, _)| *host < offset + LEAF_BYTES) {
            return ("disk", Some(guest + offset.saturating_sub(*host)));
        }
        let luks_end = self.image.luks_end();
        let part = match &self.image.container {
            Container::Qcow2(header) if offset < header.cluster_bytes() => "qcow2 header",
            _ if offset < luks_end => "LUKS header",
            _ => "tables",
        };
        (part, None)
    }
}
