//! Guest A: a disk that boots, and says by a checksum which bytes it saw. For every crate whose tests start machines.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The boot sector's source.
const BOOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ecs/tests/guest/boot.S");

/// What the guest reads, bytes.
const PAYLOAD: usize = 1 << 20;

/// Size of the disk, bytes.
const DISK: usize = 2 << 20;

/// Writes a raw disk at `path` whose payload grows out of `seed`; gives the line that its guest will print. Then the guest switches the machine
/// off, or stays.
pub(crate) fn make_disk(path: &Path, seed: u32, stays: bool) -> String {
    let mut disk = boot_sector(path.parent().unwrap(), stays);
    let mut word = seed | 1;
    let mut sum = 0_u32;
    for _ in 0..PAYLOAD / 4 {
        // Xorshift: no two seeds give the same disk, and nothing compresses.
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        sum = sum.rotate_left(1).wrapping_add(word);
        disk.extend(word.to_le_bytes());
    }
    disk.resize(DISK, 0);
    fs::write(path, disk).unwrap();
    format!("INSTANCE-BOOTED sum32={sum:08x}")
}

fn boot_sector(place: &Path, stays: bool) -> Vec<u8> {
    let [object, sector] = ["boot.o", "boot.bin"].map(|name| place.join(name));
    let options: &[&str] = if stays { &["--defsym", "STAY=1"] } else { &[] };
    run(Command::new("as").arg("--32").args(options).arg("-o").arg(&object).arg(BOOT));
    let flat = ["-m", "elf_i386", "-Ttext", "0x7c00", "--oformat", "binary", "-o"];
    run(Command::new("ld").args(flat).arg(&sector).arg(&object));
    let bytes = fs::read(&sector).unwrap();
    assert_eq!(bytes.len(), 512);
    bytes
}

/// Runs a tool that has to succeed.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
