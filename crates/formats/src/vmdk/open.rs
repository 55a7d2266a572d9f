use super::descriptor::TEXT_MAGIC;
use super::header::{HEADER_BYTES, MAGIC};
use super::{Descriptor, FORMAT, Header};
use crate::{ErrorKind, FormatError, Result};

/// Bytes of a grain directory entry.
pub(crate) const ENTRY_BYTES: u64 = 4;
/// The footer's header stands this far before the end: before it its marker, behind it the end marker.
const FOOTER_FROM_END_BYTES: usize = 1024;
const COWD_MAGIC: &[u8] = b"COWD";
const SESPARSE_MAGIC: &[u8] = &[0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0];

/// What a file says about its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The header, or that of the footer where the header leaves the rest to it.
    pub header: Header,
    /// Byte offset of the grain directory.
    pub directory_offset: u64,
    /// What kind of disk it is.
    pub descriptor: Descriptor,
    /// Length of the file in bytes.
    pub file_len: u64,
    /// What the operator should know, as sentences.
    pub warnings: Vec<String>,
}

/// Opens a disk of the types monolithicSparse and streamOptimized.
///
/// `head`: the first bytes of the file, 64 KiB or all that there are. `tail`: its last 1024 bytes,
/// or more. `file_len`: its length in bytes.
///
/// Errors: those of [`Header::decode`] and [`Descriptor::require_one_file`]; `NeedsOtherFile` for one
/// extent of a split disk; `Truncated` without the footer or the grain directory that the header
/// promises; `Unsupported` for other formats of VMware.
pub fn open(head: &[u8], tail: &[u8], file_len: u64) -> Result<Image> {
    refuse_other_formats(head)?;
    let first = Header::decode(head.get(..HEADER_BYTES).unwrap_or(head))?;
    let descriptor = embedded_descriptor(&first, head)?;
    descriptor.require_one_file()?;
    let header = if first.directory_offset.is_some() { first } else { footer(&first, tail)? };
    let Some(directory_offset) = header.directory_offset else {
        return Err(refused(ErrorKind::Invalid, "the footer leaves the grain directory to a footer"));
    };
    let entries = header.virtual_size.div_ceil(header.table_reach().max(1));
    let end = directory_offset.checked_add(entries.saturating_mul(ENTRY_BYTES));
    if end.is_none_or(|end| end > file_len) {
        let message = "the grain directory ends after the end of the file; is the file complete?";
        return Err(refused(ErrorKind::Truncated, message).at(directory_offset));
    }
    let mut warnings = Vec::new();
    if header.is_unclean {
        warnings.push("the disk was not closed properly: the last writes may be missing".to_owned());
    }
    Ok(Image { header, directory_offset, descriptor, file_len, warnings })
}

fn refuse_other_formats(head: &[u8]) -> Result<()> {
    const CONVERT: &str = "convert it with vmkfstools or qemu-img first";
    if head.starts_with(TEXT_MAGIC) {
        // Only the type is wanted, for the text: a descriptor alone is never the disk.
        let create_type = Descriptor::decode(head).create_type;
        let message = format!(
            "a descriptor of type {create_type}, without the disk; convert it with `qemu-img convert -O qcow2` where its files are"
        );
        return Err(refused(ErrorKind::NeedsOtherFile, message));
    }
    for (magic, name) in [(COWD_MAGIC, "COWD"), (SESPARSE_MAGIC, "seSparse")] {
        if head.starts_with(magic) {
            return Err(refused(ErrorKind::Unsupported, format!("an ESX disk ({name}); {CONVERT}")));
        }
    }
    Ok(())
}

fn embedded_descriptor(header: &Header, head: &[u8]) -> Result<Descriptor> {
    if header.descriptor_offset == 0 || header.descriptor_len == 0 {
        let message = "one extent of a disk that is split into several files; convert the disk with `qemu-img convert -O qcow2` where its files are";
        return Err(refused(ErrorKind::NeedsOtherFile, message));
    }
    let start = usize::try_from(header.descriptor_offset).ok();
    let end = usize::try_from(header.descriptor_offset.saturating_add(header.descriptor_len)).ok();
    match start.zip(end).and_then(|(start, end)| head.get(start..end)) {
        Some(bytes) => Ok(Descriptor::decode(bytes)),
        None => {
            let message = format!("a descriptor that does not lie in the first {} bytes of the file", head.len());
            Err(refused(ErrorKind::TooLarge, message).at(header.descriptor_offset))
        }
    }
}

/// The header at the end of a file that was written as a stream.
fn footer(first: &Header, tail: &[u8]) -> Result<Header> {
    let lost = || {
        let message = "the footer at the end of the file is missing; is the file complete?";
        refused(ErrorKind::Truncated, message)
    };
    let last = tail.len().checked_sub(FOOTER_FROM_END_BYTES).and_then(|start| tail.get(start..)).ok_or_else(lost)?;
    if !last.starts_with(MAGIC) {
        return Err(lost());
    }
    let footer = Header::decode(last.get(..HEADER_BYTES).unwrap_or_default())?;
    let same = |header: &Header| (header.virtual_size, header.grain_bytes, header.table_entries, header.is_compressed);
    if same(&footer) != same(first) {
        let message = "the header and the footer contradict each other: it is not clear which disk this is";
        return Err(refused(ErrorKind::Invalid, message));
    }
    Ok(footer)
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> FormatError {
    FormatError::new(FORMAT, kind, message)
}
