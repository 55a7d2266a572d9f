use std::path::Path;

use crypto::Secret;

use super::error::RootError;
use super::fields::read_private;

/// Longest passphrase file.
const FILE_BYTES_MAX: usize = 4096;

/// The passphrase in a file: all its bytes but one line feed at the end, which editors and `echo` add. Nothing else is taken off.
///
/// The file may be a pipe; a regular file must be for its owner only.
///
/// Errors: `BadPassphrase` when empty, `OpenToOthers`, `Damaged` when longer than 4,096 bytes, `File`.
pub fn read_passphrase_file(path: &Path) -> Result<Secret, RootError> {
    let bytes = read_private(path, FILE_BYTES_MAX)?.ok_or_else(|| RootError::File {
        action: "read the passphrase in",
        path: path.to_owned(),
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    let len = bytes.expose().strip_suffix(b"\n").unwrap_or(bytes.expose()).len();
    if len == 0 {
        return Err(RootError::BadPassphrase { path: path.to_owned(), why: "is empty: it would protect nothing" });
    }
    Ok(bytes.shortened(len))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn exactly_one_line_feed_at_the_end_does_not_count() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"word", b"word"),
            (b"word\n", b"word"),
            (b"word\n\n", b"word\n"),
            (b"word\r\n", b"word\r"),
            (b" w \n", b" w "),
        ];
        for (file, wanted) in cases {
            assert_eq!(read(file, 0o600).unwrap().expose(), wanted, "{file:?}");
        }
    }

    #[test]
    fn passphrases_that_protect_nothing_are_refused() {
        assert!(matches!(read(b"", 0o600), Err(RootError::BadPassphrase { .. })));
        assert!(matches!(read(b"\n", 0o600), Err(RootError::BadPassphrase { .. })));
        assert!(matches!(read(b"word", 0o640), Err(RootError::OpenToOthers { mode: 0o640, .. })));
        assert!(matches!(read(&[b'x'; 4097], 0o600), Err(RootError::Damaged { .. })));
    }

    fn read(bytes: &[u8], mode: u32) -> Result<Secret, RootError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        std::fs::set_permissions(file.path(), PermissionsExt::from_mode(mode)).unwrap();
        read_passphrase_file(file.path())
    }
}
