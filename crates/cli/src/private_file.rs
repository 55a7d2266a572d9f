//! Files that hold a secret.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use crypto::Secret;

/// All bytes of a file that is its owner's alone, at most `bytes_max` of them.
///
/// Errors: it cannot be read, others may read it, or it is longer.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Secret> {
    let shown = path.display();
    let refused = || format!("cannot read {shown}");
    let mut file = File::open(path).with_context(refused)?;
    // Asked of the opened file: its name may stand for another one by now.
    let mode = file.metadata().with_context(refused)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{shown} may be read by others (mode {mode:04o}); run `chmod 600` on it");
    }
    let mut len = 0;
    let bytes = Secret::try_from_fn(bytes_max + 1, |buffer| {
        while len < buffer.len() {
            match file.read(&mut buffer[len..])? {
                0 => break,
                count => len += count,
            }
        }
        Ok::<_, std::io::Error>(())
    });
    let bytes = bytes.with_context(refused)?;
    if len > bytes_max {
        bail!("{shown} is longer than {bytes_max} bytes");
    }
    Ok(bytes.shortened(len))
}
