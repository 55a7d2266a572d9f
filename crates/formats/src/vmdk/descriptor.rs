use super::FORMAT;
use crate::{ErrorKind, FormatError, Result};

/// How a descriptor in a file of its own begins.
pub(crate) const TEXT_MAGIC: &[u8] = b"# Disk DescriptorFile";
const NO_PARENT: &str = "ffffffff";
/// Characters of a type that are shown.
const TYPE_CHARS_MAX: usize = 40;
const CONVERT: &str = "convert the disk with `qemu-img convert -O qcow2` where its files are";

/// The text that says what kind of disk this is. Names of files in it are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// `createType`: such as `monolithicSparse`. Printable ASCII; empty when there is none.
    pub create_type: String,
    /// Whether the disk lies over another one (`parentCID`).
    pub has_parent: bool,
    /// Lines that name a file of the disk.
    pub extent_count: usize,
    /// How many of them are sparse files.
    pub sparse_extent_count: usize,
}

impl Descriptor {
    /// Reads a descriptor: lines up to the first NUL, in any encoding.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default());
        let mut descriptor =
            Self { create_type: String::new(), has_parent: false, extent_count: 0, sparse_extent_count: 0 };
        for line in text.lines() {
            descriptor.take(line.trim());
        }
        descriptor
    }

    fn take(&mut self, line: &str) {
        if let Some(kind) = extent_kind(line) {
            self.extent_count = self.extent_count.saturating_add(1);
            if kind.eq_ignore_ascii_case("SPARSE") {
                self.sparse_extent_count = self.sparse_extent_count.saturating_add(1);
            }
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"');
            match key.trim().to_ascii_lowercase().as_str() {
                "createtype" => {
                    self.create_type = value.chars().filter(char::is_ascii_graphic).take(TYPE_CHARS_MAX).collect();
                }
                "parentcid" => self.has_parent = !value.eq_ignore_ascii_case(NO_PARENT),
                _ => {}
            }
        }
    }

    /// Checks that the whole disk is in the file in which the descriptor stands.
    ///
    /// Errors: `NeedsOtherFile` for a disk with a parent, with extents in other files, or of a type
    /// that has such; `Unsupported` for ESX's own formats; `Invalid` without a type.
    pub fn require_one_file(&self) -> Result<()> {
        let refused = |kind, message: String| Err(FormatError::new(FORMAT, kind, message));
        if self.has_parent {
            let message = "a snapshot that needs its parent; consolidate the snapshots into one disk first";
            return refused(ErrorKind::NeedsOtherFile, message.to_owned());
        }
        match self.create_type.to_ascii_lowercase().as_str() {
            "monolithicsparse" | "streamoptimized" => {}
            // QEMU keeps room for a descriptor in each extent of a split disk, and leaves it empty.
            "" if self.extent_count == 0 => {
                let message = format!("an empty descriptor: one extent of a disk in several files; {CONVERT}");
                return refused(ErrorKind::NeedsOtherFile, message);
            }
            "" => return refused(ErrorKind::Invalid, "the descriptor has no createType".to_owned()),
            "sesparse" | "vmfssparse" => {
                return refused(ErrorKind::Unsupported, format!("a disk of type {}; {CONVERT}", self.create_type));
            }
            _ => {
                let message = format!("a disk of type {} is in other files; {CONVERT}", self.create_type);
                return refused(ErrorKind::NeedsOtherFile, message);
            }
        }
        if (self.extent_count, self.sparse_extent_count) != (1, 1) {
            let message = format!(
                "a descriptor of {} extents, {} of them sparse: the disk is in other files; {CONVERT}",
                self.extent_count, self.sparse_extent_count
            );
            return refused(ErrorKind::NeedsOtherFile, message);
        }
        Ok(())
    }
}

/// The type of an extent line, such as `RW 20480 SPARSE "disk.vmdk"`.
fn extent_kind(line: &str) -> Option<&str> {
    let mut words = line.split_ascii_whitespace();
    let access = words.next()?;
    let is_access = ["RW", "RDONLY", "NOACCESS"].iter().any(|known| known.eq_ignore_ascii_case(access));
    words.next()?.parse::<u64>().ok()?;
    let kind = words.next()?;
    is_access.then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(create_type: &str, parent: &str, extents: &str) -> Vec<u8> {
        format!("# Disk DescriptorFile\nversion=1\nCID=1234abcd\nparentCID={parent}\ncreateType=\"{create_type}\"\n\n{extents}\n\0junk=1").into_bytes()
    }

    const ONE: &str = "RW 20480 SPARSE \"disk.vmdk\"";

    /// R18: whatever names another file is refused, and the name stands in no message.
    #[test]
    fn disks_that_need_other_files_are_refused() {
        use ErrorKind::{Invalid, NeedsOtherFile, Unsupported};
        let secret = "RW 100 FLAT \"/etc/hostname\" 0";
        let cases = [
            (text("monolithicFlat", "ffffffff", secret), NeedsOtherFile),
            (text("twoGbMaxExtentSparse", "ffffffff", &format!("{ONE}\n{ONE}")), NeedsOtherFile),
            (text("twoGbMaxExtentFlat", "ffffffff", secret), NeedsOtherFile),
            (text("vmfs", "ffffffff", "RW 1 VMFS \"/etc/hostname\""), NeedsOtherFile),
            (text("fullDevice", "ffffffff", "RW 1 FLAT \"/dev/sda\" 0"), NeedsOtherFile),
            (text("monolithicSparse", "ffffffff", secret), NeedsOtherFile),
            (text("monolithicSparse", "ffffffff", &format!("{ONE}\n{secret}")), NeedsOtherFile),
            (text("monolithicSparse", "ffffffff", ""), NeedsOtherFile),
            (text("monolithicSparse", "1234abcd", ONE), NeedsOtherFile),
            (text("streamOptimized", "fffffffe", ONE), NeedsOtherFile),
            (text("seSparse", "ffffffff", "RW 1 SESPARSE \"a\""), Unsupported),
            (text("", "ffffffff", ONE), Invalid),
            (b"\xff\xfe\0".to_vec(), NeedsOtherFile),
        ];
        for (bytes, kind) in cases {
            let error = Descriptor::decode(&bytes).require_one_file().unwrap_err();
            assert_eq!(error.kind, kind, "{error}: {}", String::from_utf8_lossy(&bytes));
            assert!(!error.message.contains('/'), "{error}");
        }
    }

    /// As QEMU and VMware write it, and with the freedom that the format leaves.
    #[test]
    fn disks_in_one_file_are_taken() {
        let windows =
            b"#\r\nparentCID = FFFFFFFF\r\ncreateType = \"StreamOptimized\"\r\nrw 8 sparse \"d\xe9.vmdk\"\r\n";
        for bytes in
            [text("monolithicSparse", "ffffffff", ONE), text("streamOptimized", "ffffffff", ONE), windows.to_vec()]
        {
            assert_eq!(Descriptor::decode(&bytes).require_one_file(), Ok(()), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    /// What a file says does not get into a terminal as it is.
    #[test]
    fn a_type_is_shown_in_printable_characters_only() {
        let descriptor = Descriptor::decode(&text("a\u{1b}[31m\u{e9}b", "ffffffff", ONE));
        assert_eq!(descriptor.create_type, "a[31mb");
        assert_eq!(Descriptor::decode(&text(&"x".repeat(5000), "ffffffff", ONE)).create_type.len(), 40);
    }
}
