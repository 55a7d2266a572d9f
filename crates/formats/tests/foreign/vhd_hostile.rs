//! VHDs that are wrong on purpose, or by chance (R18, R20 of ../shared/reports.md).

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use formats::ErrorKind::{self, Invalid, TooLarge, Truncated};
use formats::Mapping;
use formats::vhd::{DynamicHeader, Footer, Mapper};
use proptest::prelude::{any, proptest};
use uuid::Uuid;

use crate::content::noise;
use crate::disk::{open_vhd, read_vhd, walk};
use crate::vhd_made::{dynamic, fixed};

const BLOCK: usize = 2 << 20;
const SIZE: u64 = 3 * BLOCK as u64;
const BAT: usize = 1536;

/// Three blocks of disk, the second one not in the file.
fn image() -> Vec<u8> {
    let mut disk = noise(1, SIZE as usize);
    disk[BLOCK..2 * BLOCK].fill(0);
    dynamic(&disk)
}

fn bat_entry(file: &[u8], index: usize) -> u32 {
    u32::from_be_bytes(file[BAT + 4 * index..][..4].try_into().expect("4 bytes"))
}

fn with_bat_entry(index: usize, entry: u32) -> Vec<u8> {
    let mut file = image();
    file[BAT + 4 * index..][..4].copy_from_slice(&entry.to_be_bytes());
    file
}

fn with_header(header: DynamicHeader) -> Vec<u8> {
    let mut file = image();
    file[512..1536].copy_from_slice(&header.encode());
    file
}

fn with_footers(footer: &Footer) -> Vec<u8> {
    let mut file = image();
    let last = file.len() - 512;
    file[..512].copy_from_slice(&footer.encode());
    file[last..].copy_from_slice(&footer.encode());
    file
}

/// Each is refused at once, for the reason that is meant, with a text that says so.
#[test]
fn damaged_images_are_refused() {
    let sound = image();
    read_vhd(&sound).expect("what is refused below is refused for its damage");
    let header = open_vhd(&sound).expect("sound").dynamic.expect("dynamic");
    let first = bat_entry(&sound, 0);
    let huge = Footer { current_size: 2040 << 30, ..Footer::dynamic(SIZE, Uuid::nil(), 0).expect("a footer") };
    let cases: Vec<(&str, Vec<u8>, ErrorKind, &str)> = vec![
        ("an empty file", Vec::new(), Truncated, "footer"),
        ("200 bytes", sound[..200].to_vec(), Truncated, "footer"),
        ("a fixed disk without its end", fixed(&noise(1, 4096))[..4096].to_vec(), Invalid, "cookie"),
        ("a fixed disk without its begin", fixed(&noise(1, 4096))[512..].to_vec(), Truncated, "before its footer"),
        ("cut in the middle", sound[..sound.len() / 2].to_vec(), Truncated, "end of the file"),
        ("cut in the table", sound[..1540].to_vec(), Truncated, "allocation table"),
        ("a block after the end", with_bat_entry(1, 0x00ff_0000), Truncated, "end of the file"),
        ("the last sector number", with_bat_entry(1, u32::MAX - 1), Truncated, "end of the file"),
        ("two blocks are one", with_bat_entry(1, first), Invalid, "share a block"),
        ("a table after the end", with_header(DynamicHeader { bat_offset: 1 << 40, ..header }), Truncated, "table"),
        ("a table at 2^64", with_header(DynamicHeader { bat_offset: u64::MAX, ..header }), Truncated, "table"),
        ("too few entries", with_header(DynamicHeader { bat_entries: 2, ..header }), Invalid, "table of 2"),
        ("2^32 entries", with_header(DynamicHeader { bat_entries: u32::MAX, ..header }), TooLarge, "2 TiB"),
        ("blocks of 1 GiB", with_header(DynamicHeader { block_bytes: 1 << 30, ..header }), TooLarge, "256 MiB"),
        ("blocks of 512 bytes", with_header(DynamicHeader { block_bytes: 512, ..header }), TooLarge, "512 KiB"),
        ("a size beyond the table", with_footers(&huge), Invalid, "table of 3"),
    ];
    for (sentence, file, kind, word) in cases {
        let start = Instant::now();
        let Err(error) = read_vhd(&file) else { panic!("{sentence}: was read") };
        assert!(start.elapsed() < Duration::from_secs(2), "{sentence}: {:?}", start.elapsed());
        assert_eq!(error.kind, kind, "{sentence}: {error}");
        assert!(error.to_string().contains(word), "{sentence}: {error}");
    }
}

/// R20: a table of a million entries that name one block, whose bitmap changes with every sector,
/// would be four thousand million extents. It is refused after as many as the file can hold.
#[test]
fn a_small_file_is_not_huge_work() {
    let entries = 1_044_480u32;
    let size = u64::from(entries) * BLOCK as u64;
    let header = DynamicHeader { bat_offset: 1536, bat_entries: entries, block_bytes: BLOCK as u32 };
    let footer = Footer::dynamic(size, Uuid::nil(), 0).expect("a footer").encode();
    let mut file = [&footer[..], &header.encode()].concat();
    let block_at = (1536 + 4 * entries as usize).next_multiple_of(512);
    let sector = (block_at / 512) as u32;
    file.extend(std::iter::repeat_n(sector.to_be_bytes(), entries as usize).flatten());
    file.resize(block_at, 0);
    file.extend([0x55; 512]);
    file.resize(block_at + 512 + BLOCK, 1);
    file.extend(footer);
    let start = Instant::now();
    let error = read_vhd_extents(&file).expect_err("shared blocks");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(error.kind, Invalid, "{error}");
}

fn read_vhd_extents(file: &[u8]) -> formats::Result<usize> {
    let image = open_vhd(file)?;
    Ok(walk(file, &mut Mapper::new(&image), image.footer.virtual_size())?.len())
}

/// Sectors whose bit is clear read as zeros, whatever lies in the file.
#[test]
fn clear_bits_of_the_bitmap_read_as_zeros() {
    let mut file = image();
    let expected = {
        let mut disk = read_vhd(&file).expect("sound");
        disk[512..1024].fill(0);
        disk[9 * 512..20 * 512].fill(0);
        disk
    };
    let bitmap_at = bat_entry(&file, 0) as usize * 512;
    file[bitmap_at] = 0b1011_1111;
    file[bitmap_at + 1] = 0b1000_0000;
    file[bitmap_at + 2] = 0b0000_1111;
    assert!(read_vhd(&file).expect("sound") == expected, "the disk differs");
    let image = open_vhd(&file).expect("sound");
    let extents = walk(&file, &mut Mapper::new(&image), SIZE).expect("sound");
    let zeros: Vec<(u64, u64)> =
        extents.iter().filter(|e| e.mapping == Mapping::Zero).map(|e| (e.guest.0, e.len)).collect();
    assert_eq!(zeros, [(512, 512), (9 * 512, 11 * 512)]);
}

static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(image);

proptest! {
    /// Whatever stands in the tables, the walk keeps its contract or ends in an error.
    #[test]
    fn mutated_bytes_never_break_the_walk(changes in proptest::collection::vec((0..PLACES.len(), 0..12usize, any::<u8>()), 1..5), cut in 0..8000usize) {
        let mut file = IMAGE.clone();
        for (place, offset, value) in changes {
            file[PLACES[place] + offset] = value;
        }
        // Without right checksums no change gets behind them.
        if cut % 8 != 0 {
            repair_checksum(&mut file, 0, 64, 512);
            repair_checksum(&mut file, 512, 36, 1024);
        }
        if cut % 4 == 0 {
            file.truncate(file.len() - cut / 4);
        }
        // The footer at the end goes: where it is sound it contradicts the changed copy.
        file.truncate(file.len().saturating_sub(512));
        let _ = read_vhd_extents(&file);
    }
}

/// Size, geometry, kind, header, table and bitmap, the last two most of all.
const PLACES: [usize; 9] = [48, 56, 64, 524, 536, BAT, BAT, BITMAP, BITMAP];
const BITMAP: usize = 3584;

fn repair_checksum(file: &mut [u8], at: usize, field: usize, len: usize) {
    file[at + field..at + field + 4].fill(0);
    let sum = file[at..at + len].iter().fold(0u32, |sum, byte| sum + u32::from(*byte));
    file[at + field..at + field + 4].copy_from_slice(&(!sum).to_be_bytes());
}
