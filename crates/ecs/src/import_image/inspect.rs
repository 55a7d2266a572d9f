//! What a file is, and whether it is taken.

use engine::{Report, SourceFormat};

use super::place::OnDisk;
use crate::error::{EcsError, ImportError, Result};

pub(crate) const GIB: u64 = 1 << 30;

/// Largest disk, in GiB. Source: ecs-images.md 5.
const DISK_GIB_MAX: u64 = 2048;

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
}

impl Limits {
    /// Errors: `DiskSize`, `DataDiskSize`.
    pub(crate) fn check(self, name: &str, bytes: u64) -> Result<()> {
        let (object, found) = (name.to_owned(), bytes.div_ceil(GIB));
        let claimed = self.size_gib.unwrap_or(DISK_GIB_MAX);
        Err(match self.position {
            _ if found <= claimed => return Ok(()),
            0 => ImportError::DiskSize { object, claimed, found },
            _ => ImportError::DataDiskSize { object, claimed, found },
        }
        .into())
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
    let looked = tokio::task::spawn_blocking(move || engine::inspect(file.path(), claim)).await;
    let refused = |why: String| ImportError::NotAnImage { object: name.to_owned(), why };
    let report =
        looked.map_err(|_| EcsError::Stopping)?.map_err(|error| refused(EcsError::Engine(error).public_text()))?;
    check_report(&report).map_err(refused)?;
    limits.check(name, report.virtual_size)?;
    Ok(Inspected { format: report.format, virtual_bytes: report.virtual_size })
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
    }
}
