//! Copies that keep every byte.

use std::path::Path;
use std::sync::Arc;

use blobs::{PageBuffer, PartialFile, SourceFile};

use crate::copy::whole_file;
use crate::decide::{Decision, SourceState};
use crate::error::Result;
use crate::image::Image;
use crate::keys::SealedRecord;
use crate::observe::Meter;
use crate::publish::publish;
use crate::read::SegmentReader;
use crate::request::{Copied, CopyRequest};
use crate::scratch::sweep;
use crate::segment::{SEGMENT_BYTES_MIN, Segmenter, Zeros};
use crate::stack::StackWalk;
use crate::target::reserve_data_of;
use crate::transfer::Surroundings;
use crate::workers::each_segment;

/// Shares the source's blocks, where the file system can: constant time, whatever the size.
/// `None`: it cannot.
pub(crate) fn try_clone(
    request: &CopyRequest,
    around: &Surroundings<'_>,
    image: &Image,
    record: Option<&SealedRecord>,
) -> Result<Option<Copied>> {
    let file = PartialFile::open(&request.target, request.overwrite)?;
    // A partial file with content belongs to a copy that can be resumed, or is no business of ours.
    if !file.is_empty()? {
        return Ok(None);
    }
    sweep(&file);
    let cloned = file.clone_from(&image.file).map_err(Into::into).and_then(|cloned| {
        if cloned {
            around.begin_anew(image.file.len())?;
            file.take_mode_of(&image.file)?;
            publish(&request.destination(), around.service, &file, None, None, record)?;
        }
        Ok(cloned)
    });
    if !matches!(cloned, Ok(true)) {
        file.discard()?;
        return cloned.map(|_| None);
    }
    // A clone is the same bytes by construction; there is nothing to compare.
    Ok(Some(Copied { reflinked: true, verified: request.verify, ..kept(image) }))
}

/// Copies the bytes of a file into another, holes left out. For a copy that is not resumed.
pub(crate) fn copy_file(from: &Arc<SourceFile>, to: &PartialFile, threads: usize, meter: &Meter<'_>) -> Result<()> {
    let layers = Arc::new(vec![whole_file(from)]);
    let segments = Segmenter::new(StackWalk::new(Arc::clone(&layers))?, from.len(), SEGMENT_BYTES_MIN, Zeros::Skip);
    reserve_data_of(from, to)?;
    let worker = || Ok((SegmentReader::new(Arc::clone(&layers))?, PageBuffer::zeroed(SEGMENT_BYTES_MIN as usize)));
    each_segment(segments, threads, meter, worker, |(reader, buffer), segment| {
        let bytes = &mut buffer.bytes_mut()[..segment.len as usize];
        reader.fill(segment, bytes)?;
        to.write_all_at(bytes, segment.guest)?;
        Ok(segment.len)
    })?;
    Ok(to.set_len(from.len())?)
}

/// The report of a copy that keeps every byte.
pub(crate) fn kept(image: &Image) -> Copied {
    let envelope = image.envelope.as_ref().map(|found| &found.envelope);
    Copied {
        mode: Decision::Keep,
        format: image.format.name().to_owned(),
        encrypted: image.state() == SourceState::Encrypted,
        key_id: envelope.map(|e| e.key_id.clone()),
        image: envelope.and_then(|e| e.ctx.get("image").cloned()),
        virtual_size: image.virtual_size(),
        bytes_data: 0,
        bytes_file: image.file.len(),
        resumed_segments: 0,
        reflinked: false,
        verified: false,
        warnings: Vec::new(),
    }
}

/// What the catalog remembers of a copy that keeps a key of ours.
pub(crate) fn record(image: &Image, target: &Path) -> Option<SealedRecord> {
    let found = image.envelope.as_ref()?;
    let ctx = |name: &str| found.envelope.ctx.get(name).cloned();
    let path = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
    Some(SealedRecord {
        image: ctx("image")?,
        path: path.to_string_lossy().into_owned(),
        key_id: found.envelope.key_id.clone(),
        key_version: found.envelope.key_version.clone(),
        luks_uuid: ctx("luks_uuid")?,
        mk_digest: ctx("mk_digest")?,
        envelope: String::from_utf8_lossy(found.bytes.trim_ascii_end()).into_owned(),
        mode: "keep".to_owned(),
    })
}
