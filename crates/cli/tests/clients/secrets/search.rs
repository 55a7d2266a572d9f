//! Finds bytes whatever they are written as.

use std::collections::BTreeSet;
use std::io::{self, Read};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Half of a key of AES-256, and a round key: a cipher that was made ready holds its key in pieces of as many bytes.
const PIECE: usize = 16;

/// Looks for all of its secrets at once.
pub(super) struct Search {
    automaton: AhoCorasick,
    /// Whose each pattern is.
    names: Vec<String>,
}

impl Search {
    /// Secrets with their names.
    pub(super) fn of(secrets: &[(String, Vec<u8>)]) -> Self {
        let forms =
            secrets.iter().flat_map(|(name, secret)| forms(secret).into_iter().map(|form| (name.clone(), form)));
        let (names, patterns): (Vec<_>, Vec<_>) = forms.unzip();
        Self { automaton: AhoCorasick::new(patterns).expect("an automaton"), names }
    }

    /// The names of those of which a piece is there.
    pub(super) fn found_in(&self, bytes: impl Read) -> io::Result<BTreeSet<&str>> {
        let found = self.automaton.stream_find_iter(bytes);
        found.map(|found| Ok(self.names[found?.pattern().as_usize()].as_str())).collect()
    }
}

/// Each piece of a secret as it is, in hex of both cases, and the characters of its base64 that do not depend on its neighbours.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let last = secret.len().checked_sub(PIECE).expect("a secret has a piece");
    let pieces = secret.chunks_exact(PIECE).chain([&secret[last..]]);
    pieces
        .flat_map(|piece| {
            [piece.to_vec(), hex::encode(piece).into(), hex::encode_upper(piece).into()]
                .into_iter()
                .chain(base64(piece))
        })
        .collect()
}

/// One for each place that the first byte has in a group of three.
fn base64(piece: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).map(|before| {
        let text = STANDARD.encode([&[0; 2][..before], piece, &[0; 2]].concat());
        // A character is of 6 bits.
        let (first, end) = ((8 * before).div_ceil(6), 8 * (before + piece.len()) / 6);
        text.as_bytes()[first..end].to_vec()
    })
}

/// Shows that a secret is found in each form, at any place, across the pieces in which a stream is read; and that nothing else is.
#[test]
fn a_secret_is_found_in_every_form() {
    let secret = *b"0123456789abcdef\x00\xff a key of 44 bytes, more";
    let search = Search::of(&[("it".to_owned(), secret.to_vec()), ("other".to_owned(), vec![7; 32])]);
    let half = &secret[PIECE..2 * PIECE];
    let written: [Vec<u8>; 5] = [
        secret.to_vec(),
        half.to_vec(),
        secret[secret.len() - PIECE..].to_vec(),
        hex::encode(half).into(),
        hex::encode_upper(half).into(),
    ];
    let texts = (0..3).map(|before| STANDARD.encode([&b"xy"[..before], half, b"z"].concat()).into());
    for form in written.into_iter().chain(texts) {
        for before in [0, 1, (64 << 10) - 5] {
            let place = [vec![b'.'; before], form.clone(), b"..".to_vec()].concat();
            assert_eq!(search.found_in(&*place).expect("memory"), BTreeSet::from(["it"]), "{form:?} after {before}");
        }
    }
    assert!(search.found_in(&secret[1..PIECE]).expect("memory").is_empty());
}
