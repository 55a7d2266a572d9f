use super::footer::{COOKIE, OLD_FOOTER_BYTES};
use super::{DYNAMIC_HEADER_BYTES, DynamicHeader, FOOTER_BYTES, FORMAT, Footer, Kind};
use crate::{ErrorKind, FormatError, Result};

/// What a file says about its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The footer, or its copy where the footer is lost.
    pub footer: Footer,
    /// Where the blocks are; none in a fixed disk.
    pub dynamic: Option<DynamicHeader>,
    /// Length of the file in bytes.
    pub file_len: u64,
    /// What the operator should know, as sentences.
    pub warnings: Vec<String>,
}

/// Opens a fixed or a dynamic disk.
///
/// `head`: the first bytes of the file, 64 KiB or all that there are. `tail`: its last bytes,
/// 512 or more, or all that there are. `file_len`: its length in bytes.
///
/// Errors: `NeedsOtherFile` for a differencing disk; `Truncated` for a disk that is longer than its
/// file; `Invalid` for two footers that contradict each other; those of [`Footer::decode`] and
/// [`DynamicHeader::decode`].
pub fn open(head: &[u8], tail: &[u8], file_len: u64) -> Result<Image> {
    let mut warnings = Vec::new();
    let (footer, footer_bytes) = choose_footer(head, tail, &mut warnings)?;
    if footer.saved_state {
        warnings.push("a machine was suspended on this disk: what it had in memory is not in the image".to_owned());
    }
    if footer.virtual_size() != footer.current_size {
        warnings.push(format!(
            "the footer says {} bytes, its geometry {}: the geometry counts, as for the program that made the disk",
            footer.current_size,
            footer.virtual_size()
        ));
    }
    let dynamic = match footer.kind {
        Kind::Fixed => {
            check_fixed(&footer, file_len.saturating_sub(footer_bytes))?;
            None
        }
        Kind::Dynamic => Some(dynamic_header(&footer, head, file_len)?),
        Kind::Differencing => {
            let message = "a differencing disk needs its parent; merge the chain into one disk first";
            return Err(FormatError::new(FORMAT, ErrorKind::NeedsOtherFile, message));
        }
    };
    Ok(Image { footer, dynamic, file_len, warnings })
}

/// The footer that counts, and the bytes that it takes at the end of the file.
fn choose_footer(head: &[u8], tail: &[u8], warnings: &mut Vec<String>) -> Result<(Footer, u64)> {
    let has_copy = head.starts_with(COOKIE);
    let copy = || Footer::decode(head.get(..FOOTER_BYTES).unwrap_or(head));
    match footer_at_end(tail) {
        // What a fixed disk begins with is the guest's own business.
        Ok((footer, len)) if footer.kind == Kind::Fixed => Ok((footer, len)),
        Ok((footer, len)) => {
            match copy() {
                Ok(copy) if describe_one_disk(&footer, &copy) => {}
                // QEMU would read the copy, others the footer: two disks in one file.
                Ok(_) => {
                    let message = "the footer and its copy at the start contradict each other: it is not clear which disk this is";
                    return Err(FormatError::new(FORMAT, ErrorKind::Invalid, message).at(0));
                }
                Err(_) => warnings.push("the copy of the footer at the start of the file is damaged".to_owned()),
            }
            Ok((footer, len))
        }
        Err(error) if has_copy => {
            let copy = copy()?;
            if copy.kind == Kind::Fixed {
                return Err(error);
            }
            warnings.push(
                "the footer at the end of the file is missing or damaged; its copy at the start was used".to_owned(),
            );
            Ok((copy, 0))
        }
        Err(error) => Err(error),
    }
}

/// Decodes the last 512 bytes, or the last 511 of an early Virtual PC version.
fn footer_at_end(tail: &[u8]) -> Result<(Footer, u64)> {
    let last = |len: usize| tail.get(tail.len().saturating_sub(len)..).unwrap_or_default();
    let len = if last(OLD_FOOTER_BYTES).starts_with(COOKIE) { OLD_FOOTER_BYTES } else { FOOTER_BYTES };
    Ok((Footer::decode(last(len))?, len as u64))
}

fn describe_one_disk(footer: &Footer, copy: &Footer) -> bool {
    footer.kind == copy.kind
        && footer.virtual_size() == copy.virtual_size()
        && footer.dynamic_offset == copy.dynamic_offset
}

fn check_fixed(footer: &Footer, data_len: u64) -> Result<()> {
    let size = footer.virtual_size();
    if size > data_len {
        let message = format!("a disk of {size} bytes in a file that has {data_len} before its footer");
        return Err(FormatError::new(FORMAT, ErrorKind::Truncated, message));
    }
    Ok(())
}

fn dynamic_header(footer: &Footer, head: &[u8], file_len: u64) -> Result<DynamicHeader> {
    let Some(offset) = footer.dynamic_offset else {
        return Err(FormatError::new(FORMAT, ErrorKind::Invalid, "a dynamic disk without a dynamic header"));
    };
    let start = usize::try_from(offset).ok();
    let end = start.and_then(|start| start.checked_add(DYNAMIC_HEADER_BYTES));
    let Some(bytes) = start.zip(end).and_then(|(start, end)| head.get(start..end)) else {
        // Every known writer puts it behind the copy of the footer, at byte 512.
        let beyond_file = offset.saturating_add(DYNAMIC_HEADER_BYTES as u64) > file_len;
        let kind = if beyond_file { ErrorKind::Truncated } else { ErrorKind::Unsupported };
        let message = format!("a dynamic header that does not lie in the first {} bytes of the file", head.len());
        return Err(FormatError::new(FORMAT, kind, message).at(offset));
    };
    let header = DynamicHeader::decode(bytes).map_err(|error| error.at(offset))?;
    header.check_table(footer.virtual_size(), file_len)?;
    Ok(header)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::vhd::{Geometry, Layout};

    const SIZE: u64 = 20 << 20;

    /// An empty dynamic disk.
    fn dynamic() -> Vec<u8> {
        let layout = Layout::dynamic(SIZE, 2 << 20).unwrap();
        let footer = Footer::dynamic(SIZE, Uuid::nil(), 0).unwrap().encode();
        let bat = vec![0xff; layout.bat_bytes() as usize];
        [&footer[..], &DynamicHeader::of(&layout).encode(), &bat, &footer].concat()
    }

    fn open_file(file: &[u8]) -> Result<Image> {
        open(&file[..file.len().min(64 << 10)], &file[file.len().saturating_sub(1024)..], file.len() as u64)
    }

    /// Either footer may be lost; the operator hears of it.
    #[test]
    fn one_footer_of_a_dynamic_disk_is_enough() {
        let whole = dynamic();
        assert_eq!(open_file(&whole).unwrap().warnings, Vec::<String>::new());
        let footer_at = whole.len() - 512;
        for (damaged_at, word) in [(100, "copy"), (footer_at + 100, "end of the file"), (footer_at, "end of the file")]
        {
            let mut file = whole.clone();
            file[damaged_at] ^= 1;
            let image = open_file(&file).unwrap();
            assert_eq!(image.footer.virtual_size(), SIZE);
            assert!(image.warnings.len() == 1 && image.warnings[0].contains(word), "{:?}", image.warnings);
        }
        let mut file = whole;
        file[100] ^= 1;
        file[footer_at + 100] ^= 1;
        assert_eq!(open_file(&file).unwrap_err().kind, ErrorKind::Invalid);
    }

    /// QEMU takes the copy, others the footer: neither choice is safe.
    #[test]
    fn footers_that_contradict_each_other_are_refused() {
        let mut file = dynamic();
        let other = Footer::dynamic(SIZE - 512, Uuid::nil(), 0).unwrap().encode();
        file[..512].copy_from_slice(&other);
        let error = open_file(&file).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains("contradict"), "{error}");
    }

    /// A fixed disk ends where its footer begins, of 512 bytes or of 511.
    #[test]
    fn a_fixed_disk_must_fit_before_its_footer() {
        let footer = Footer::fixed(4096, Uuid::nil(), 0).unwrap().encode();
        for footer in [&footer[..], &footer[..511]] {
            let file = [&[0xaa; 4096], footer].concat();
            let image = open_file(&file).unwrap();
            assert_eq!((image.dynamic, image.footer.virtual_size()), (None, 4096));
            assert_eq!(open_file(&file[512..]).unwrap_err().kind, ErrorKind::Truncated);
        }
    }

    /// A guest may write a footer into the first sector of its fixed disk: nobody looks there.
    #[test]
    fn the_first_sector_of_a_fixed_disk_is_data() {
        let mut file = vec![0; 8192];
        file[..512].copy_from_slice(&Footer::dynamic(SIZE, Uuid::nil(), 0).unwrap().encode());
        file.extend(Footer::fixed(8192, Uuid::nil(), 0).unwrap().encode());
        let image = open_file(&file).unwrap();
        assert_eq!((image.footer.kind, image.footer.virtual_size()), (Kind::Fixed, 8192));
        assert_eq!(image.warnings, Vec::<String>::new());
        // Without its footer it is no VHD: the first sector decides nothing.
        file[..512].copy_from_slice(&Footer::fixed(8192, Uuid::nil(), 0).unwrap().encode());
        file.truncate(8192);
        assert_eq!(open_file(&file).unwrap_err().kind, ErrorKind::Invalid);
    }

    /// R18: the parent of a differencing disk is not opened, the disk is refused.
    #[test]
    fn a_differencing_disk_is_refused() {
        let mut file = dynamic();
        let child = Footer { kind: Kind::Differencing, ..Footer::dynamic(SIZE, Uuid::nil(), 0).unwrap() };
        let footer_at = file.len() - 512;
        file[..512].copy_from_slice(&child.encode());
        file[footer_at..].copy_from_slice(&child.encode());
        let error = open_file(&file).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NeedsOtherFile);
        assert!(error.message.contains("merge the chain"), "{error}");
    }

    /// A suspended machine is not in its disk.
    #[test]
    fn a_saved_state_is_told() {
        let footer = Footer { saved_state: true, ..Footer::fixed(512, Uuid::nil(), 0).unwrap() };
        let file = [&[0; 512][..], &footer.encode()].concat();
        let warnings = open_file(&file).unwrap().warnings;
        assert!(warnings.len() == 1 && warnings[0].contains("suspended"), "{warnings:?}");
    }

    /// Old programs may mean another size than the footer says: it is not cut in silence.
    #[test]
    fn a_size_that_the_geometry_overrules_is_told() {
        let geometry = Geometry { cylinders: 2, heads: 4, sectors: 17 };
        let footer = Footer { creator: *b"vpc ", geometry, ..Footer::fixed(1 << 20, Uuid::nil(), 0).unwrap() };
        let file = [&vec![0; 1 << 20][..], &footer.encode()].concat();
        let image = open_file(&file).unwrap();
        assert_eq!(image.footer.virtual_size(), 69_632);
        assert!(image.warnings.len() == 1 && image.warnings[0].contains("69632"), "{:?}", image.warnings);
    }

    /// Offsets that lead out of the file, or out of what is read of it.
    #[test]
    fn a_dynamic_header_must_be_in_reach() {
        for (offset, kind) in [
            (None, ErrorKind::Invalid),
            (Some(60 << 20), ErrorKind::Truncated),
            (Some(u64::MAX - 1), ErrorKind::Truncated),
            (Some(2048), ErrorKind::Truncated),
            (Some(0), ErrorKind::Invalid),
        ] {
            let mut file = dynamic();
            let footer = Footer { dynamic_offset: offset, ..Footer::dynamic(SIZE, Uuid::nil(), 0).unwrap() };
            let footer_at = file.len() - 512;
            file[..512].copy_from_slice(&footer.encode());
            file[footer_at..].copy_from_slice(&footer.encode());
            assert_eq!(open_file(&file).unwrap_err().kind, kind, "{offset:?}");
        }
    }
}
