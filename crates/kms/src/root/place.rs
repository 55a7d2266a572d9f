//! Where the last change left the root key: the file `root.place`, for a service that runs meanwhile.
//!
//! ```text
//! reseal root place 1
//! passphrase-file /etc/reseal/word           or: file root.key, credential NAME, pkcs11 URI
//! ```
//! Paths and names are percent-encoded. The file is written before the change is committed and is a hint only: which key is in force is
//! told by the check value of the catalog, so a place to which nothing came harms nothing.
//!
//! It is in the data directory and not in the catalog, for its owner only: to use a token is to run the code of its module, and who may
//! write the catalog, on a PostgreSQL server for example, must not thereby choose code for the service.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crypto::Random;

use super::error::{RootError, RootResult};
use super::fields::{field, read_private};
use super::percent;
use super::source::RootSource;
use crate::data_dir::{DataDir, sync_parent, write_new};

const FIRST_LINE: &str = "reseal root place 1";

/// A path of 4096 bytes, each of them encoded, has three times as many.
const FILE_BYTES_MAX: usize = 16 << 10;

/// The place that was written last; `None` when there was no change.
///
/// Errors: `OpenToOthers`, `Damaged`, `File`.
pub(super) fn read(data_dir: &DataDir) -> RootResult<Option<RootSource>> {
    let path = data_dir.root_place();
    let Some(bytes) = read_private(&path, FILE_BYTES_MAX)? else { return Ok(None) };
    let place = std::str::from_utf8(bytes.expose()).ok().and_then(parse);
    place.map(Some).ok_or(RootError::Damaged { place: path, why: "it names no place of a root key" })
}

/// The same refusal, with the place where the last change left the root key, if that is another one.
pub(super) fn hinted(refusal: RootError, source: &RootSource, data_dir: &DataDir) -> RootError {
    match read(data_dir) {
        Ok(Some(there)) if there != *source => {
            RootError::Elsewhere { refusal: Box::new(refusal), there: arguments(&there) }
        }
        _ => refusal,
    }
}

fn arguments(source: &RootSource) -> String {
    match source {
        RootSource::File => "no --root-… argument".to_owned(),
        RootSource::PassphraseFile(path) => format!("--root-passphrase-file {}", path.display()),
        RootSource::SystemdCredential { name, .. } => format!("--root-credential {name}"),
        RootSource::Pkcs11(place) => format!("--root-pkcs11 '{}'", place.uri()),
    }
}

/// Writes the place that a change goes to. The caller has the write lock of the catalog, so nobody else writes it.
///
/// Errors: `File`.
pub(super) fn write(data_dir: &DataDir, source: &RootSource, random: &dyn Random) -> RootResult<()> {
    let place = data_dir.root_place();
    let beside = place.with_added_extension("next");
    let written = match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        // What a killed change left is gone.
        _ => write_new(&beside, text(source).as_bytes(), random),
    };
    let written = written.and_then(|()| std::fs::rename(&beside, &place)).and_then(|()| sync_parent(&place));
    written.map_err(|source| RootError::File { action: "write", path: place, source })
}

fn text(source: &RootSource) -> String {
    let place = match source {
        RootSource::File => "file root.key".to_owned(),
        RootSource::PassphraseFile(path) => {
            format!("passphrase-file {}", percent::encoded(path.as_os_str().as_bytes()))
        }
        RootSource::SystemdCredential { name, .. } => format!("credential {}", percent::encoded(name.as_bytes())),
        RootSource::Pkcs11(place) => format!("pkcs11 {}", place.uri()),
    };
    format!("{FIRST_LINE}\n{place}\n")
}

fn parse(text: &str) -> Option<RootSource> {
    let value = |name| field(text, FIRST_LINE, name);
    if value("file").is_some() {
        return Some(RootSource::File);
    }
    if let Some(path) = value("passphrase-file") {
        return Some(RootSource::PassphraseFile(PathBuf::from(OsString::from_vec(percent::decoded(path)?))));
    }
    if let Some(name) = value("credential") {
        // The credentials of a service are those that it was started with.
        return Some(RootSource::systemd_credential(String::from_utf8(percent::decoded(name)?).ok()?));
    }
    value("pkcs11")?.parse().ok().map(RootSource::Pkcs11)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crypto::OsRandom;

    use super::super::token::{TokenName, TokenPlace};
    use super::*;

    fn places() -> [RootSource; 5] {
        let token = |token| {
            RootSource::Pkcs11(TokenPlace {
                module: "/lib/p 11.so".into(),
                token,
                pin_file: "/etc/p;in?".into(),
                key_label: "a key\n&".to_owned(),
            })
        };
        [
            RootSource::File,
            RootSource::PassphraseFile(OsString::from_vec(b"/etc/\xff word\nfile root.key".to_vec()).into()),
            RootSource::systemd_credential("root%key"),
            token(TokenName::Label("k=ms".to_owned())),
            token(TokenName::Slot(7)),
        ]
    }

    /// Each place comes back as it was written, whatever its names hold, and replaces the one before it.
    #[test]
    fn places_are_read_as_they_were_written() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(directory.path());
        assert_eq!(read(&data_dir).unwrap(), None);
        std::fs::write(data_dir.root_place().with_added_extension("next"), "left by a killed change").unwrap();
        for place in places() {
            write(&data_dir, &place, &OsRandom).unwrap();
            assert_eq!(read(&data_dir).unwrap(), Some(place));
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    /// What others could have written, or is no place, is refused.
    #[test]
    fn other_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(directory.path());
        let path = data_dir.root_place();
        for text in ["", "file root.key\n", "reseal root place 1\n", "reseal root place 1\npkcs11 kms\n"] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            assert!(matches!(read(&data_dir), Err(RootError::Damaged { .. })), "{text:?}");
        }
        write(&data_dir, &RootSource::File, &OsRandom).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o620)).unwrap();
        assert!(matches!(read(&data_dir), Err(RootError::OpenToOthers { .. })));
    }
}
