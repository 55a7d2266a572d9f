//! Speed of what touches every byte, on one core: `cargo run --release -p crypto --example speed`.
//!
//! Prints GB/s (1e9 bytes) of CPU time of the thread, median and best of several samples. "Cached" is over a
//! buffer that fits in the second-level cache, as the pipeline's does; "streaming" over one that does not fit in any.
//! Where lines belong together their samples alternate, so that other work on the machine meets all of them. The
//! last lines compare the candidates for the leaf digest; the one in use is `LeafHasher`.

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use crypto::Secret;
use crypto::digest::{LeafHasher, TreeKey, TreeKind};
use crypto::sector::{Backend, CipherKind, SectorCipher};
use rustix::time::{ClockId, clock_gettime};

const BUFFER_BYTES: usize = 512 << 10;
const STREAM_BYTES: usize = 256 << 20;
const LEAF_BYTES: usize = 64 << 10;
/// Short samples, and many: the best of them ran while nothing else disturbed the core.
const SAMPLES: usize = 301;
const SAMPLE_TIME: Duration = Duration::from_micros(300);
/// Passes over the buffer that streams, each a sample.
const STREAM_SAMPLES: usize = 9;

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
    println!("{:44} {first:6} µs   (again {})", "self test, first in the process", micros[2]);
}

/// AES-256-XTS of each backend, then the ciphers of old images.
fn sectors(buffer: &mut [u8]) {
    let mut stream = vec![0x5a; STREAM_BYTES];
    for sector_bytes in [512, 4096] {
        compare_backends("cached", sector_bytes, buffer, SAMPLES);
        compare_backends("streaming", sector_bytes, &mut stream, STREAM_SAMPLES);
    }
    drop(stream);
    for (name, kind, key_bytes) in
        [("aes-128-xts", CipherKind::AesXtsPlain64, 32), ("aes-256-cbc-essiv", CipherKind::AesCbcEssivSha256, 32)]
    {
        let mut cipher = SectorCipher::new(kind, &key(key_bytes)).expect("a key of the right length");
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

fn compare_backends(place: &str, sector_bytes: usize, buffer: &mut [u8], samples: usize) {
    let backends = [("fastest", Backend::Fastest), ("aws-lc", Backend::AwsLc)];
    let mut ciphers = backends.map(|(name, backend)| {
        let cipher = SectorCipher::with_backend(backend, CipherKind::AesXtsPlain64, &key(64));
        (name, cipher.expect("a key of the right length"))
    });
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..samples {
        let [encrypt_rates @ .., a, b] = &mut rates;
        for ((_, cipher), rates) in ciphers.iter_mut().zip(encrypt_rates) {
            rates.push(sample(buffer.len(), || cipher.encrypt(8, sector_bytes, buffer).expect("whole sectors")));
        }
        for ((_, cipher), rates) in ciphers.iter_mut().zip([a, b]) {
            rates.push(sample(buffer.len(), || cipher.decrypt(8, sector_bytes, buffer).expect("whole sectors")));
        }
    }
    let names = ["encrypt", "decrypt"].into_iter().flat_map(|way| backends.map(|(name, _)| (way, name)));
    for ((way, name), rates) in names.zip(rates) {
        print_rates(&format!("aes-256-xts {sector_bytes} {way} {place}, {name}"), rates);
    }
}

/// Key bytes 1, 2, 3 ….
fn key(len: usize) -> Secret {
    Secret::from_fn(len, |out| {
        out.iter_mut().zip(1..).for_each(|(byte, i)| *byte = i);
    })
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

/// Runs `work`, which passes over the cached buffer once, and prints its rate.
fn measure(name: &str, mut work: impl FnMut()) {
    work();
    print_rates(name, (0..SAMPLES).map(|_| sample(BUFFER_BYTES, &mut work)).collect());
}

/// GB/s of `work`, which passes over `buffer_bytes` once.
fn sample(buffer_bytes: usize, mut work: impl FnMut()) -> f64 {
    let start = cpu_time();
    let mut bytes = 0_usize;
    while cpu_time() - start < SAMPLE_TIME {
        work();
        bytes += buffer_bytes;
    }
    bytes as f64 / (cpu_time() - start).as_nanos() as f64
}

fn print_rates(name: &str, mut rates: Vec<f64>) {
    rates.sort_by(f64::total_cmp);
    println!("{name:44} {:6.2} GB/s  (best {:.2})", rates[rates.len() / 2], rates[rates.len() - 1]);
}

/// Other work on the machine does not count, except what it does to caches and shared cores.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
