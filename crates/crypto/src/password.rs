//! Passwords of people at rest: Argon2id under a salt of their own, as a PHC string.
//!
//! ```text
//!   $argon2id$v=19$m=19456,t=2,p=1$<salt, Base64>$<hash, Base64>
//! ```
//!
//! The costs stand in the text, so that those of new passwords can rise while old ones are still read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::error::CryptoError;
use crate::kdf::{Argon2Cost, Argon2Kind, argon2};
use crate::random::Random;
use crate::secret::Secret;

/// What a new password costs: 19 MiB and two passes, some 20 ms of one core. Source: OWASP, Password Storage.
const COST: Argon2Cost = Argon2Cost { memory_kib: 19 << 10, iterations: 2, lanes: 1 };

/// Most memory and passes that a stored text may ask for.
const MEMORY_KIB_MAX: u32 = 128 << 10;
const ITERATIONS_MAX: u32 = 16;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What a stored text says.
struct Stored {
    cost: Argon2Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// The text to store for `password`, under a new salt. Costs 19 MiB of memory and some 20 ms.
///
/// Errors: `KdfMemory`.
pub fn hash(password: &Secret, random: &dyn Random) -> Result<String, CryptoError> {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    let hash = argon2(Argon2Kind::Argon2id, COST, password.expose(), &salt, HASH_BYTES)?;
    let Argon2Cost { memory_kib, iterations, lanes } = COST;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash.expose()));
    Ok(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={lanes}${salt}${hash}"))
}

/// Whether `password` is the one whose text is stored. Without a text it is not, which takes as long: so the time does not say whether
/// there is one.
///
/// Errors: `StoredPassword` for a text that [`hash`] does not write, `KdfMemory`.
pub fn matches(password: &Secret, stored: Option<&str>) -> Result<bool, CryptoError> {
    let (is_there, stored) = match stored {
        Some(text) => (true, Stored::read(text).ok_or(CryptoError::StoredPassword)?),
        None => (false, Stored { cost: COST, salt: vec![0; SALT_BYTES], hash: vec![0; HASH_BYTES] }),
    };
    let found = argon2(Argon2Kind::Argon2id, stored.cost, password.expose(), &stored.salt, stored.hash.len())?;
    Ok(crate::mac::equal(found.expose(), &stored.hash) && is_there)
}

impl Stored {
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$m=")?;
        let (memory_kib, rest) = rest.split_once(",t=")?;
        let (iterations, rest) = rest.split_once(",p=")?;
        let (lanes, rest) = rest.split_once('$')?;
        let (salt, hash) = rest.split_once('$')?;
        let cost = Argon2Cost {
            memory_kib: memory_kib.parse().ok().filter(|found| *found <= MEMORY_KIB_MAX)?,
            iterations: iterations.parse().ok().filter(|found| *found <= ITERATIONS_MAX)?,
            lanes: lanes.parse().ok()?,
        };
        let decoded = |text: &str| STANDARD_NO_PAD.decode(text).ok();
        let hash = decoded(hash).filter(|hash| hash.len() == HASH_BYTES)?;
        Some(Self { cost, salt: decoded(salt)?, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    /// Of the reference implementation, libargon2: `printf %s Correct-Horse7 | argon2 somesalt-of-16-b -id -t 2 -k 64 -p 1 -l 32 -e`.
    const REFERENCE: &str =
        "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQtb2YtMTYtYg$0TPrb0s7uRo/CUudNnO4ccOTQr+u5H0ti7AqQUbW4sI";

    /// A password fits its own text and no other, also one of other costs that another program wrote.
    #[test]
    fn a_password_fits_its_own_text() {
        let random = SeededRandom::new(b"passwords");
        let (right, wrong) = (Secret::copy_of(b"Correct-Horse7"), Secret::copy_of(b"correct-Horse7"));
        let stored = hash(&right, &random).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash(&right, &random).unwrap(), "each has a salt of its own");
        for text in [stored.as_str(), REFERENCE] {
            assert_eq!(matches(&right, Some(text)), Ok(true), "{text}");
            assert_eq!(matches(&wrong, Some(text)), Ok(false), "{text}");
        }
        assert_eq!(matches(&right, None), Ok(false));
    }

    /// Where nothing is stored, what is computed costs the same.
    #[test]
    fn nothing_costs_as_much_as_something() {
        let stored = hash(&Secret::copy_of(b"x"), &SeededRandom::new(b"cost")).unwrap();
        let stored = Stored::read(&stored).unwrap();
        assert_eq!((stored.cost, stored.salt.len(), stored.hash.len()), (COST, SALT_BYTES, HASH_BYTES));
    }

    /// Other texts are refused before anything is computed: other algorithms, costs without bounds, hashes that are too short to mean anything.
    #[test]
    fn other_texts_are_refused() {
        let hash = "A".repeat(43);
        for text in [
            String::new(),
            "$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$".to_owned() + &hash,
            "$argon2id$v=16$m=64,t=2,p=1$c29tZXNhbHQ$".to_owned() + &hash,
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$".to_owned() + &hash,
            "$argon2id$v=19$m=64,t=4000000000,p=1$c29tZXNhbHQ$".to_owned() + &hash,
            "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$AAAA".to_owned(),
            "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$!".to_owned() + &hash,
        ] {
            assert_eq!(matches(&Secret::copy_of(b"x"), Some(&text)), Err(CryptoError::StoredPassword), "{text}");
        }
    }
}
