//! Shows that every decoder survives its kept corpus and some thousand mutations of it, in the time that hostile input may take.
//!
//! The mutations are the same in every run. The long search is `make fuzz`; what that finds is added to the corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reseal_fuzz::TARGETS;

/// Mutations of each seed.
const ROUNDS: u64 = 10_000;
/// The same for the target whose every run costs a decryption with RSA.
const ROUNDS_OF_IMPORT: u64 = 200;
/// How long hostile input may keep a decoder busy.
const TIME_MAX: Duration = Duration::from_secs(2);

#[test]
fn every_target_survives_its_corpus_and_accepts_some_of_it() {
    for (name, decode) in TARGETS {
        let accepted = seeds(name).iter().filter(|(path, seed)| timed(path, seed, *decode)).count();
        assert!(
            accepted > 0,
            "{name}: no seed is decoded to its end, so the corpus misses the inner parts of the decoder"
        );
    }
}

#[test]
fn every_target_survives_mutations_of_its_corpus() {
    for (name, decode) in TARGETS {
        for (path, seed) in seeds(name) {
            let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed.len() as u64);
            for _ in 0..if *name == "import" { ROUNDS_OF_IMPORT } else { ROUNDS } {
                timed(&path, &mutated(&seed, &mut random), *decode);
            }
        }
    }
}

#[test]
fn every_corpus_belongs_to_a_target() {
    for entry in entries(&corpus()).into_iter().filter(|entry| entry.is_dir()) {
        let name = entry.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "corpus/{name} has no target");
    }
}

fn timed(path: &Path, bytes: &[u8], decode: fn(&[u8]) -> bool) -> bool {
    let started = Instant::now();
    let accepted = decode(bytes);
    assert!(started.elapsed() < TIME_MAX, "{}: a mutation of it took {:?}", path.display(), started.elapsed());
    accepted
}

/// One to eight changes: numbers that decoders stumble on, flipped bits, a cut, a moved block.
fn mutated(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => flip(&mut bytes, at, 1 << random.below(8)),
            1 => put(&mut bytes, at, &NUMBERS[random.below(NUMBERS.len())].to_be_bytes()),
            2 => put(&mut bytes, at, &NUMBERS[random.below(NUMBERS.len())].to_le_bytes()),
            3 => put(&mut bytes, at & !7, &random.next().to_be_bytes()),
            4 => bytes.truncate(at),
            _ => {
                let from = random.below(bytes.len());
                let block = bytes.get(from..from + random.below(64)).unwrap_or_default().to_vec();
                put(&mut bytes, at, &block);
            }
        }
    }
    bytes
}

const NUMBERS: &[u64] =
    &[0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 32, 0xffff_ffff, 0xffff_ffff_0000_0000, 1 << 62, 0x8000_0000];

fn flip(bytes: &mut [u8], at: usize, bit: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bit;
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (byte, new) in bytes.iter_mut().skip(at).zip(value) {
        *byte = *new;
    }
}

/// xorshift64*: enough for mutations, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = entries(&corpus().join(target));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).expect("a readable seed"))).collect()
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    listing.map(|entry| entry.expect("a readable entry").path()).collect()
}
