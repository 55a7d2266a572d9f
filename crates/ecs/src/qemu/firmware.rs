//! UEFI firmware, where it is installed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::directory::{file_of_last_run, give, new_file};
use super::error::HypervisorError;
use super::user::VmUser;

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

    /// The variables that a machine begins with, unless it has some from its last run. They are the user's that QEMU runs as.
    ///
    /// Errors: `File`, also when something else stands in their place.
    pub(super) fn place_variables(&self, path: &Path, user: Option<VmUser>) -> Result<(), HypervisorError> {
        if matches!(path.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound) {
            self.copy_template(path).map_err(HypervisorError::file("copying firmware variables to", path))?;
        }
        let file = file_of_last_run(path).map_err(HypervisorError::file("opening", path))?;
        give(&file, path, user)
    }

    /// They get their name when they are whole: half of them would be taken for those of the last run.
    fn copy_template(&self, path: &Path) -> io::Result<()> {
        let unfinished = path.with_added_extension("partial");
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = new_file(&unfinished)?;
        io::copy(&mut File::open(&self.template)?, &mut file)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    /// Variables are copied once and kept then. What a guest that broke out of QEMU left in their place, to have a file of somebody else
    /// given to it, is refused, and that file is not touched.
    #[test]
    fn nothing_else_is_taken_for_the_variables() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("template"), b"new").unwrap();
        fs::write(at("secret"), b"of another").unwrap();
        // A copy that was cut short.
        fs::write(at("variables.partial"), b"n").unwrap();
        let uefi = Uefi { code: at("code"), template: at("template") };
        uefi.place_variables(&at("variables"), None).unwrap();
        assert_eq!(fs::read(at("variables")).unwrap(), b"new");
        assert!(!at("variables.partial").exists());
        fs::write(at("variables"), b"written by the guest").unwrap();
        uefi.place_variables(&at("variables"), None).unwrap();
        assert_eq!(fs::read(at("variables")).unwrap(), b"written by the guest");

        symlink(at("secret"), at("link")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        fs::hard_link(at("secret"), at("hard")).unwrap();
        fs::create_dir(at("directory")).unwrap();
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        for name in ["link", "dangling", "hard", "directory", "pipe"] {
            let refused = uefi.place_variables(&at(name), None).unwrap_err();
            assert!(matches!(refused, HypervisorError::File { .. }), "{name}: {refused}");
        }
        assert_eq!(fs::read(at("secret")).unwrap(), b"of another");
        assert!(!at("nowhere").exists());
    }
}
