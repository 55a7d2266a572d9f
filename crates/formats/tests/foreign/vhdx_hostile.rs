//! VHDXs that are wrong on purpose, or by chance (R18, R20 of ../shared/reports.md).

use std::time::{Duration, Instant};

use formats::ErrorKind::{self, Invalid, NeedsOtherFile, TooLarge, Truncated, Unsupported};
use formats::vhdx::{HEAD_BYTES, Head, Mapper};
use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

use crate::content::noise;
use crate::disk::{head, open_vhdx, read_vhdx, walk};
use crate::workshop::Workshop;

const HEADERS: [usize; 2] = [64 << 10, 128 << 10];
const REGION_TABLES: [usize; 2] = [192 << 10, 256 << 10];
const KIB_64: usize = 64 << 10;

/// A sound image, and where its parts are.
struct Made {
    file: Vec<u8>,
    metadata: usize,
    bat: usize,
}

impl Made {
    /// Four blocks of 1 MiB, all with data.
    fn new(test: &str) -> Self {
        let shop = Workshop::new(test);
        shop.write("source.raw", &noise(1, 4 << 20));
        shop.qemu_img("convert -f raw -O vhdx -o block_size=1M source.raw made.vhdx");
        let file = shop.read("made.vhdx");
        let found = Head::decode(head(&file, HEAD_BYTES), file.len() as u64).expect("a VHDX");
        Self { metadata: found.metadata.offset as usize, bat: found.bat.offset as usize, file }
    }

    /// The file with other bytes at one place.
    fn put(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut file = self.file.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    }

    /// The same in both copies of a structure, with right checksums.
    fn put_both(&self, copies: [usize; 2], len: usize, at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut file = self.file.clone();
        for copy in copies {
            file[copy + at..][..bytes.len()].copy_from_slice(bytes);
            repair_checksum(&mut file[copy..copy + len]);
        }
        file
    }

    fn header(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        self.put_both(HEADERS, 4096, at, bytes)
    }

    fn regions(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        self.put_both(REGION_TABLES, KIB_64, at, bytes)
    }

    /// Byte offset of the metadata table entry whose GUID begins with these bytes in the file.
    fn entry(&self, guid: u32) -> usize {
        let table = &self.file[self.metadata..self.metadata + KIB_64];
        let at = (32..).step_by(32).find(|at| table[*at..*at + 4] == guid.to_le_bytes());
        self.metadata + at.expect("an entry")
    }

    /// Byte offset of that item.
    fn item(&self, guid: u32) -> usize {
        let at = self.entry(guid) + 16;
        self.metadata + u32::from_le_bytes(self.file[at..at + 4].try_into().expect("4 bytes")) as usize
    }
}

fn repair_checksum(structure: &mut [u8]) {
    structure[4..8].fill(0);
    let sum = crc32c::crc32c(structure);
    structure[4..8].copy_from_slice(&sum.to_le_bytes());
}

/// Each is refused at once, for the reason that is meant, with a text that says so.
#[test]
fn damaged_images_are_refused() {
    const PARAMETERS: u32 = 0xcaa1_6737;
    const SIZE: u32 = 0x2fa5_4224;
    const SECTOR: u32 = 0x8141_bf1d;
    let made = Made::new("vhdx-damaged");
    let (bat, metadata) = (made.bat, made.metadata);
    let mut required = [0xee; 32];
    required[28..].copy_from_slice(&[1, 0, 0, 0]);
    let entry = |entry: u64| made.put(bat, &entry.to_le_bytes());
    let cases: Vec<(&str, Vec<u8>, ErrorKind, &str)> = vec![
        ("an empty file", Vec::new(), Truncated, "file head"),
        ("the first 64 KiB", made.file[..KIB_64].to_vec(), Truncated, "file head"),
        ("no signature", made.put(0, b"X"), Invalid, "vhdxfile"),
        ("version 2", made.header(66, &[2]), Unsupported, "version 2"),
        ("a log", made.header(48, &[1]), Unsupported, "check -r all"),
        ("no BAT", made.regions(16, &[0; 32]), Invalid, "lacks"),
        ("an unknown region", made.regions(16, &required), Unsupported, "knows the region"),
        ("2^32 - 1 regions", made.regions(8, &[0xff; 4]), TooLarge, "2047"),
        ("65,535 metadata items", made.put(metadata + 10, &[0xff; 2]), TooLarge, "2047"),
        ("no metadata", made.put(metadata, b"X"), Invalid, "metadata"),
        ("a parent", made.put(made.item(PARAMETERS) + 4, &[2]), NeedsOtherFile, "merge the chain"),
        ("blocks of 3 MiB", made.put(made.item(PARAMETERS), &(3u32 << 20).to_le_bytes()), Invalid, "block size"),
        ("blocks of 512 MiB", made.put(made.item(PARAMETERS), &(512u32 << 20).to_le_bytes()), Invalid, "block size"),
        ("blocks of 512 KiB", made.put(made.item(PARAMETERS), &(512u32 << 10).to_le_bytes()), Invalid, "block size"),
        ("2^64 - 1 bytes", made.put(made.item(SIZE), &[0xff; 8]), TooLarge, "64 TiB"),
        ("half a sector", made.put(made.item(SIZE), &[1]), Invalid, "in sectors"),
        ("a size beyond the BAT", made.put(made.item(SIZE), &(1u64 << 44).to_le_bytes()), Truncated, "the BAT has"),
        ("sectors of 1 KiB", made.put(made.item(SECTOR), &1024u32.to_le_bytes()), Invalid, "sectors of 1024"),
        ("an item in the table", made.put(made.entry(SIZE) + 16, &[0; 4]), Invalid, "in the table"),
        ("an item far away", made.put(made.entry(SIZE) + 16, &[0xff; 4]), Truncated, "metadata table"),
        ("an item of one byte", made.put(made.entry(SIZE) + 20, &[1, 0, 0, 0]), Truncated, "metadata item"),
        ("no size", made.put(made.entry(SIZE), &[1; 16]), Unsupported, "01010101"),
        ("no size, and no need to know", made.put(made.entry(SIZE), &no_need()), Invalid, "missing"),
        ("a block after the end", entry((1 << 40) | 6), Truncated, "end of the file"),
        ("a block at 2^64", entry(u64::MAX << 20 | 6), Truncated, "end of the file"),
        ("a block in the header", entry(6), Invalid, "header"),
        ("state 4", entry(4), Invalid, "state 4"),
        ("state 7", entry(7), Invalid, "state 7"),
        ("a file that is cut", made.file[..made.file.len() - (1 << 20)].to_vec(), Truncated, "end of the file"),
    ];
    for (sentence, file, kind, word) in cases {
        let start = Instant::now();
        let Err(error) = read_vhdx(&file) else { panic!("{sentence}: was read") };
        assert!(start.elapsed() < Duration::from_secs(2), "{sentence}: {:?}", start.elapsed());
        assert_eq!(error.kind, kind, "{sentence}: {error}");
        assert!(error.to_string().contains(word), "{sentence}: {error}");
    }
}

/// A table entry of an unknown item that no reader must know.
fn no_need() -> [u8; 32] {
    let mut entry = [1; 32];
    entry[24..28].fill(0);
    entry
}

/// A writer damages one copy at a time: the other one is used, and the operator hears of it.
#[test]
fn one_sound_copy_is_enough() {
    let made = Made::new("vhdx-copies");
    let disk = read_vhdx(&made.file).expect("sound");
    for at in [HEADERS[0], HEADERS[1], REGION_TABLES[0]] {
        let file = made.put(at + 100, &[0xee]);
        let image = open_vhdx(&file).unwrap_or_else(|e| panic!("damage at {at}: {e}"));
        assert_eq!(image.warnings.len(), 1, "damage at {at}: {:?}", image.warnings);
        assert!(read_vhdx(&file).expect("sound") == disk, "damage at {at}: the disk differs");
    }
    for copies in [HEADERS, REGION_TABLES] {
        let mut file = made.put(copies[0] + 100, &[0xee]);
        file[copies[1] + 100] = 0xee;
        assert_eq!(open_vhdx(&file).unwrap_err().kind, Invalid);
    }
}

/// The header with the higher sequence number counts: a log in the other one is old.
#[test]
fn the_newer_header_counts() {
    let made = Made::new("vhdx-sequence");
    let set = |file: &mut [u8], header: usize, sequence: u64, log: u8| {
        file[header + 8..header + 16].copy_from_slice(&sequence.to_le_bytes());
        file[header + 48] = log;
        repair_checksum(&mut file[header..header + 4096]);
    };
    let [first, second] = HEADERS;
    for (older, newer) in [(first, second), (second, first)] {
        let mut file = made.file.clone();
        set(&mut file, older, 5, 1);
        set(&mut file, newer, 6, 0);
        assert!(read_vhdx(&file).is_ok(), "an old log");
        set(&mut file, newer, 4, 0);
        assert_eq!(read_vhdx(&file).unwrap_err().kind, Unsupported, "a new log");
        set(&mut file, newer, 5, 0);
        assert_eq!(read_vhdx(&file).unwrap_err().kind, Invalid, "no header is newer");
    }
}

/// R20: a table whose entries all name one block ends when it claims more than the file has.
#[test]
fn a_small_file_is_not_huge_work() {
    let made = Made::new("vhdx-work");
    let mut file = made.file.clone();
    let first: [u8; 8] = file[made.bat..made.bat + 8].try_into().expect("8 bytes");
    for entry in file[made.bat..made.bat + (1 << 20)].chunks_mut(8) {
        entry.copy_from_slice(&first);
    }
    let size_at = made.item(0x2fa5_4224);
    file[size_at..size_at + 8].copy_from_slice(&(100u64 << 30).to_le_bytes());
    let image = open_vhdx(&file).expect("a head within the limits");
    let error = walk(&file, &mut Mapper::new(&image), 100 << 30).expect_err("shared blocks");
    assert_eq!(error.kind, Invalid, "{error}");
    assert!(error.message.contains("share"), "{error}");
}

/// Whatever stands in the tables, the walk keeps its contract or ends in an error.
#[test]
fn mutated_bytes_never_break_the_walk() {
    let made = Made::new("vhdx-mutated");
    // Regions, metadata table and items, BAT; the last two most of all. The items have 64 bytes together.
    let items = made.metadata + KIB_64;
    let places = [REGION_TABLES[0] + 8, REGION_TABLES[0] + 40, made.metadata + 8, items, made.bat, made.bat];
    let change = (0..places.len(), 0..32usize, any::<u8>());
    let changes = (proptest::collection::vec(change, 1..4), 0..400usize);
    let mut runner = TestRunner::new(Config::with_cases(256));
    let result = runner.run(&changes, |(changes, cut)| {
        let mut file = made.file.clone();
        for (place, offset, value) in changes {
            file[places[place] + offset] = value;
        }
        repair_checksum(&mut file[HEADERS[0]..HEADERS[0] + 4096]);
        repair_checksum(&mut file[REGION_TABLES[0]..REGION_TABLES[0] + KIB_64]);
        if cut % 4 == 0 {
            file.truncate(file.len() - cut * 10_000);
        }
        if let Ok(image) = open_vhdx(&file) {
            let _ = walk(&file, &mut Mapper::new(&image), image.virtual_size);
        }
        Ok(())
    });
    result.expect("no broken contract");
}
