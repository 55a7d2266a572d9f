//! Images that are wrong on purpose: each is refused at once, for the reason that is meant, with a
//! text that says so. R16 to R20 of ../shared/reports.md, limits of ../shared/formats.md 1.9.

use std::time::{Duration, Instant};

use formats::ErrorKind::{self, Invalid, NeedsOtherFile, TooLarge, Truncated, Unsupported};
use formats::qcow2::{Feature, Given, Header, SNAPSHOT_TABLE_READ_MAX, decode_snapshots};
use formats::{Mapping, READ_LEN_MAX};

use crate::crafted::{CLUSTER, Crafted, DATA, FILE_LEN, L1, L2};
use crate::disk::{read_image, walk};

const COPIED: u64 = 1 << 63;
const COMPRESSED: u64 = 1 << 62;
const INCOMPATIBLE: u64 = 72;
const LUKS: u32 = 0x0537_be77;

/// A sentence, the image, why it is refused, and a word that the text must have.
type Case = (&'static str, Crafted, ErrorKind, &'static str);

fn assert_all_refused(cases: Vec<Case>) {
    for (sentence, image, kind, word) in cases {
        let start = Instant::now();
        let Err(error) = read_image(&image.0) else { panic!("{sentence}: was read") };
        assert!(start.elapsed() < Duration::from_secs(2), "{sentence}: {:?}", start.elapsed());
        assert_eq!(error.kind, kind, "{sentence}: {error}");
        assert!(error.to_string().contains(word), "{sentence}: {error}");
    }
}

/// The image that the others damage is sound: what is refused below is refused for its damage.
#[test]
fn the_image_that_is_damaged_below_is_sound() {
    let disk = read_image(&Crafted::new().0).expect("sound");
    let filled: Vec<bool> = disk.chunks(CLUSTER as usize).map(|c| c == [0x11; CLUSTER as usize]).collect();
    assert_eq!(filled[..5], [true, true, false, true, false]);
}

/// Header fields out of their range (R20 a, b, d, e).
#[test]
fn headers_out_of_range_are_refused() {
    let image = Crafted::new;
    assert_all_refused(vec![
        ("no magic", image().put(3, &[0]), Invalid, "magic"),
        ("version 1", image().put_u32(4, 1), Unsupported, "version 1"),
        ("version 4", image().put_u32(4, 4), Unsupported, "version 4"),
        ("cluster_bits 2", image().put_u32(20, 2), Invalid, "cluster_bits"),
        ("cluster_bits 8", image().put_u32(20, 8), Invalid, "cluster_bits"),
        ("cluster_bits 22", image().put_u32(20, 22), Invalid, "cluster_bits"),
        ("cluster_bits 40", image().put_u32(20, 40), Invalid, "cluster_bits"),
        ("cluster_bits 2^32 - 1", image().put_u32(20, u32::MAX), Invalid, "cluster_bits"),
        ("size 2^63 - 512", image().put_u64(24, (1 << 63) - 512), TooLarge, "1 PiB"),
        ("size 2^64 - 1", image().put_u64(24, u64::MAX), TooLarge, "1 PiB"),
        ("size beyond the L1 table", image().put_u64(24, 1 << 40), Invalid, "L1 table"),
        ("encryption 3", image().put_u32(32, 3), Unsupported, "crypt_method"),
        ("L1 of 2^31 entries", image().put_u32(36, 1 << 31), TooLarge, "L1 table"),
        ("L1 of 2^32 - 1 entries", image().put_u32(36, u32::MAX), TooLarge, "L1 table"),
        ("L1 longer than the file", image().put_u32(36, 1 << 20), Truncated, "L1 table"),
        ("no L1 for a disk", image().put_u32(36, 0), Invalid, "L1 table"),
        ("L1 after the end", image().put_u64(40, FILE_LEN), Truncated, "L1 table"),
        ("L1 at the last cluster", image().put_u64(40, u64::MAX << 16), Truncated, "L1 table"),
        ("L1 not aligned", image().put_u64(40, L1 + 512), Invalid, "L1 table"),
        ("L1 in the header", image().put_u64(40, 0), Invalid, "L1 table"),
        ("refcounts after the end", image().put_u64(48, FILE_LEN), Truncated, "refcount table"),
        ("refcounts at 2^63", image().put_u64(48, 1 << 63), Truncated, "refcount table"),
        ("refcounts not aligned", image().put_u64(48, 513), Invalid, "refcount table"),
        ("no refcounts", image().put_u32(56, 0), Invalid, "refcount table"),
        ("refcounts over 8 MiB", image().put_u32(56, 129), TooLarge, "refcount table"),
        ("refcount width 2^7", image().put_u32(96, 7), Invalid, "refcount_order"),
        ("65,537 snapshots", image().put_u32(60, 65_537), TooLarge, "snapshots"),
        ("snapshots after the end", image().put_u32(60, 1).put_u64(64, FILE_LEN), Truncated, "snapshot"),
        ("snapshots not aligned", image().put_u32(60, 1).put_u64(64, 8), Invalid, "snapshot"),
        ("header of 96 bytes", image().put_u32(100, 96), Invalid, "header length"),
        ("header of 2^32 - 8 bytes", image().put_u32(100, u32::MAX - 7), Invalid, "header length"),
        ("header of 113 bytes", image().put_u32(100, 113), Invalid, "header length"),
    ]);
}

/// Entries of tables that point to where nothing can be, or have bits that nothing may have.
#[test]
fn table_entries_that_cannot_be_are_refused() {
    let image = Crafted::new;
    assert_all_refused(vec![
        ("L1 entry after the end", image().put_u64(L1, FILE_LEN | COPIED), Truncated, "L2 table"),
        ("L1 entry far after the end", image().put_u64(L1, 0x00ff_ffff_ffff_0000), Truncated, "L2 table"),
        ("L1 entry with reserved bits", image().put_u64(L1, L2 | 1 << 60), Invalid, "reserved"),
        ("L1 entry with low bits", image().put_u64(L1, L2 | 2), Invalid, "reserved"),
        ("L1 entry not aligned", image().put_u64(L1, L2 + 512), Invalid, "aligned"),
        ("L2 entry after the end", image().put_u64(L2, FILE_LEN | COPIED), Truncated, "data cluster"),
        ("L2 entry not aligned", image().put_u64(L2, DATA + 512), Invalid, "aligned"),
        ("L2 entry with reserved bits", image().put_u64(L2, DATA | 1 << 58), Invalid, "reserved"),
        ("zero flag in version 2", image().version_2().put_u64(L2, 1), Invalid, "version 2"),
        ("compressed after the end", image().put_u64(L2, FILE_LEN | COMPRESSED), Truncated, "compressed"),
        ("compressed noise", image().put(DATA, &[0xff; 64]).put_u64(L2, DATA | COMPRESSED), Invalid, "damaged"),
        ("compressed, cut by the end", image().put_u64(L2, (FILE_LEN - 1) | COMPRESSED), Invalid, "damaged"),
    ]);
}

/// The same for extended entries: the first is 16 bytes, guest cluster 0 of the crafted image.
#[test]
fn extended_entries_that_cannot_be_are_refused() {
    let entry = |entry: u64, bitmap: u64| {
        Crafted::new()
            .put_u64(INCOMPATIBLE, 1 << 4)
            .put_u64(L2, entry)
            .put_u64(L2 + 8, bitmap)
            .put_u64(L2 + 16, 0)
            .put_u64(L2 + 24, 0)
    };
    read_image(&entry(DATA | COPIED, 0xffff_ffff).0).expect("a sound extended entry");
    assert_all_refused(vec![
        ("allocated and zero", entry(DATA, 1 << 32 | 1), Invalid, "both allocated and zero"),
        ("allocated in no cluster", entry(0, 1), Invalid, "no cluster"),
        ("zero flag of a standard entry", entry(DATA | 1, 0), Invalid, "reserved"),
        ("compressed with a bitmap", entry(DATA | COMPRESSED, 1), Invalid, "bitmap"),
        ("after the end", entry(FILE_LEN, 1 << 31), Truncated, "data cluster"),
        ("clusters below 16 KiB", Crafted::new().put_u64(INCOMPATIBLE, 1 << 4).put_u32(20, 13), Invalid, "16 KiB"),
    ]);
}

/// R17: every feature that is not handled is named at once; the name table of the image is used.
#[test]
fn unknown_features_are_named_before_any_table_is_read() {
    let bit = |bit: u32| Crafted::new().put_u64(INCOMPATIBLE, 1 << bit);
    let mut named = vec![0, 5];
    named.extend(b"flux capacitor");
    named.resize(48, 0);
    assert_all_refused(vec![
        ("bit 1", bit(1), Unsupported, "corrupt"),
        ("bit 2", bit(2), NeedsOtherFile, "another file"),
        ("bit 3 without its byte", bit(3), Invalid, "contradict"),
        ("the byte without bit 3", Crafted::new().put(104, &[1]), Invalid, "contradict"),
        ("compression type 2", bit(3).put(104, &[2]), Unsupported, "compression type 2"),
        ("bit 5", bit(5), Unsupported, "bit 5"),
        ("bit 5 with a name", bit(5).extensions(&[(0x6803_f857, &named)]), Unsupported, "flux capacitor"),
        ("bit 63", bit(63), Unsupported, "bit 63"),
    ]);
    let sound = [bit(0), bit(3).put(104, &[1]), Crafted::new().put_u64(80, u64::MAX).put_u64(88, u64::MAX)];
    for image in sound {
        read_image(&image.0).expect("dirty, zstd, and unknown compatible bits do not stop a reader");
    }
}

/// What is refused is still decoded, for a report.
#[test]
fn a_report_can_be_made_of_what_is_refused() {
    let image =
        Crafted::new().put_u64(INCOMPATIBLE, 1 << 1 | 1 << 2 | 1 << 40).extensions(&[(0x4441_5441, b"/etc/hostname")]);
    let header = Header::decode(&image.0[..CLUSTER as usize], FILE_LEN).expect("decoded");
    assert!(Feature::Corrupt.is_in(header.incompatible));
    assert_eq!(header.data_file.as_deref(), Some("/etc/hostname"));
    assert!(header.require_readable(Given { backing_file: true, data_file: true }).is_err());
}

/// R18, R19: other files are named in the error, and an empty name is no name. That none is opened
/// needs no test here: this crate does no I/O.
#[test]
fn names_of_other_files_are_refused() {
    for name in ["/dev/null", "nbd://host/export", r#"json:{"driver":"file"}"#, "base.qcow2", "\u{1b}[31mred"] {
        let Err(error) = read_image(&Crafted::new().backing(name).0) else { panic!("{name}: read") };
        assert_eq!(error.kind, NeedsOtherFile, "{name}");
        assert!(!error.to_string().contains('\u{1b}'), "an image writes to the terminal");
    }
    read_image(&Crafted::new().backing("").0).expect("an empty name is no backing file");
    let external = Crafted::new().put_u64(INCOMPATIBLE, 1 << 2).extensions(&[(0x4441_5441, b"/etc/hostname")]);
    assert_all_refused(vec![
        ("a data file", external, NeedsOtherFile, "/etc/hostname"),
        ("a name of 1,024 bytes", Crafted::new().backing(&"n".repeat(1024)), Invalid, "1024"),
        ("a name outside the cluster", Crafted::new().put_u64(8, CLUSTER - 1).put_u32(16, 2), Invalid, "name"),
        ("a name at 2^64 - 1", Crafted::new().put_u64(8, u64::MAX).put_u32(16, 2), Invalid, "name"),
    ]);
}

/// Extensions that do not fit, do not end, or are too short for what they say.
#[test]
fn extensions_that_do_not_fit_are_refused() {
    let many: Vec<(u32, &[u8])> = (0..65).map(|nth| (0x1000 + nth, &[][..])).collect();
    assert_all_refused(vec![
        ("an endless one", Crafted::new().put_u32(112, 7).put_u32(116, u32::MAX), Invalid, "longer"),
        ("over the end", Crafted::new().put_u32(112, 7).put_u32(116, 65_417), Invalid, "longer"),
        ("65 of them", Crafted::new().extensions(&many), Invalid, "64"),
        ("a short LUKS pointer", Crafted::new().extensions(&[(LUKS, &[0; 15])]), Truncated, "encryption"),
        ("LUKS at 0", Crafted::new().extensions(&[(LUKS, &[0; 16])]), Invalid, "LUKS"),
        ("a short bitmap list", Crafted::new().extensions(&[(0x2385_2875, &[0; 3])]), Truncated, "bitmaps"),
    ]);
}

/// formats.md trap 2: what calls itself encrypted must be so throughout.
#[test]
fn an_encrypted_image_with_plain_parts_is_refused() {
    let pointer = [CLUSTER.to_be_bytes(), 4096u64.to_be_bytes()].concat();
    let sealed = || Crafted::new().put_u32(32, 2).extensions(&[(LUKS, &pointer)]);
    walk(&sealed().0, Given::default(), None).expect("its tables are sound");
    assert_all_refused(vec![
        ("a compressed cluster", sealed().put_u64(L2, DATA | COMPRESSED), Unsupported, "plain text"),
        ("a backing file that nobody hands in", sealed().backing("base"), NeedsOtherFile, "backing file"),
        ("a data file", sealed().put_u64(INCOMPATIBLE, 1 << 2), Unsupported, "external data file"),
        ("no LUKS pointer", Crafted::new().put_u32(32, 2), Unsupported, "missing"),
        ("a LUKS pointer without encryption", sealed().put_u32(32, 0), Invalid, "not encrypted"),
        ("legacy AES", Crafted::new().put_u32(32, 1), Unsupported, "legacy AES"),
        (
            "a LUKS area after the end",
            sealed().extensions(&[(LUKS, &[(FILE_LEN).to_be_bytes(), 4096u64.to_be_bytes()].concat())]),
            Truncated,
            "LUKS",
        ),
    ]);
    let given = Given { backing_file: true, data_file: true };
    walk(&sealed().backing("base").0, given, None).expect("an encrypted overlay, whose layers the caller hands in");
    let external = sealed().put_u64(INCOMPATIBLE, 1 << 2);
    assert!(walk(&external.0, given, None).is_err(), "a data file, handed in or not");
}

/// R20 c: a table that is its own data, or its own table, is bounded work.
#[test]
fn an_l2_table_that_points_to_itself_is_read_once() {
    let own_data = Crafted::new().put_u64(L2, L2 | COPIED);
    let walked = walk(&own_data.0, Given::default(), None).expect("a cluster may be any cluster");
    assert_eq!(walked.extents[0].mapping, Mapping::Data(formats::HostOffset(L2)));
    assert_eq!(walked.reads, 2, "one window of L1, one of L2");
    let l1_as_l2 = Crafted::new().put_u64(L1, L1 | COPIED);
    let walked = walk(&l1_as_l2.0, Given::default(), None).expect("so may a table");
    assert_eq!(walked.reads, 2);
}

/// R20: an L1 table whose entries all name the same L2 table makes a small file a disk of 32 TiB
/// full of data: 512 million entries to visit for 576 KiB of tables.
#[test]
fn an_l2_table_that_is_named_again_and_again_is_refused() {
    const ENTRIES: u32 = 64 << 10;
    let l1_at = FILE_LEN;
    let mut image = Crafted::new().put_u64(24, 32 << 40).put_u32(36, ENTRIES).put_u64(40, l1_at);
    image = image.put(l1_at, &(L2 | COPIED).to_be_bytes().repeat(ENTRIES as usize));
    // Zero clusters take nothing of the file, so only the number of tables bounds them.
    let zeros: Vec<u8> = 1u64.to_be_bytes().repeat((CLUSTER / 8) as usize);
    let data: Vec<u8> = (DATA | COPIED).to_be_bytes().repeat((CLUSTER / 8) as usize);
    assert_all_refused(vec![
        ("one table for all", image.clone().put(L2, &zeros), Invalid, "more L2 tables than the file has room for"),
        ("one cluster for all", image.put(L2, &data), Invalid, "more clusters are mapped than the file has"),
    ]);
}

/// R20 f: a thousand snapshots are counted at once, and the first are named.
#[test]
fn a_thousand_snapshots_are_reported_quickly() {
    let mut table = Vec::new();
    for nth in 0..1000 {
        let (id, name) = (format!("{nth}"), format!("snapshot number {nth}"));
        let start = table.len();
        table.extend([0; 40]);
        table[start + 12..start + 14].copy_from_slice(&(id.len() as u16).to_be_bytes());
        table[start + 14..start + 16].copy_from_slice(&(name.len() as u16).to_be_bytes());
        table[start + 36..start + 40].copy_from_slice(&16u32.to_be_bytes());
        table.extend([0; 16]);
        table.extend(id.bytes().chain(name.bytes()));
        table.resize(table.len().next_multiple_of(8), 0);
    }
    let image = Crafted::new().put_u32(60, 1000).put_u64(64, FILE_LEN).put(FILE_LEN, &table);
    let start = Instant::now();
    let walked = walk(&image.0, Given::default(), None).expect("sound");
    assert_eq!(walked.header.snapshot_count, 1000);
    let window = table.len().min(SNAPSHOT_TABLE_READ_MAX as usize);
    let snapshots = decode_snapshots(&table[..window], walked.header.snapshot_count);
    assert!(snapshots.len() > 700, "{} names", snapshots.len());
    assert_eq!(snapshots[700].name, "snapshot number 700");
    assert!(start.elapsed() < Duration::from_secs(1));
    for cut in 0..400 {
        assert!(decode_snapshots(&table[..cut], u32::MAX).len() <= cut / 56, "cut to {cut} bytes");
    }
}

/// A file cut at any place gives an error or a disk, never a panic; a cut header gives an error.
#[test]
fn a_file_that_is_cut_off_is_an_error_or_a_short_tail() {
    let whole = Crafted::new().0;
    for len in (0..200).chain((200..whole.len()).step_by(4093)) {
        let file = &whole[..len];
        let result = Header::decode(&file[..len.min(READ_LEN_MAX)], len as u64);
        if (len as u64) < L1 {
            assert!(result.is_err(), "{len} bytes have no L1 table");
        }
        if let Ok(disk) = read_image(file) {
            assert_eq!(disk.len(), 1 << 20, "{len} bytes");
        }
    }
}
