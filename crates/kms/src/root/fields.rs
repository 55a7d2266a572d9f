//! The text form of files with a root key: a first line that says what it is, `name value` lines, `#` lines for people.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto::Secret;

use super::error::RootError;

/// Finds a field of a text; comments and unknown fields are skipped. `None` when it is missing or the first line is another.
pub(super) fn field<'t>(text: &'t str, first_line: &str, name: &str) -> Option<&'t str> {
    let mut lines = text.lines();
    if lines.next()? != first_line {
        return None;
    }
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// Reads a file of at most `len_max` bytes straight into locked memory. `None` when there is none.
///
/// Errors: `OpenToOthers` for a file that group or others may read; `Damaged` for a longer one; `File`.
pub(super) fn read_private(path: &Path, len_max: usize) -> Result<Option<Secret>, RootError> {
    let failed = |source| RootError::File { action: "read", path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.permissions().mode() & 0o7777;
    // A pipe (`--root-passphrase-file <(…)`) has no one who could read it later.
    if metadata.is_file() && mode & 0o077 != 0 {
        return Err(RootError::OpenToOthers { path: path.to_owned(), mode });
    }
    let bytes = read_at_most(file, len_max).map_err(failed)?;
    let too_long = || RootError::Damaged { place: path.to_owned(), why: "it is longer than such a file can be" };
    bytes.map(Some).ok_or_else(too_long)
}

/// All bytes of a file, or `None` when there are more than `len_max`.
pub(super) fn read_at_most(mut file: File, len_max: usize) -> io::Result<Option<Secret>> {
    let mut len = 0;
    let bytes = Secret::try_from_fn(len_max + 1, |out| -> io::Result<()> {
        loop {
            match file.read(&mut out[len..]) {
                Ok(0) => return Ok(()),
                Ok(count) => len += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    })?;
    Ok((len <= len_max).then(|| bytes.shortened(len)))
}

/// Base64 text of exactly `len` bytes, decoded in locked memory.
pub(super) fn decode_secret(text: &[u8], len: usize) -> Option<Secret> {
    let decoded = Secret::try_from_fn(len, |out| match STANDARD.decode_slice(text, out) {
        Ok(count) if count == len => Ok(()),
        _ => Err(()),
    });
    decoded.ok()
}
