//! The root key under a passphrase: `root.sealed`, and the backup, which is the same file.
//!
//! ```text
//! reseal sealed root key 1
//! argon2id <memory, KiB> <passes> <lanes>
//! salt <base64 of 16 bytes>
//! sealed <base64 of the sealed root key>
//! # words for whoever finds the file
//! ```
//! The costs stand in the file so that later versions can raise them; the seal is bound to them.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto::kdf::{Argon2Cost, Argon2Kind, argon2};
use crypto::{Random, Secret, seal};

use super::error::RootError;
use super::fields::field;
use super::{ROOT_KEY_BYTES, context};

const FIRST_LINE: &str = "reseal sealed root key 1";
const SALT_BYTES: usize = 16;
const NOTE: &str =
    "# The root key of a Reseal data directory, encrypted under a passphrase. Put it back: reseal root restore FILE\n";

/// RFC 9106, section 4, second recommended option: 64 MiB and 3 passes, for machines without 2 GiB to spare. About 0.1 s.
const COST: Argon2Cost = Argon2Cost { memory_kib: 64 << 10, iterations: 3, lanes: 4 };

/// Ours has about 400 bytes; people may add notes.
pub(super) const FILE_BYTES_MAX: usize = 4096;

/// The file's text.
///
/// Errors: `Passphrase` when there is no memory for the derivation.
pub(super) fn encode(key: &Secret, passphrase: &Secret, random: &dyn Random) -> Result<Vec<u8>, RootError> {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    let costs = cost_text(COST);
    let wrapping = derive(COST, passphrase, &salt)?;
    let sealed = seal::seal(&wrapping, &sealed_context(&costs), key.expose(), random);
    let (salt, sealed) = (STANDARD.encode(salt), STANDARD.encode(sealed));
    Ok(format!("{FIRST_LINE}\nargon2id {costs}\nsalt {salt}\nsealed {sealed}\n{NOTE}").into_bytes())
}

/// The key in such a text. `place` is for messages.
///
/// Errors: `Damaged`, `WrongPassphrase`, `Passphrase` for costs beyond our limits.
pub(super) fn decode(bytes: &[u8], passphrase: &Secret, place: &Path) -> Result<Secret, RootError> {
    let damaged = |why| RootError::Damaged { place: place.to_owned(), why };
    if bytes.len() > FILE_BYTES_MAX {
        return Err(damaged("it is longer than such a file can be"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
    let value = |name| field(text, FIRST_LINE, name);
    let costs = value("argon2id")
        .ok_or_else(|| damaged("it does not begin with `reseal sealed root key 1` and an `argon2id` line"))?;
    let cost = parse_cost(costs).ok_or_else(|| damaged("its `argon2id` line is not three numbers"))?;
    let salt = value("salt").and_then(|salt| STANDARD.decode(salt).ok());
    let salt =
        salt.filter(|salt| salt.len() == SALT_BYTES).ok_or_else(|| damaged("its salt is not 16 bytes in base64"))?;
    let sealed = value("sealed").and_then(|sealed| STANDARD.decode(sealed).ok());
    let sealed = sealed.ok_or_else(|| damaged("its `sealed` line is missing or not base64"))?;
    let wrapping = derive(cost, passphrase, &salt)?;
    let key = seal::open(&wrapping, &sealed_context(costs), &sealed).ok().filter(|key| key.len() == ROOT_KEY_BYTES);
    key.ok_or_else(|| RootError::WrongPassphrase { place: place.to_owned() })
}

fn derive(cost: Argon2Cost, passphrase: &Secret, salt: &[u8]) -> Result<Secret, RootError> {
    argon2(Argon2Kind::Argon2id, cost, passphrase.expose(), salt, ROOT_KEY_BYTES).map_err(RootError::Passphrase)
}

fn sealed_context(costs: &str) -> crypto::Context {
    context([("purpose", "root key".to_owned()), ("argon2id", costs.to_owned())])
}

fn cost_text(cost: Argon2Cost) -> String {
    format!("{} {} {}", cost.memory_kib, cost.iterations, cost.lanes)
}

fn parse_cost(text: &str) -> Option<Argon2Cost> {
    let mut numbers = text.split(' ').map(|number| number.parse().ok());
    let cost = Argon2Cost { memory_kib: numbers.next()??, iterations: numbers.next()??, lanes: numbers.next()?? };
    numbers.next().is_none().then_some(cost)
}
