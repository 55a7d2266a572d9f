//! Where the round keys of the AES kernel lie. A test of its own process: it looks at all of its memory.

use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt;

use crypto::Secret;
use crypto::sector::{CipherKind, SectorCipher};

/// The bits of a key, inverted in the program so that the search finds neither this nor itself.
const INVERTED: &[u8; 64] = b"the first 16 are searched for, the others make up a key of XTS..";

/// Round keys, of which the first is the start of the key itself, lie in locked memory only, and after
/// drop nowhere. Without the kernel they lie in AWS-LC's heap, and there is nothing to see.
#[test]
fn round_keys_are_locked_and_wiped() {
    let key = Secret::from_fn(64, |out| {
        out.iter_mut().zip(INVERTED).for_each(|(byte, inverted)| *byte = !inverted);
    });
    let mut cipher = SectorCipher::new(CipherKind::AesXtsPlain64, &key).expect("a good key");
    if !cipher.is_vectorised() {
        return;
    }
    drop(key);
    cipher.encrypt(0, 512, &mut [0; 32_768]).expect("whole sectors");
    let mappings = mappings_with_key();
    assert!(!mappings.is_empty(), "the test finds the key");
    for flags in mappings {
        assert!(flags.split(' ').any(|flag| flag == "lo"), "round keys outside locked memory: {flags}");
    }
    drop(cipher);
    assert_eq!(mappings_with_key(), [""; 0]);
}

/// Flags of the writable mappings in which the first 16 bytes of the key stand.
fn mappings_with_key() -> Vec<String> {
    let memory = File::open("/proc/self/mem").expect("Linux");
    let smaps = read_to_string("/proc/self/smaps").expect("Linux");
    let mut bytes = Vec::new();
    let mut found = Vec::new();
    for line in smaps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags: ") {
            let inverted = &INVERTED[..16];
            if bytes.windows(16).any(|window| window.iter().zip(inverted).all(|(byte, inverted)| *byte == !inverted)) {
                found.push(flags.trim().to_owned());
            }
            bytes.clear();
        } else if let Some((start, end)) = writable_range(line) {
            bytes.resize((end - start) as usize, 0);
            memory.read_exact_at(&mut bytes, start).expect("a mapping of this process");
        }
    }
    found
}

/// The addresses of a line of `smaps` that begins a writable mapping.
fn writable_range(line: &str) -> Option<(u64, u64)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some((address(start)?, address(end)?))
}
