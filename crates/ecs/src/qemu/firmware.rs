//! UEFI firmware, where it is installed.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::HypervisorError;

/// Code and template of the variables, where Debian and Ubuntu, Fedora, and Arch put them.
const PAIRS: [[&str; 2]; 4] = [
    ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"],
    ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"],
    ["/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"],
    ["/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"],
];

/// The firmware of a machine: shared code, and variables of its own.
pub(super) struct Uefi {
    pub(super) code: PathBuf,
    template: PathBuf,
}

impl Uefi {
    /// Errors: `FirmwareMissing`.
    pub(super) fn find() -> Result<Self, HypervisorError> {
        PAIRS
            .iter()
            .map(|pair| pair.map(PathBuf::from))
            .find(|pair| pair.iter().all(|path| path.is_file()))
            .map(|[code, template]| Self { code, template })
            .ok_or(HypervisorError::FirmwareMissing)
    }

    /// The variables that a machine begins with, unless it has some from its last run.
    pub(super) fn place_variables(&self, path: &Path) -> Result<(), HypervisorError> {
        if path.symlink_metadata().is_err() {
            fs::copy(&self.template, path).map_err(HypervisorError::file("copying firmware variables to", path))?;
        }
        Ok(())
    }
}
