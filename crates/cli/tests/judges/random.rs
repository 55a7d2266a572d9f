//! A hundred random images, each through all modes of a copy: what stock tools read stays the same to the byte.

use crate::support::Workshop;
use crate::support::dice::Dice;
use crate::writers::{ENCRYPTED, PLAIN, Reader, Writer};

/// Images per test; there are four tests, so that they can run at once.
const IMAGES_EACH: u64 = 25;
/// Smallest cluster that has subclusters.
const EXTENDED_CLUSTER_BYTES_MIN: u64 = 16 << 10;
/// Largest disk.
const SECTORS_MAX: u64 = (8 << 20) / 512;

#[test]
fn random_images_through_all_modes_1() {
    copy_all(0);
}

#[test]
fn random_images_through_all_modes_2() {
    copy_all(1);
}

#[test]
fn random_images_through_all_modes_3() {
    copy_all(2);
}

#[test]
fn random_images_through_all_modes_4() {
    copy_all(3);
}

fn copy_all(part: u64) {
    let shop = Workshop::new();
    for alias in ["one", "two"] {
        shop.create_key(alias);
    }
    let mut faults = Vec::new();
    for seed in part * IMAGES_EACH..(part + 1) * IMAGES_EACH {
        let image = Image::random(seed);
        if let Err(fault) = all_modes(&shop, &image, seed as usize) {
            faults.push(format!("=== image {seed}\n{}\n{fault}", image.script));
        }
    }
    assert!(faults.is_empty(), "{} images failed\n{}", faults.len(), faults.join("\n\n"));
}

/// Copies one image in every mode, each from the result of another.
fn all_modes(shop: &Workshop, image: &Image, seed: usize) -> Result<(), String> {
    shop.sh(&format!("{}\nqemu-img convert -f {} -O raw source disk", image.script, image.driver)).ok();
    let len = shop.len("disk");
    // Formats in turn, so that each follows each; a disk of odd size does not fit large sectors.
    let fits = |writer: &&Writer| match writer.reader {
        Reader::Cryptsetup { sector_bytes } => len.is_multiple_of(sector_bytes),
        _ => true,
    };
    let encrypted: Vec<_> = ENCRYPTED.iter().filter(fits).collect();
    let first = encrypted[seed % encrypted.len()];
    let second = encrypted[(seed / encrypted.len() + seed) % encrypted.len()];
    let plain = PLAIN[seed % PLAIN.len()];

    let mode = |command: String, mode: &str| -> Result<(), String> {
        let report = shop.reseal(&format!("copy --json --no-sync {command}")).passed()?.json();
        let right = report["mode"] == mode && report["virtual_size"] == len;
        if right { Ok(()) } else { Err(format!("{command}: wanted {mode} of {len} bytes, got {report}")) }
    };
    let same = |reader: Reader, target: &str| reader.judges_same(shop, target, "disk", target);
    let equal = |a: &str, b: &str| shop.sh(&format!("cmp {a} {b}")).passed().map(drop);

    mode("source kept".into(), "keep")?;
    equal("source", "kept")?;
    mode(format!("source plain {}", plain.arguments), "keep")?;
    same(plain.reader, "plain")?;
    mode(format!("source sealed --encrypt --key alias/one {}", first.arguments), "encrypt")?;
    same(first.reader, "sealed")?;
    mode("sealed sealed-kept --encrypt".into(), "keep")?;
    equal("sealed", "sealed-kept")?;
    mode(format!("sealed again --encrypt --key alias/two {}", second.arguments), "reencrypt")?;
    same(second.reader, "again")?;
    mode("again rewrapped --encrypt --key alias/one --rekey rewrap".into(), "rewrap")?;
    same(second.reader, "rewrapped")?;
    shop.sh("rm source disk kept plain sealed sealed-kept again rewrapped").ok();
    Ok(())
}

/// An image to make.
struct Image {
    /// QEMU's name of its format.
    driver: &'static str,
    /// Makes the file `source`.
    script: String,
}

impl Image {
    fn random(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // One in three is a multiple of large clusters, the others of sectors only.
        let sectors = match dice.below(3) {
            0 => (1 + dice.below(4)) * (2 << 20) / 512,
            _ => 1 + dice.below(SECTORS_MAX),
        };
        let (driver, options) = match dice.below(10) {
            0 => ("raw", String::new()),
            1 => ("vpc", format!("-o force_size=on,subformat={}", dice.pick(&["dynamic", "fixed"]))),
            2 => ("vhdx", format!("-o block_size={}", dice.pick(&["1M", "2M", "8M"]))),
            3 => ("vmdk", "-o subformat=monolithicSparse".to_owned()),
            _ => return Self::random_qcow2(&mut dice, sectors),
        };
        let create = format!("qemu-img create -q -f {driver} {options} source {}", sectors * 512);
        let requests: Vec<_> = (0..dice.below(12)).map(|_| write(&mut dice, sectors)).collect();
        Self { driver, script: format!("{create}\n{}", qemu_io(driver, &requests)) }
    }

    fn random_qcow2(dice: &mut Dice, sectors: u64) -> Self {
        let cluster = 512 << dice.below(13);
        let mut options = format!("cluster_size={cluster}");
        let mut refcount_bits = 16;
        if dice.once_in(5) {
            options += ",compat=0.10";
        } else {
            refcount_bits = 1 << dice.below(7);
            options += &format!(",refcount_bits={refcount_bits}");
            options += dice.pick(&["", ",lazy_refcounts=on"]);
            options += dice.pick(&["", ",compression_type=zstd"]);
            if cluster >= EXTENDED_CLUSTER_BYTES_MIN && dice.once_in(2) {
                options += ",extended_l2=on";
            }
        }
        let preallocation = dice.pick(&["", "", "", ",preallocation=metadata", ",preallocation=falloc"]);
        let mut requests = Vec::new();
        if preallocation.is_empty() && dice.once_in(2) {
            requests.extend(compressed_writes(dice, sectors, cluster));
        }
        requests.extend((0..dice.below(12)).map(|_| request(dice, sectors)));
        let mut script = format!("qemu-img create -q -f qcow2 -o {options}{preallocation} source {}\n", sectors * 512);
        script += &qemu_io("qcow2", &requests);
        // A snapshot doubles refcounts, which are up to the sectors of a cluster where it is compressed.
        if dice.once_in(4) && refcount_bits >= 16 {
            script += "\nqemu-img snapshot -c before source\n";
            script += &qemu_io("qcow2", &[write(dice, sectors), request(dice, sectors)]);
        }
        Self { driver: "qcow2", script }
    }
}

fn qemu_io(driver: &str, requests: &[String]) -> String {
    let commands: String = requests.iter().map(|request| format!(" -c '{request}'")).collect();
    // Without a command it would wait for one.
    format!("qemu-io -f {driver}{commands} -c quit source")
}

/// Writes of whole clusters at the start of the disk and every so many; QEMU compresses into unused clusters only.
fn compressed_writes(dice: &mut Dice, sectors: u64, cluster: u64) -> Vec<String> {
    let step = cluster * (1 + dice.below(1 + sectors * 512 / cluster));
    let starts = (0..sectors * 512).step_by(step as usize).take(6);
    starts
        .map(|start| format!("write -c -P {} {start} {}", pattern(dice), cluster.min(sectors * 512 - start)))
        .collect()
}

/// A request of qemu-io for qcow2.
fn request(dice: &mut Dice, sectors: u64) -> String {
    let (start, len) = range(dice, sectors);
    match dice.below(8) {
        0 => format!("discard {start} {len}"),
        1 => format!("write -z -u {start} {len}"),
        2 => format!("write -z {start} {len}"),
        _ => write(dice, sectors),
    }
}

/// A request of qemu-io for any format.
fn write(dice: &mut Dice, sectors: u64) -> String {
    let (start, len) = range(dice, sectors);
    format!("write -P {} {start} {len}", pattern(dice))
}

/// Start and length in bytes; short requests are more likely than long ones.
fn range(dice: &mut Dice, sectors: u64) -> (u64, u64) {
    let start = dice.below(sectors);
    let len_max = 1 + dice.below(sectors - start);
    (start * 512, (1 + dice.below(len_max)) * 512)
}

fn pattern(dice: &mut Dice) -> u64 {
    1 + dice.below(255)
}
