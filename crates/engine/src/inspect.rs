//! Everything that a file says of itself, without a key.

use std::path::Path;
use std::sync::Arc;

use formats::Mapping;
use formats::envelope::Envelope;
use formats::probe::Format;
use formats::qcow2::{self, SNAPSHOT_TABLE_READ_MAX};
use formats::vhd;
use serde::Serialize;

use crate::coverage::Coverage;
use crate::decide::SourceState;
use crate::error::Result;
use crate::image::{Companions, Container, Image, LuksHeader};
use crate::pins::check_pins;
use crate::stack::StackWalk;

/// Names of snapshots that are listed.
const SNAPSHOTS_MAX: usize = 20;

/// What an image file is, and what a copy would do with it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The format.
    pub format: Format,
    /// Bytes of the virtual disk.
    pub virtual_size: u64,
    /// Length of the file.
    pub file_bytes: u64,
    /// Bytes that it takes on its file system.
    pub disk_bytes: u64,
    /// How the disk is made up.
    pub allocation: Option<Allocation>,
    /// The container's own facts, as name and value.
    pub details: Vec<(String, String)>,
    /// Encryption.
    pub encryption: Option<Encryption>,
    /// The KMS envelope.
    pub envelope: Option<Envelope>,
    /// What the envelope vouches for; `None` without envelope.
    pub covers: Option<Coverage>,
    /// Whether the header is the one that the envelope pins; `None` without envelope.
    pub pinned: Option<bool>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What a copy that writes the image anew leaves out.
    pub drops: Vec<String>,
    /// Why a copy is refused, if it is.
    pub refusal: Option<String>,
}

/// How many bytes of the disk are what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Allocation {
    /// Stored as they are.
    pub data_bytes: u64,
    /// Stored compressed.
    pub compressed_bytes: u64,
    /// Marked as zeros.
    pub zero_bytes: u64,
    /// Not allocated.
    pub unallocated_bytes: u64,
    /// Runs of stored data.
    pub data_runs: u64,
}

/// A LUKS header.
#[derive(Debug, Clone, Serialize)]
pub struct Encryption {
    /// `LUKS1` or `LUKS2`.
    pub kind: &'static str,
    /// Cipher of the payload.
    pub cipher: String,
    /// Bytes per encryption unit.
    pub sector_bytes: u32,
    /// UUID.
    pub uuid: String,
    /// First byte of the header in the file.
    pub header_offset: u64,
    /// First byte of the payload, of a raw LUKS file.
    pub payload_offset: Option<u64>,
    /// Keyslots that hold a key, and how each derives it.
    pub keyslots: Vec<String>,
}

/// Reports on a file. `claim`: what the user says that it is.
///
/// Errors: only what keeps the file from being decoded at all.
pub fn inspect(path: &Path, claim: Option<Format>) -> Result<Report> {
    let image = Image::open(path, claim)?;
    let given = Companions { backing_file: true, data_file: None };
    let refusal = image.layer(Companions::default(), None).err().map(|e| e.to_string());
    let allocation = image.layer(given, None).ok().map(allocation).transpose();
    let (allocation, walk_refusal) = match allocation {
        Ok(allocation) => (allocation, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let pins = image.envelope.as_ref().map(|found| check_pins(&image, &found.envelope));
    let mut warnings = image.warnings.clone();
    if let Some(Err(error)) = &pins {
        warnings.push(error.to_string());
    }
    Ok(Report {
        format: image.format,
        virtual_size: image.virtual_size(),
        file_bytes: image.file.len(),
        disk_bytes: image.file.allocated_bytes()?,
        allocation,
        details: details(&image),
        encryption: encryption(&image),
        covers: image.envelope.as_ref().and_then(|found| Coverage::of(&found.envelope)),
        pinned: pins.map(|pins| pins.is_ok()),
        envelope: image.envelope.as_ref().map(|found| found.envelope.clone()),
        warnings,
        drops: image.drops.clone(),
        refusal: refusal.or(walk_refusal),
    })
}

impl Report {
    /// Whether the image opens with a key only.
    #[must_use]
    pub fn state(&self) -> SourceState {
        if self.encryption.is_some() { SourceState::Encrypted } else { SourceState::Plain }
    }
}

fn allocation(layer: crate::stack::Layer) -> Result<Allocation> {
    let mut walk = StackWalk::new(Arc::new(vec![layer]))?;
    let mut sum = Allocation::default();
    while let Some(piece) = walk.next_unresolved()? {
        match piece.mapping {
            Mapping::Data(_) => {
                sum.data_bytes += piece.len;
                sum.data_runs += 1;
            }
            Mapping::Compressed { .. } => {
                sum.compressed_bytes += piece.len;
                sum.data_runs += 1;
            }
            Mapping::Zero => sum.zero_bytes += piece.len,
            Mapping::Unallocated => sum.unallocated_bytes += piece.len,
        }
    }
    Ok(sum)
}

fn details(image: &Image) -> Vec<(String, String)> {
    let header = match &image.container {
        Container::Qcow2(header) => header,
        Container::Vhd(vhd) => return vhd_details(vhd),
        Container::Vhdx(vhdx) => {
            let block = ("block size".to_owned(), vhdx.block_bytes.to_string());
            return vec![block, ("logical sector size".to_owned(), vhdx.logical_sector_bytes.to_string())];
        }
        Container::Vmdk(vmdk) => {
            let version = ("version".to_owned(), vmdk.header.version.to_string());
            let compressed = ("compressed grains".to_owned(), vmdk.header.is_compressed.to_string());
            return vec![version, ("grain size".to_owned(), vmdk.header.grain_bytes.to_string()), compressed];
        }
        Container::Raw | Container::Luks1 | Container::Luks2 => return Vec::new(),
    };
    let mut details = vec![
        ("version".to_owned(), header.version.to_string()),
        ("cluster size".to_owned(), header.cluster_bytes().to_string()),
        ("refcount bits".to_owned(), header.refcount_bits.to_string()),
        ("compression type".to_owned(), format!("{:?}", header.compression).to_lowercase()),
        ("incompatible features".to_owned(), features(header)),
        ("compatible features".to_owned(), format!("{:#x}", header.compatible)),
        ("autoclear features".to_owned(), format!("{:#x}", header.autoclear)),
    ];
    let optional =
        [("backing file (never opened)", &header.backing_file), ("data file (never opened)", &header.data_file)];
    details.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
    if header.snapshot_count > 0 {
        details.push(("snapshots".to_owned(), snapshots(image, header)));
    }
    details.extend(
        header
            .unknown_extensions
            .iter()
            .map(|e| (format!("header extension {:#010x}", e.id), format!("{} bytes", e.data.len()))),
    );
    details
}

fn vhd_details(vhd: &vhd::Image) -> Vec<(String, String)> {
    let footer = &vhd.footer;
    let mut details = vec![
        ("type".to_owned(), format!("{:?}", footer.kind).to_lowercase()),
        ("creator".to_owned(), String::from_utf8_lossy(&footer.creator).escape_debug().to_string()),
        ("current size field".to_owned(), footer.current_size.to_string()),
    ];
    if let Some(dynamic) = &vhd.dynamic {
        details.push(("block size".to_owned(), dynamic.block_bytes.to_string()));
    }
    details
}

fn features(header: &qcow2::Header) -> String {
    use qcow2::Feature;
    let known = [
        (Feature::Dirty, "dirty"),
        (Feature::Corrupt, "corrupt"),
        (Feature::ExternalDataFile, "external data file"),
        (Feature::CompressionType, "compression type"),
        (Feature::ExtendedL2, "extended L2"),
    ];
    let names =
        known.into_iter().filter(|(feature, _)| feature.is_in(header.incompatible)).map(|(_, name)| name.to_owned());
    let all: Vec<_> = names.chain(qcow2::unknown_incompatible(header.incompatible, &header.feature_names)).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn snapshots(image: &Image, header: &qcow2::Header) -> String {
    let len = SNAPSHOT_TABLE_READ_MAX.min(image.file.len().saturating_sub(header.snapshots_offset));
    let bytes = image.read_at(header.snapshots_offset, len as usize).unwrap_or_default();
    let found = qcow2::decode_snapshots(&bytes, header.snapshot_count);
    let names: Vec<_> = found.iter().take(SNAPSHOTS_MAX).map(|snapshot| snapshot.name.as_str()).collect();
    format!("{}: {}", header.snapshot_count, names.join(", "))
}

fn encryption(image: &Image) -> Option<Encryption> {
    let luks = image.luks.as_ref()?;
    let raw = luks.offset == 0;
    let payload_offset = raw.then(|| image.payload_start());
    Some(match &luks.header {
        LuksHeader::V1(header) => Encryption {
            kind: "LUKS1",
            cipher: format!("{}, {}-bit key", header.cipher.name(), header.cipher.key_bytes() * 8),
            sector_bytes: 512,
            uuid: header.uuid.clone(),
            header_offset: luks.offset,
            payload_offset,
            keyslots: header
                .slots
                .iter()
                .enumerate()
                .filter(|(_, slot)| slot.active)
                .map(|(index, slot)| format!("{index}: pbkdf2-{}, {} iterations", header.hash.name(), slot.iterations))
                .collect(),
        },
        LuksHeader::V2(headers) => {
            let segment = headers.metadata.payload()?;
            Encryption {
                kind: "LUKS2",
                cipher: segment.encryption.clone(),
                sector_bytes: segment.sector_size,
                uuid: headers.binary.uuid.clone(),
                header_offset: luks.offset,
                payload_offset,
                keyslots: headers
                    .metadata
                    .keyslots
                    .iter()
                    .map(|(name, slot)| {
                        format!("{name}: {}", slot.kdf.as_ref().map_or("unknown".to_owned(), describe_kdf))
                    })
                    .collect(),
            }
        }
    })
}

fn describe_kdf(kdf: &formats::luks2::Kdf) -> String {
    use formats::luks2::Kdf;
    match kdf {
        Kdf::Pbkdf2 { hash, iterations, .. } => format!("pbkdf2-{hash}, {iterations} iterations"),
        Kdf::Argon2i { time, memory, .. } => format!("argon2i, {time} passes, {memory} KiB"),
        Kdf::Argon2id { time, memory, .. } => format!("argon2id, {time} passes, {memory} KiB"),
    }
}
