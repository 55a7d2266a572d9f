//! What a caller asks of a copy, and what it gets back.

use std::path::PathBuf;

use blobs::{Durability, Identity, Overwrite};
use crypto::Secret;
use formats::Codec;
use formats::probe::Format;
use serde::Serialize;

use crate::decide::{Decision, Request};
use crate::image::Image;

/// A format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetFormat {
    /// qcow2; with LUKS1 inside when encrypted.
    Qcow2,
    /// Raw LUKS1.
    Luks1,
    /// Raw LUKS2.
    Luks2,
    /// The disk one to one.
    Raw,
    /// VHD: dynamic, or fixed when preallocated.
    Vhd,
}

impl TargetFormat {
    /// The format in which a source already is, if it can be written.
    pub(crate) fn of(source: Format) -> Option<Self> {
        match source {
            Format::Qcow2 => Some(Self::Qcow2),
            Format::Luks1 => Some(Self::Luks1),
            Format::Luks2 => Some(Self::Luks2),
            Format::Raw => Some(Self::Raw),
            Format::Vhd => Some(Self::Vhd),
            Format::Vhdx | Format::Vmdk => None,
        }
    }

    /// The format as which the target is read back.
    pub(crate) fn opened_as(self) -> Format {
        match self {
            Self::Qcow2 => Format::Qcow2,
            Self::Luks1 => Format::Luks1,
            Self::Luks2 => Format::Luks2,
            Self::Raw => Format::Raw,
            Self::Vhd => Format::Vhd,
        }
    }
}

impl CopyRequest {
    /// The format that a copy writes: what was asked for, else the source's own if it
    /// suits the result, else qcow2.
    pub(crate) fn target_format(&self, source: &Image, decision: Decision) -> TargetFormat {
        let own = TargetFormat::of(source.format);
        let suits = |format: &TargetFormat| match decision {
            Decision::Encrypt => false,
            Decision::Keep => true,
            Decision::Reencrypt | Decision::Rewrap => !matches!(format, TargetFormat::Raw | TargetFormat::Vhd),
        };
        self.format.or(own.filter(suits)).unwrap_or(TargetFormat::Qcow2)
    }
}

/// A file that the caller names as one layer of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// Where it is.
    pub path: PathBuf,
    /// What the caller says that it is; `None` trusts the probe.
    pub format: Option<Format>,
}

/// What becomes of a copy that is cancelled, or whose key service fails: neither says anything against the bytes that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// Nothing of it is left.
    Discard,
    /// It stays as a killed one does, and the same copy goes on from there. Whoever gives it up finds with [`crate::image_of_copy`] what is
    /// kept beside its files. A rewrap and a clone begin anew, so of them nothing is left either.
    Keep,
}

/// A copy from file to file.
pub struct CopyRequest {
    /// Image to read; never changed.
    pub source: PathBuf,
    /// The state in which the source was looked at before; in another it is refused.
    pub source_state: Option<Identity>,
    /// Name of what the source's bytes never change under: an interrupted copy goes on although the source is another file by now, which was
    /// fetched anew. `None`: only the same state of the same file is the same source.
    pub source_name: Option<String>,
    /// What the user says the source is; `None` trusts the probe.
    pub source_format: Option<Format>,
    /// Passphrase of an encrypted source, and of its backing files, that no envelope opens.
    pub source_passphrase: Option<Secret>,
    /// Backing files of the source, nearest first; each may be encrypted under an envelope of its own. Files that an image
    /// names are never opened.
    pub backing_files: Vec<ImageFile>,
    /// External data file of the source.
    pub data_file: Option<PathBuf>,
    /// File to make.
    pub target: PathBuf,
    /// Whether an existing target is replaced.
    pub overwrite: Overwrite,
    /// Row of the table.
    pub encryption: Request,
    /// The key as the user named it, so that a copy under another key does not resume this one.
    pub key_label: Option<String>,
    /// Format of the target; `None`: the source's where the copy keeps every byte, else qcow2 or its like.
    pub format: Option<TargetFormat>,
    /// Write the disk anew also where the bytes of the file could be kept: compression, snapshots and old features stay behind.
    pub rewrite: bool,
    /// Bytes per qcow2 cluster.
    pub cluster_bytes: u64,
    /// Bytes per encryption unit of LUKS2: 512 or 4096.
    pub sector_bytes: u32,
    /// Compress the clusters of a plain qcow2.
    pub compress: Option<Codec>,
    /// Take all blocks of the target beforehand.
    pub preallocate: bool,
    /// Read the result back and compare it with the source before it gets its name.
    pub verify: bool,
    /// Whether to wait for stable storage.
    pub durability: Durability,
    /// What becomes of it when it does not come to its end.
    pub unfinished: Unfinished,
    /// Workers.
    pub threads: usize,
    /// Where digest trees are kept.
    pub data_dir: PathBuf,
    /// For benchmarks: leave out parts of the work.
    pub bench: BenchSwitches,
}

/// Parts of the work that a benchmark can leave out, to say what they cost. Never set by a user:
/// the result is not a sealed image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BenchSwitches {
    /// No digest trees.
    pub no_digest: bool,
    /// No encryption of the payload.
    pub no_cipher: bool,
    /// No writes of the payload.
    pub null_sink: bool,
}

/// What a copy did.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    /// Which row of the table it was.
    #[serde(serialize_with = "as_text")]
    pub mode: Decision,
    /// Format of the target.
    pub format: String,
    /// Whether the target is encrypted.
    pub encrypted: bool,
    /// Key that the target is under, when it has an envelope.
    pub key_id: Option<String>,
    /// Image id of the target, when it has an envelope.
    pub image: Option<String>,
    /// Bytes of the virtual disk.
    pub virtual_size: u64,
    /// Bytes of data that were moved by this run.
    pub bytes_data: u64,
    /// Length of the target in bytes.
    pub bytes_file: u64,
    /// Segments that an earlier, killed run had already finished.
    pub resumed_segments: u64,
    /// Whether the target shares the source's blocks.
    pub reflinked: bool,
    /// Whether the result was read back and compared.
    pub verified: bool,
    /// What the user should know: dropped snapshots, padded sizes, and the like.
    pub warnings: Vec<String>,
}

fn as_text<S: serde::Serializer>(value: &impl std::fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}
