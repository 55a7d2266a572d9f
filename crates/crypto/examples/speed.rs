//! Speed of what touches every byte, on one core: `cargo run --release -p crypto --example speed`.
//!
//! Prints GB/s (1e9 bytes) of CPU time of the thread, median and best of several samples over a
//! buffer that fits in the cache, as the pipeline's does. The last lines compare the candidates for the leaf digest; the
//! one in use is `LeafHasher`.

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use crypto::Secret;
use crypto::digest::{LeafHasher, TreeKey, TreeKind};
use crypto::sector::{CipherKind, SectorCipher};
use rustix::time::{ClockId, clock_gettime};

const BUFFER_BYTES: usize = 512 << 10;
const LEAF_BYTES: usize = 64 << 10;
const SAMPLES: usize = 15;
const SAMPLE_TIME: Duration = Duration::from_millis(60);

fn main() {
    start_up();
    let mut buffer: Vec<u8> = (0..BUFFER_BYTES).map(|i| ((i * 31) >> 3) as u8).collect();
    sectors(&mut buffer);
    leaves(&buffer);
}

/// What a process pays before its first byte.
fn start_up() {
    let mut micros = [(); 5].map(|()| {
        let start = cpu_time();
        crypto::self_test().expect("this machine computes right");
        (cpu_time() - start).as_micros()
    });
    let first = micros[0];
    micros.sort_unstable();
    println!("{:32} {first:6} µs   (again {})", "self test, first in the process", micros[2]);
}

fn sectors(buffer: &mut [u8]) {
    let names = [
        ("aes-256-xts", CipherKind::AesXtsPlain64, 64),
        ("aes-128-xts", CipherKind::AesXtsPlain64, 32),
        ("aes-256-cbc-essiv", CipherKind::AesCbcEssivSha256, 32),
    ];
    for (name, kind, key_bytes) in names {
        let key = Secret::from_fn(key_bytes, |out| {
            out.iter_mut().zip(1..).for_each(|(b, i)| *b = i);
        });
        let mut cipher = SectorCipher::new(kind, &key).expect("a key of the right length");
        for sector_bytes in [512, 4096] {
            measure(&format!("{name} encrypt {sector_bytes}"), || {
                cipher.encrypt(8, sector_bytes, buffer).expect("whole sectors");
            });
            measure(&format!("{name} decrypt {sector_bytes}"), || {
                cipher.decrypt(8, sector_bytes, buffer).expect("whole sectors");
            });
        }
    }
}

fn leaves(buffer: &[u8]) {
    let key = TreeKey::derive(&Secret::copy_of(&[7; 32]), TreeKind::File, b"");
    let mut hasher = LeafHasher::new(&key);
    measure("leaf digest in use", || {
        each_leaf(buffer, |leaf| hasher.leaf(leaf));
    });
    measure("leaf BLAKE3 keyed", || {
        each_leaf(buffer, |leaf| blake3::keyed_hash(&[7; 32], leaf));
    });
    let gcm = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("32 bytes"));
    measure("leaf GMAC alone", || {
        each_leaf(buffer, |leaf| {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            gcm.seal_in_place_separate_tag(nonce, Aad::from(leaf), &mut []).expect("64 KiB")
        });
    });
    let mac = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    measure("leaf HMAC-SHA-256", || {
        each_leaf(buffer, |leaf| hmac::sign(&mac, leaf));
    });
    measure("leaf SHA-256", || {
        each_leaf(buffer, |leaf| digest::digest(&digest::SHA256, leaf));
    });
}

fn each_leaf<T>(buffer: &[u8], mut leaf: impl FnMut(&[u8]) -> T) {
    for bytes in buffer.chunks(LEAF_BYTES) {
        black_box(leaf(black_box(bytes)));
    }
}

/// Runs `work`, which passes over the buffer once, and prints its rate.
fn measure(name: &str, mut work: impl FnMut()) {
    work();
    let mut rates: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let start = cpu_time();
            let mut bytes = 0_usize;
            while cpu_time() - start < SAMPLE_TIME {
                work();
                bytes += BUFFER_BYTES;
            }
            bytes as f64 / (cpu_time() - start).as_nanos() as f64
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!("{name:32} {:6.2} GB/s  (best {:.2})", rates[SAMPLES / 2], rates[SAMPLES - 1]);
}

/// Other work on the machine does not count, except what it does to caches and shared cores.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
