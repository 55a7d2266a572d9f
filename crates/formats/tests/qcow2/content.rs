//! Disk content that has all that matters to a cluster: noise, text, repeats, zeros.

/// Noise that is the same in every run.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()
    });
    words.flatten().take(len).collect()
}

/// `len` bytes in stretches of 24,000: noise, text, zeros, and a block of noise that comes again
/// after 6,000 bytes, which is further back than QEMU's deflate window of 4,096 reaches.
pub(crate) fn mixed_disk(len: usize) -> Vec<u8> {
    const STRETCH: usize = 24_000;
    let mut disk = Vec::with_capacity(len + STRETCH);
    let mut nth = 0u64;
    while disk.len() < len {
        match nth % 4 {
            0 => disk.extend(noise(nth, STRETCH)),
            1 => {
                let lines = (0u64..).flat_map(|line| format!("{nth}: line {line}\n").into_bytes());
                disk.extend(lines.take(STRETCH));
            }
            2 => disk.extend(std::iter::repeat_n(0, STRETCH)),
            _ => disk.extend(noise(nth, 6_000).repeat(STRETCH / 6_000)),
        }
        nth += 1;
    }
    disk.truncate(len);
    disk
}
