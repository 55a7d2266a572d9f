//! Tells what a file is, from its first and last bytes, and compares that with what the user says.
//!
//! A raw disk is whatever its guest wrote: it may begin with another format's magic. So a claim
//! and a probe that disagree are an error, never a choice, and raw is never probed again.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{ErrorKind, FormatError, Result, luks1, luks2, qcow2};

/// Bytes from the start of the file that [`probe`] wants.
pub const PROBE_HEAD_BYTES: usize = 64 << 10;
/// Bytes from the end of the file that [`probe`] wants.
pub const PROBE_TAIL_BYTES: usize = 1024;

/// A disk image format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The disk one to one.
    Raw,
    /// QEMU's format.
    Qcow2,
    /// Virtual PC and Azure.
    Vhd,
    /// Hyper-V.
    Vhdx,
    /// VMware.
    Vmdk,
    /// Raw LUKS1.
    Luks1,
    /// Raw LUKS2.
    Luks2,
}

impl Format {
    const ALL: [Self; 7] = [Self::Raw, Self::Qcow2, Self::Vhd, Self::Vhdx, Self::Vmdk, Self::Luks1, Self::Luks2];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Vhd => "vhd",
            Self::Vhdx => "vhdx",
            Self::Vmdk => "vmdk",
            Self::Luks1 => "luks1",
            Self::Luks2 => "luks2",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format; raw, qcow2, vhd, vhdx, vmdk, luks1 and luks2 are")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownFormat> {
        // QEMU's name for VHD is understood too.
        let name = if text == "vpc" { "vhd" } else { text };
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// A format that can be read; `Raw` when it looks like nothing else.
    Known(Format),
    /// Something else, and what to do about it.
    Foreign {
        /// Its name.
        name: &'static str,
        /// What the user can do.
        advice: &'static str,
    },
}

/// Looks at the first bytes (up to [`PROBE_HEAD_BYTES`]) and the last (up to [`PROBE_TAIL_BYTES`]).
#[must_use]
pub fn probe(head: &[u8], tail: &[u8]) -> Probe {
    let luks = |version: u8| head.starts_with(&luks1::MAGIC) && head.get(6..8) == Some(&[0, version]);
    if luks(1) {
        return Probe::Known(Format::Luks1);
    }
    if luks(2) {
        return Probe::Known(Format::Luks2);
    }
    if head.starts_with(&qcow2::MAGIC) {
        // Version 1 has the same magic and is another format.
        let version_1 = head.get(4..8) == Some(&[0, 0, 0, 1]);
        return if version_1 { QCOW1 } else { Probe::Known(Format::Qcow2) };
    }
    for (magic, found) in MAGICS {
        if head.starts_with(magic) {
            return *found;
        }
    }
    for (at, magic, found) in MAGICS_INSIDE {
        if head.get(*at..).is_some_and(|rest| rest.starts_with(magic)) {
            return *found;
        }
    }
    if has_vhd_footer(tail) {
        return Probe::Known(Format::Vhd);
    }
    // Last, because anything may stand there in an image of another format.
    if luks2::secondary_header_offset(head).is_some() {
        return Probe::Known(Format::Luks2);
    }
    Probe::Known(Format::Raw)
}

/// The format to read a file as.
///
/// Errors: what the file looks like is not what the user says, or is nothing that can be read.
pub fn resolve(claim: Option<Format>, probe: Probe) -> Result<Format> {
    match (claim, probe) {
        (None, Probe::Known(format)) => Ok(format),
        (Some(claim), Probe::Known(format)) if claim == format => Ok(format),
        (Some(claim), Probe::Known(format)) => {
            let message = if claim == Format::Raw {
                format!(
                    "said to be raw, but looks like {format}: a guest may have written that. If it is {format}, say so; if it is raw, it is refused for safety"
                )
            } else {
                format!("said to be {claim}, but looks like {format}; say what it is with --source-format")
            };
            Err(FormatError::new("detection", ErrorKind::Invalid, message))
        }
        (_, Probe::Foreign { name, advice }) => {
            Err(FormatError::new("detection", ErrorKind::Unsupported, format!("looks like {name}; {advice}")))
        }
    }
}

const CONVERT: &str = "convert it with qemu-img convert first";
const UNPACK: &str = "unpack it first";
const QCOW1: Probe = Probe::Foreign { name: "qcow version 1", advice: CONVERT };

const fn foreign(name: &'static str, advice: &'static str) -> Probe {
    Probe::Foreign { name, advice }
}

const MAGICS: &[(&[u8], Probe)] = &[
    (b"conectix", Probe::Known(Format::Vhd)),
    (b"vhdxfile", Probe::Known(Format::Vhdx)),
    (b"KDMV", Probe::Known(Format::Vmdk)),
    (b"# Disk DescriptorFile", Probe::Known(Format::Vmdk)),
    (b"COWD", foreign("a VMware COWD extent", "convert it with vmkfstools or qemu-img first")),
    (b"QED\0", foreign("QED", CONVERT)),
    (b"WithoutFreeSpace", foreign("a Parallels disk", CONVERT)),
    (b"WithouFreSpacExt", foreign("a Parallels disk", CONVERT)),
    (b"\x1f\x8b", foreign("a gzip file", UNPACK)),
    (b"\xfd7zXZ\0", foreign("an xz file", UNPACK)),
    (b"\x28\xb5\x2f\xfd", foreign("a zstd file", UNPACK)),
    (b"BZh", foreign("a bzip2 file", UNPACK)),
    (b"PK\x03\x04", foreign("a zip file", UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", foreign("a 7z file", UNPACK)),
];

const MAGICS_INSIDE: &[(usize, &[u8], Probe)] = &[
    (64, b"\x7f\x10\xda\xbe", foreign("a VirtualBox VDI", CONVERT)),
    (257, b"ustar", foreign("a tar or OVA file", "unpack it and give the disk inside")),
];

/// A VHD footer stands in the last 512 bytes, in the last 511 of some old files.
fn has_vhd_footer(tail: &[u8]) -> bool {
    const COOKIE: &[u8] = b"conectix";
    [512, 511]
        .iter()
        .any(|len| tail.len().checked_sub(*len).and_then(|at| tail.get(at..)).is_some_and(|f| f.starts_with(COOKIE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(at: usize, magic: &[u8]) -> Vec<u8> {
        let mut head = vec![0; 4096];
        head[at..][..magic.len()].copy_from_slice(magic);
        head
    }

    #[test]
    fn formats_are_told_by_their_magic() {
        let known = [
            (head(0, b"QFI\xfb\0\0\0\x03"), Format::Qcow2),
            (head(0, b"conectix"), Format::Vhd),
            (head(0, b"vhdxfile"), Format::Vhdx),
            (head(0, b"KDMV"), Format::Vmdk),
            (head(0, b"LUKS\xba\xbe\0\x01"), Format::Luks1),
            (head(0, b"LUKS\xba\xbe\0\x02"), Format::Luks2),
            (head(0, b""), Format::Raw),
            (Vec::new(), Format::Raw),
        ];
        for (head, format) in known {
            assert_eq!(probe(&head, &[]), Probe::Known(format));
        }
        for (at, magic) in [
            (0, &b"QFI\xfb\0\0\0\x01"[..]),
            (0, b"QED\0"),
            (0, b"\x1f\x8b"),
            (64, b"\x7f\x10\xda\xbe"),
            (257, b"ustar"),
        ] {
            assert!(matches!(probe(&head(at, magic), &[]), Probe::Foreign { .. }), "{magic:?}");
        }
    }

    #[test]
    fn a_fixed_vhd_is_told_by_its_footer() {
        let mut tail = vec![0; 1024];
        tail[512..520].copy_from_slice(b"conectix");
        assert_eq!(probe(&[0; 4096], &tail), Probe::Known(Format::Vhd));
        let mut old = vec![0; 1024];
        old[513..521].copy_from_slice(b"conectix");
        assert_eq!(probe(&[0; 4096], &old), Probe::Known(Format::Vhd));
    }

    #[test]
    fn a_claim_and_a_probe_that_disagree_are_an_error() {
        use Format::{Qcow2, Raw, Vhd};
        assert_eq!(resolve(None, Probe::Known(Qcow2)), Ok(Qcow2));
        assert_eq!(resolve(Some(Raw), Probe::Known(Raw)), Ok(Raw));
        for (claim, found) in [(Raw, Qcow2), (Qcow2, Raw), (Vhd, Qcow2), (Raw, Vhd)] {
            let error = resolve(Some(claim), Probe::Known(found)).unwrap_err().to_string();
            assert!(error.contains(claim.name()) && error.contains(found.name()), "{error}");
        }
        assert!(resolve(Some(Raw), QCOW1).is_err(), "foreign magic is not raw either");
    }

    #[test]
    fn names_are_read_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert_eq!("vpc".parse(), Ok(Format::Vhd));
        assert!("qcow".parse::<Format>().is_err());
    }
}
