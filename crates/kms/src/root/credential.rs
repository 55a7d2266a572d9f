//! A root key that systemd decrypts and hands to the service (`LoadCredentialEncrypted=`): 32 bytes, or their base64 text.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crypto::Secret;

use super::ROOT_KEY_BYTES;
use super::error::RootError;
use super::fields::{decode_secret, read_at_most};

/// Base64 text of 32 bytes and a line feed have 45.
const FILE_BYTES_MAX: usize = 64;

/// Reads the credential `name` in `directory`, the value of `CREDENTIALS_DIRECTORY`.
///
/// Its mode is not looked at: systemd keeps the directory for the service.
///
/// Errors: `NoCredential`, `Damaged`, `File`.
pub(super) fn read(name: &str, directory: Option<&Path>) -> Result<Secret, RootError> {
    let path = path(name, directory)?;
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(none(name, "the directory of credentials has no such file"));
        }
        opened => opened.map_err(|source| RootError::File { action: "read", path: path.clone(), source })?,
    };
    let bytes = read_at_most(file, FILE_BYTES_MAX);
    let bytes = bytes.map_err(|source| RootError::File { action: "read", path: path.clone(), source })?;
    let key = bytes.and_then(|bytes| match bytes.len() {
        ROOT_KEY_BYTES => Some(bytes),
        _ => decode_secret(bytes.expose().trim_ascii_end(), ROOT_KEY_BYTES),
    });
    key.ok_or(RootError::Damaged { place: path, why: "a root key is 32 bytes, or their base64 text" })
}

/// Where the credential is.
pub(super) fn path(name: &str, directory: Option<&Path>) -> Result<PathBuf, RootError> {
    if name.is_empty() || name == "." || name == ".." || name.contains('/') {
        return Err(none(name, "this cannot be the name of one"));
    }
    let directory = directory.ok_or_else(|| none(name, "CREDENTIALS_DIRECTORY is not set"))?;
    Ok(directory.join(name))
}

fn none(name: &str, why: &'static str) -> RootError {
    RootError::NoCredential { name: name.to_owned(), why }
}
