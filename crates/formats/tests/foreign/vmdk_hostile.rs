//! VMDKs that are wrong on purpose, or by chance (R18, R20 of ../shared/reports.md).

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use formats::ErrorKind::{self, Invalid, NeedsOtherFile, TooLarge, Truncated, Unsupported};
use formats::vmdk::Mapper;
use proptest::prelude::{any, proptest};

use crate::content::noise;
use crate::disk::{open_vmdk, read_vmdk, walk};
use crate::vmdk_made::{sparse, stream_optimized};

const SIZE: usize = 320 << 10;
/// Byte offsets in a made sparse file: directory, grain table, first grain.
const DIRECTORY: usize = 128 * 512;
const TABLE: usize = 129 * 512;
const FIRST_GRAIN: u32 = 133;
/// First grain in a made stream.
const MARKER: usize = 128 * 512;

/// A file with other bytes at one place.
fn put(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

fn put_u32(file: &[u8], at: usize, value: u32) -> Vec<u8> {
    put(file, at, &value.to_le_bytes())
}

fn put_u64(file: &[u8], at: usize, value: u64) -> Vec<u8> {
    put(file, at, &value.to_le_bytes())
}

fn assert_all_refused(cases: Vec<(&str, Vec<u8>, ErrorKind, &str)>) {
    for (sentence, file, kind, word) in cases {
        let start = Instant::now();
        let Err(error) = read_vmdk(&file) else { panic!("{sentence}: was read") };
        assert!(start.elapsed() < Duration::from_secs(2), "{sentence}: {:?}", start.elapsed());
        assert_eq!(error.kind, kind, "{sentence}: {error}");
        assert!(error.to_string().contains(word), "{sentence}: {error}");
    }
}

/// Header, descriptor and tables of a sparse disk.
#[test]
fn damaged_sparse_disks_are_refused() {
    let sound = sparse(&noise(1, SIZE));
    read_vmdk(&sound).expect("what is refused below is refused for its damage");
    let with_text = |from: &str, to: &str| {
        let at = sound.windows(from.len()).position(|bytes| bytes == from.as_bytes()).expect("in the descriptor");
        put(&sound, at, to.as_bytes())
    };
    assert_all_refused(vec![
        ("an empty file", Vec::new(), Truncated, "header"),
        ("half a header", sound[..256].to_vec(), Truncated, "header"),
        ("no magic", put(&sound, 0, b"X"), Invalid, "KDMV"),
        ("COWD", put(&sound, 0, b"COWD"), Unsupported, "COWD"),
        ("seSparse", put_u64(&sound, 0, 0xcafe_babe), Unsupported, "seSparse"),
        ("version 0", put_u32(&sound, 4, 0), Unsupported, "version 0"),
        ("version 4", put_u32(&sound, 4, 4), Unsupported, "version 4"),
        ("newlines of Unix", put(&sound, 73, b"\n \n\n"), Invalid, "text mode"),
        ("no size", put_u64(&sound, 12, 0), NeedsOtherFile, "other files"),
        ("2^64 - 1 sectors", put_u64(&sound, 12, u64::MAX), TooLarge, "64 TiB"),
        ("a size beyond the directory", put_u64(&sound, 12, 1 << 36), Truncated, "directory"),
        ("grains of 0 sectors", put_u64(&sound, 20, 0), Invalid, "grains of 0"),
        ("grains of 4 sectors", put_u64(&sound, 20, 4), Invalid, "grains of 4"),
        ("grains of 96 sectors", put_u64(&sound, 20, 96), Invalid, "grains of 96"),
        ("grains of 2 MiB", put_u64(&sound, 20, 4096), TooLarge, "1 MiB"),
        ("tables of 0", put_u32(&sound, 44, 0), Invalid, "tables of 0"),
        ("tables of 1024", put_u32(&sound, 44, 1024), TooLarge, "512"),
        ("compression without a flag", put(&sound, 77, &[1]), Unsupported, "compression 1"),
        ("compression without markers", put_u32(&sound, 8, 0x1_0001), Unsupported, "markers: false"),
        ("a descriptor elsewhere", put_u64(&sound, 28, 1 << 40), TooLarge, "descriptor"),
        ("no descriptor", put_u64(&sound, 28, 0), NeedsOtherFile, "several files"),
        ("a directory after the end", put_u64(&sound, 56, 1 << 30), Truncated, "directory"),
        ("a directory at 2^64", put_u64(&sound, 56, u64::MAX - 1), Truncated, "directory"),
        ("another type", with_text("monolithicSparse", "monolithicFlat\" "), NeedsOtherFile, "monolithicFlat"),
        ("another file", with_text("SPARSE", "FLAT  "), NeedsOtherFile, "other files"),
        ("a parent", with_text("parentCID=ffffffff", "parentCID=00000001"), NeedsOtherFile, "parent"),
        ("a table after the end", put_u32(&sound, DIRECTORY, u32::MAX), Truncated, "grain table"),
        ("a grain after the end", put_u32(&sound, TABLE, u32::MAX), Truncated, "grain"),
        ("a last grain that is cut", sound[..sound.len() - 512].to_vec(), Truncated, "grain"),
        ("a footer that is not there", put_u64(&sound, 56, u64::MAX), Truncated, "footer"),
    ]);
}

/// Markers, streams and footers of a compressed disk.
#[test]
fn damaged_streams_are_refused() {
    let sound = stream_optimized(&noise(1, SIZE));
    read_vmdk(&sound).expect("what is refused below is refused for its damage");
    let footer = sound.len() - 1024;
    assert_all_refused(vec![
        ("another grain's marker", put_u64(&sound, MARKER, 128), Invalid, "marked as"),
        ("a grain of no bytes", put_u32(&sound, MARKER + 8, 0), Invalid, "0 bytes"),
        ("a grain of 4 GiB", put_u32(&sound, MARKER + 8, u32::MAX), Invalid, "compressed grain"),
        ("a stream that is cut", put_u32(&sound, MARKER + 8, 1000), Invalid, "cut off"),
        ("a stream that is none", put(&sound, MARKER + 12, &[0xff, 0xff]), Invalid, "zlib"),
        ("no footer", sound[..footer].to_vec(), Truncated, "footer"),
        ("another size in the footer", put_u64(&sound, footer + 12, 1), Invalid, "contradict"),
        ("a footer that needs a footer", put_u64(&sound, footer + 56, u64::MAX), Invalid, "footer"),
        ("a directory after the end", put_u64(&sound, footer + 56, 1 << 40), Truncated, "directory"),
    ]);
}

/// R20: entries that all name one grain, or one table, end when they claim more than the file has.
#[test]
fn a_small_file_is_not_huge_work() {
    let mut file = sparse(&noise(1, 64 << 10));
    for entry in 0..512 {
        file = put_u32(&file, TABLE + 4 * entry, FIRST_GRAIN);
    }
    // 64 TiB need 2,097,152 tables of the 32 MiB that a table covers.
    let directory = file.len().next_multiple_of(512);
    file.resize(directory, 0);
    file.extend(std::iter::repeat_n((TABLE as u32 / 512).to_le_bytes(), 1 << 21).flatten());
    let file = put_u64(&put_u64(&file, 12, 64 << 31), 56, directory as u64 / 512);
    let image = open_vmdk(&file).expect("a header within the limits");
    let start = Instant::now();
    let error = walk(&file, &mut Mapper::new(&image), 64 << 40).expect_err("shared grains");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(error.kind, Invalid, "{error}");

    let mut empty_table = file;
    empty_table[TABLE..TABLE + 2048].fill(0);
    let start = Instant::now();
    let error = walk(&empty_table, &mut Mapper::new(&image), 64 << 40).expect_err("shared tables");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(error.kind, Invalid, "{error}");
}

static SPARSE: LazyLock<Vec<u8>> = LazyLock::new(|| sparse(&noise(1, SIZE)));
static STREAM: LazyLock<Vec<u8>> = LazyLock::new(|| stream_optimized(&noise(1, SIZE)));

proptest! {
    /// Whatever stands in header, descriptor, tables and markers, the walk keeps its contract or ends in an error.
    #[test]
    fn mutated_bytes_never_break_the_walk(is_stream in any::<bool>(), changes in proptest::collection::vec((0..9usize, 0..24usize, any::<u8>()), 1..5), cut in 0..4000usize) {
        let mut file = if is_stream { STREAM.clone() } else { SPARSE.clone() };
        let places = places(&file, is_stream);
        for (place, offset, value) in changes {
            file[places[place] + offset] = value;
        }
        if cut % 4 == 0 {
            file.truncate(file.len() - cut / 4);
        }
        if let Ok(image) = open_vmdk(&file) {
            let _ = walk(&file, &mut Mapper::new(&image), image.header.virtual_size);
        }
    }
}

/// Flags, sizes, places, descriptor, directory, table and marker, the last three most of all.
fn places(file: &[u8], is_stream: bool) -> [usize; 9] {
    let header = if is_stream { file.len() - 1024 } else { 0 };
    let sector_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 bytes")) as usize * 512;
    let directory = sector_at(header + 56);
    let table = sector_at(directory);
    let marker = sector_at(table);
    [header, header + 12, header + 44, 512 + 24, directory, table, table, marker, marker]
}
