//! `root.key`: the root key in clear.
//!
//! ```text
//! reseal root key 1
//! key <base64 of 32 bytes>
//! check <first 8 bytes of an HMAC-SHA-256 under the key, hex>
//! # words for whoever finds the file
//! ```
//! The check tells a damaged file from the key of another catalog: one wants a backup, the other the right directory.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto::{Secret, mac};

use super::ROOT_KEY_BYTES;
use super::error::RootError;
use super::fields::{decode_secret, field, read_private};

const FIRST_LINE: &str = "reseal root key 1";
const KEY_TEXT_BYTES: usize = ROOT_KEY_BYTES.div_ceil(3) * 4;
const NOTE: &str = "# This key opens all keys of the catalog beside it. Whoever has both can open every image.\n\
                    # Without it nothing can be opened any more. Keep an encrypted copy elsewhere: reseal root backup FILE\n";

/// Ours has about 300 bytes; people may add notes.
const FILE_BYTES_MAX: usize = 4096;

/// The file's text.
pub(super) fn encode(key: &Secret) -> Secret {
    let before = format!("{FIRST_LINE}\nkey ");
    let after = format!("\ncheck {}\n{NOTE}", check(key));
    Secret::from_fn(before.len() + KEY_TEXT_BYTES + after.len(), |out| {
        let (start, rest) = out.split_at_mut(before.len());
        let (middle, end) = rest.split_at_mut(KEY_TEXT_BYTES);
        start.copy_from_slice(before.as_bytes());
        let written = STANDARD.encode_slice(key.expose(), middle);
        written.expect("the text of 32 bytes has the length that was computed from 32");
        end.copy_from_slice(after.as_bytes());
    })
}

/// The key in the file at `path`; `None` when there is no file.
///
/// Errors: `Damaged`, `OpenToOthers`, `File`.
pub(super) fn read(path: &Path) -> Result<Option<Secret>, RootError> {
    let Some(bytes) = read_private(path, FILE_BYTES_MAX)? else { return Ok(None) };
    let damaged = |why| RootError::Damaged { place: path.to_owned(), why };
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| damaged("it is not text"))?;
    let value = |name| field(text, FIRST_LINE, name);
    let key = value("key").ok_or_else(|| damaged("it does not begin with `reseal root key 1` and a `key` line"))?;
    let key =
        decode_secret(key.as_bytes(), ROOT_KEY_BYTES).ok_or_else(|| damaged("its key is not 32 bytes in base64"))?;
    if value("check") != Some(check(&key).as_str()) {
        return Err(damaged("its check does not match its key, so one of them was changed"));
    }
    Ok(Some(key))
}

fn check(key: &Secret) -> String {
    hex::encode(&mac::mac(key, "reseal root key file check", b"")[..8])
}
