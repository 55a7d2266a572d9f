//! Ids of the API: a letter, a hyphen, and 20 of `a-z0-9`.

use crypto::Random;

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LETTERS: usize = 20;

/// An id that begins with `prefix`: `m` for an image, `s` for a snapshot, `t` for a task. 103 random bits.
pub(crate) fn new_id(prefix: &str, random: &dyn Random) -> String {
    let mut id = format!("{prefix}-");
    let end = id.len() + ID_LETTERS;
    let mut bytes = [0; 2 * ID_LETTERS];
    while id.len() < end {
        random.fill(&mut bytes);
        // 252 is the largest multiple of 36: what is above would make the first letters more likely.
        let letters = bytes.iter().filter(|byte| **byte < 252).map(|byte| char::from(LETTERS[usize::from(*byte % 36)]));
        id.extend(letters.take(end - id.len()));
    }
    id
}

#[cfg(test)]
mod tests {
    use crypto::OsRandom;

    use super::*;

    /// Ids have the form of the API and are not given twice.
    #[test]
    fn ids_have_one_form() {
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| new_id("m", &OsRandom)).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let letters = id.strip_prefix("m-").unwrap();
            assert!(letters.len() == ID_LETTERS && letters.bytes().all(|byte| LETTERS.contains(&byte)), "{id}");
        }
    }
}
