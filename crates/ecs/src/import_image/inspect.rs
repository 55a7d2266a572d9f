//! What a file is, and whether it is taken.

use blobs::SourceFile;
use engine::{EngineError, Identity, Report, SourceFormat};

use super::place::OnDisk;
use crate::error::{EcsError, ImportError, Result};

pub(crate) const GIB: u64 = 1 << 30;

/// Largest disk, in GiB. Source: ecs-images.md 5.
const DISK_GIB_MAX: u64 = 2048;

/// Bytes of a file that holds its whole disk, beside those of the disk: footers and tables. The most of them for its data has a qcow2 with
/// clusters of 512 bytes, 10 bytes each; the most for itself a VHDX.
const FORMAT_BYTES: u64 = 64 << 20;
const FORMAT_PART: u64 = 32;

/// How large a disk may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// 0: the system disk.
    pub(crate) position: u32,
    /// What the caller says, in GiB.
    pub(crate) size_gib: Option<u64>,
}

/// A file that was looked at.
pub(crate) struct Inspected {
    pub(crate) format: SourceFormat,
    pub(crate) virtual_bytes: u64,
    /// The state in which it was looked at.
    pub(crate) state: Identity,
}

impl Limits {
    /// Errors: `DiskSize`, `DataDiskSize`.
    pub(crate) fn check(self, name: &str, bytes: u64) -> Result<()> {
        if bytes.div_ceil(GIB) <= self.claimed() { Ok(()) } else { Err(self.exceeded(name, bytes)) }
    }

    /// The same for the length of a file that cannot be looked at yet: one that no disk of the allowed size needs is not fetched.
    ///
    /// Errors: `DiskSize`, `DataDiskSize`.
    pub(crate) fn check_file(self, name: &str, bytes: u64) -> Result<()> {
        let disk = self.claimed().saturating_mul(GIB);
        let file = disk.saturating_add(disk / FORMAT_PART).saturating_add(FORMAT_BYTES);
        if bytes <= file { Ok(()) } else { Err(self.exceeded(name, bytes)) }
    }

    fn claimed(self) -> u64 {
        self.size_gib.unwrap_or(DISK_GIB_MAX)
    }

    fn exceeded(self, name: &str, bytes: u64) -> EcsError {
        let (object, claimed, found) = (name.to_owned(), self.claimed(), bytes.div_ceil(GIB));
        match self.position {
            0 => ImportError::DiskSize { object, claimed, found },
            _ => ImportError::DataDiskSize { object, claimed, found },
        }
        .into()
    }
}

/// Looks at a file. `name`: for messages.
///
/// Errors: `NotAnImage`, `DiskSize`, `DataDiskSize`.
pub(crate) async fn inspect(
    name: &str,
    claim: Option<SourceFormat>,
    limits: Limits,
    file: OnDisk,
) -> Result<Inspected> {
    let looked = tokio::task::spawn_blocking(move || {
        // First: what changes from here on is another state.
        let state = SourceFile::open(file.path())?.identity()?;
        Ok::<_, EngineError>((state, engine::inspect(file.path(), claim)?))
    });
    let looked = looked.await;
    let refused = |why: String| ImportError::NotAnImage { object: name.to_owned(), why };
    let (state, report) =
        looked.map_err(|_| EcsError::Stopping)?.map_err(|error| refused(EcsError::Engine(error).public_text()))?;
    check_report(&report).map_err(refused)?;
    limits.check(name, report.virtual_size)?;
    Ok(Inspected { format: report.format, virtual_bytes: report.virtual_size, state })
}

/// What is not taken, said before anything is made.
fn check_report(report: &Report) -> std::result::Result<(), String> {
    if let Some(refusal) = &report.refusal {
        return Err(refusal.clone());
    }
    if report.encryption.is_some() {
        return Err("it is encrypted; import the plain image and encrypt it with CopyImage".to_owned());
    }
    if report.virtual_size == 0 {
        return Err("its disk has no bytes".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk is as large as was claimed or smaller, up to the limit; the error tells a data disk from the system disk.
    #[test]
    fn disks_have_a_largest_size() {
        let check = |position, size_gib, bytes| Limits { position, size_gib }.check("a", bytes);
        assert!(check(0, None, 2048 * GIB).is_ok() && check(1, Some(1), GIB).is_ok());
        let large = |result| matches!(result, Err(EcsError::Import(ImportError::DiskSize { .. })));
        let large_data = |result| matches!(result, Err(EcsError::Import(ImportError::DataDiskSize { .. })));
        assert!(large(check(0, None, 2048 * GIB + 1)) && large_data(check(1, Some(1), GIB + 1)));
        let check_file = |size_gib, bytes| Limits { position: 0, size_gib }.check_file("a", bytes);
        // A fixed VHD, and a qcow2 with clusters of 512 bytes.
        assert!(check_file(Some(1), GIB + 512).is_ok() && check_file(None, 2048 * (GIB + GIB * 10 / 512)).is_ok());
        assert!(large(check_file(Some(1), GIB + GIB / 8)) && check_file(Some(u64::MAX), u64::MAX).is_ok());
    }
}
