//! One copy, from the request to the finished file.

use std::path::PathBuf;
use std::sync::Arc;

use blobs::{Identity, SourceFile};
use formats::envelope::Mode;

use crate::chain::Chain;
use crate::decide::{Decision, SourceState, decide};
use crate::error::{EngineError, Result};
use crate::image::{Companions, Image};
use crate::journal::CopyId;
use crate::luks::LuksKind;
use crate::request::{Copied, CopyRequest, TargetFormat};
use crate::rewrap::rewrap;
use crate::scratch::refuse_sources;
use crate::sealing::new_uuid;
use crate::segment::SEGMENT_BYTES_MIN;
use crate::stack::{Layer, RawWalk};
use crate::target::{Blocks, Flat, Qcow2, Qcow2Options, Target, VhdDynamic, VhdIdentity, fixed_footer};
use crate::transfer::{Surroundings, Transfer, Transferred};

/// Bytes per segment when clusters are compressed: packed ones share host clusters within a
/// segment only, so a larger one wastes less.
const COMPRESSED_SEGMENT_BYTES: u64 = 4 << 20;

/// Copies an image.
///
/// What is done follows `decide`, which sees the source's state and the request's `encryption` only.
/// The target appears under its name when it is complete; an error leaves nothing.
pub fn copy(request: &CopyRequest, around: &Surroundings<'_>) -> Result<Copied> {
    let chain = Chain::open(request)?;
    let below = request.backing_files.iter().map(|file| &file.path);
    let sources = [&request.source].into_iter().chain(below).chain(&request.data_file);
    refuse_sources(&request.target, sources.map(PathBuf::as_path))?;
    check_source_state(request, chain.top())?;
    let decision = decide(chain.state(), request.encryption)?;
    check_request(request, &chain, decision)?;
    chain.check_pins()?;
    match decision {
        Decision::Keep if keeps_bytes(request, chain.top()) => keep(request, around, chain.top()),
        Decision::Keep => rewrite(request, around, &chain, decision, None),
        Decision::Encrypt => rewrite(request, around, &chain, decision, Some(Mode::Encrypt)),
        Decision::Reencrypt => rewrite(request, around, &chain, decision, Some(Mode::Reencrypt)),
        Decision::Rewrap => rewrap(request, around, chain.top()),
    }
}

/// After the header was decoded, so that it is of this state too.
fn check_source_state(request: &CopyRequest, image: &Image) -> Result<()> {
    match &request.source_state {
        Some(wanted) if !image.file.identity()?.is_state_of(wanted) => {
            Err(EngineError::SourceChanged { path: image.path().to_owned() })
        }
        _ => Ok(()),
    }
}

/// What cannot be combined, said before any work.
fn check_request(request: &CopyRequest, chain: &Chain, decision: Decision) -> Result<()> {
    let refuse = |text: &str| Err(EngineError::Unsuitable(text.to_owned()));
    let image = chain.top();
    let encrypted = chain.state() == SourceState::Encrypted || decision == Decision::Encrypt;
    let plain_format = matches!(request.format, Some(TargetFormat::Raw | TargetFormat::Vhd));
    if encrypted && plain_format {
        return refuse(
            "an encrypted image never becomes plain: raw and vhd cannot be encrypted; choose qcow2, luks1 or luks2",
        );
    }
    if decision == Decision::Keep && encrypted && !request.backing_files.is_empty() {
        return refuse(
            "an overlay and its backing files become one image under a new data key; name the key with --encrypt --key",
        );
    }
    if decision == Decision::Keep
        && encrypted
        && request.format.is_some_and(|format| Some(format) != TargetFormat::of(image.format))
    {
        return refuse(
            "a copy that keeps the key keeps every byte, and with it the format; to change the format, encrypt again with --encrypt --key",
        );
    }
    if decision == Decision::Keep
        && !encrypted
        && matches!(request.format, Some(TargetFormat::Luks1 | TargetFormat::Luks2))
    {
        return refuse("luks1 and luks2 are encrypted formats; add --encrypt");
    }
    if decision == Decision::Rewrap
        && (request.format.is_some() || !request.backing_files.is_empty() || request.data_file.is_some())
    {
        return refuse("rewrap changes the key only; leave --format, --backing-file and --data-file away");
    }
    if request.compress.is_some() && (encrypted || request.target_format(image, decision) != TargetFormat::Qcow2) {
        return refuse("only a plain qcow2 can be compressed: QEMU reads compressed clusters as plain text");
    }
    Ok(())
}

/// Rows 1 and 3 without a wish for another form.
fn keeps_bytes(request: &CopyRequest, image: &Image) -> bool {
    let same_format =
        request.format.is_none() || request.format == TargetFormat::of(image.format) && request.compress.is_none();
    same_format
        && !request.rewrite
        && request.compress.is_none()
        && !request.preallocate
        && request.backing_files.is_empty()
        && request.data_file.is_none()
}

/// Copies the file byte for byte.
fn keep(request: &CopyRequest, around: &Surroundings<'_>, image: &Image) -> Result<Copied> {
    // What a copy refuses, it refuses here too: an overlay is not an image without its backing file.
    image.require_sound(Companions::default())?;
    let record = crate::keep::record(image, &request.target);
    let mut copied = if let Some(copied) = crate::keep::try_clone(request, around, image, record.as_ref())? {
        copied
    } else {
        let len = image.file.len();
        let layers = Arc::new(vec![whole_file(&image.file)]);
        let sources = sources(&layers)?;
        let transfer = Transfer {
            request,
            around,
            id: copy_id(request, image.format.name(), &sources, "keep"),
            layers,
            sources,
            pitch: SEGMENT_BYTES_MIN,
            seal: None,
            kept: record,
            verify_as: None,
        };
        let flat = |_: Option<&_>| -> Result<Box<dyn Target>> {
            Ok(Box::new(Flat {
                start: 0,
                virtual_size: len,
                pitch: SEGMENT_BYTES_MIN,
                dense: false,
                blocks: Blocks::Of(Arc::clone(&image.file)),
                footer: Vec::new(),
            }))
        };
        let done = transfer.run(&flat)?;
        Copied {
            bytes_data: done.data_bytes,
            resumed_segments: done.resumed_segments,
            verified: request.verify,
            ..crate::keep::kept(image)
        }
    };
    copied.warnings.extend(image.warnings.iter().cloned());
    Ok(copied)
}

/// Reads the disk and writes it anew.
fn rewrite(
    request: &CopyRequest,
    around: &Surroundings<'_>,
    chain: &Chain,
    decision: Decision,
    mode: Option<Mode>,
) -> Result<Copied> {
    let format = request.target_format(chain.top(), decision);
    let layers = chain.unlock(request, around)?;
    let virtual_size = layers[0].virtual_size;
    if (mode.is_none() || request.bench.no_cipher) && layers.iter().any(|layer| layer.cipher.is_some()) {
        return Err(EngineError::Unsuitable("an encrypted image never becomes plain".to_owned()));
    }
    let pitch = segment_bytes(request, format, &layers);
    let seal = mode.map(|mode| (luks_kind(request, format), mode));
    if let Some((LuksKind::Luks2 { sector_bytes }, _)) = seal
        && !virtual_size.is_multiple_of(u64::from(sector_bytes))
    {
        return Err(EngineError::Unsuitable(format!(
            "a disk of {virtual_size} bytes is no multiple of {sector_bytes}-byte sectors; use --sector-size 512"
        )));
    }
    let layers = Arc::new(layers);
    let sources = sources(&layers)?;
    let id = copy_id(request, &chain.formats_text(), &sources, &format!("{format:?} {mode:?}"));
    let verify_as = Some(format.opened_as());
    let transfer = Transfer { request, around, layers, sources, id, pitch, seal, kept: None, verify_as };
    let make =
        |sealing: Option<&crate::sealing::Sealing>| make_target(request, around, format, virtual_size, pitch, sealing);
    let done = transfer.run(&make)?;
    let mut warnings: Vec<_> = chain.warnings().collect();
    warnings.extend(chain.top().drops.iter().map(|drop| format!("not copied: {drop}")));
    warnings.extend(format_warnings(format, virtual_size, request));
    Ok(report(&done, decision, format, virtual_size, request.verify, warnings))
}

fn report(
    done: &Transferred,
    decision: Decision,
    format: TargetFormat,
    virtual_size: u64,
    verified: bool,
    warnings: Vec<String>,
) -> Copied {
    let (key_id, image) = done.sealed.as_ref().map(|sealed| sealed.key_and_image()).unzip();
    Copied {
        mode: decision,
        format: format.opened_as().name().to_owned(),
        encrypted: done.sealed.is_some(),
        key_id,
        image,
        virtual_size,
        bytes_data: done.data_bytes,
        bytes_file: done.file_len,
        resumed_segments: done.resumed_segments,
        reflinked: false,
        verified,
        warnings,
    }
}

fn segment_bytes(request: &CopyRequest, format: TargetFormat, layers: &[Layer]) -> u64 {
    let source_unit = layers.iter().map(|layer| layer.unit_bytes).max().unwrap_or(0);
    let target_unit = match format {
        TargetFormat::Qcow2 if request.compress.is_some() => COMPRESSED_SEGMENT_BYTES.max(request.cluster_bytes),
        TargetFormat::Qcow2 => request.cluster_bytes,
        TargetFormat::Vhd => VhdDynamic::BLOCK_BYTES,
        _ => 0,
    };
    // All of them are powers of two, so the largest is a multiple of the others.
    SEGMENT_BYTES_MIN.max(source_unit).max(target_unit)
}

fn luks_kind(request: &CopyRequest, format: TargetFormat) -> LuksKind {
    match format {
        TargetFormat::Luks1 => LuksKind::Luks1,
        TargetFormat::Luks2 => LuksKind::Luks2 { sector_bytes: request.sector_bytes },
        _ => LuksKind::Luks1InQcow2,
    }
}

fn make_target(
    request: &CopyRequest,
    around: &Surroundings<'_>,
    format: TargetFormat,
    virtual_size: u64,
    pitch: u64,
    sealing: Option<&crate::sealing::Sealing>,
) -> Result<Box<dyn Target>> {
    let flat = |start, dense, footer| {
        let blocks = if request.preallocate { Blocks::Whole } else { Blocks::AsWritten };
        Flat { start, virtual_size, pitch, dense, blocks, footer }
    };
    Ok(match format {
        TargetFormat::Qcow2 => {
            let options = Qcow2Options {
                virtual_size,
                cluster_bytes: request.cluster_bytes,
                luks_len: sealing.map(|sealing| sealing.header.area_end()),
                compression: request.compress,
                pitch,
                preallocate: request.preallocate,
            };
            Box::new(Qcow2::new(options, &request.target)?)
        }
        TargetFormat::Luks1 | TargetFormat::Luks2 => {
            Box::new(flat(sealing.map_or(0, |sealing| sealing.header.payload_start()), true, Vec::new()))
        }
        TargetFormat::Raw => Box::new(flat(0, false, Vec::new())),
        TargetFormat::Vhd => {
            let identity = VhdIdentity { uuid: new_uuid(around.random), unix_seconds: around.unix_seconds };
            if request.preallocate {
                Box::new(flat(0, false, fixed_footer(virtual_size, identity)?))
            } else {
                Box::new(VhdDynamic::new(virtual_size, identity)?)
            }
        }
    })
}

fn format_warnings(format: TargetFormat, virtual_size: u64, request: &CopyRequest) -> Vec<String> {
    let mut warnings = Vec::new();
    if matches!(format, TargetFormat::Luks1 | TargetFormat::Luks2) {
        warnings
            .push("raw LUKS has no holes: the file takes the whole virtual size; qcow2 follows the data".to_owned());
    }
    if format == TargetFormat::Vhd && !virtual_size.is_multiple_of(1 << 20) {
        warnings
            .push(format!("a disk of {virtual_size} bytes is not a whole number of MiB, which Azure and Hyper-V want"));
    }
    if format == TargetFormat::Vhd && request.preallocate {
        warnings.push("written as a fixed VHD".to_owned());
    }
    warnings
}

/// The bytes of a file as a disk.
pub(crate) fn whole_file(file: &Arc<SourceFile>) -> Layer {
    let (walk_file, virtual_size) = (Arc::clone(file), file.len());
    Layer {
        file: Arc::clone(file),
        data_file: None,
        cipher: None,
        walk: Box::new(move || Ok(Box::new(RawWalk::new(Arc::clone(&walk_file), 0, virtual_size, true)))),
        virtual_size,
        unit_bytes: 0,
    }
}

/// What tells this copy from any other, for its journal.
fn copy_id(request: &CopyRequest, from: &str, sources: &[Identity], what: &str) -> CopyId {
    let shape = (
        request.cluster_bytes,
        request.sector_bytes,
        request.compress,
        request.preallocate,
        request.verify,
        request.bench,
    );
    let text = format!("{what} key {:?} {shape:?} from {from}", request.key_label);
    let source = request.source_name.as_ref().map_or_else(|| format!("{sources:?}"), |name| format!("named {name}"));
    CopyId { source, request: text }
}

/// States of all files that are read.
pub(crate) fn sources(layers: &[Layer]) -> Result<Vec<Identity>> {
    let files = layers.iter().flat_map(|layer| [Some(&*layer.file), layer.data_file.as_ref()]).flatten();
    Ok(files.map(SourceFile::identity).collect::<blobs::Result<_>>()?)
}
