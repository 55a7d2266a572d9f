//! R20: a small file must not make huge work.

use crate::fixture::images::Qcow2Bytes;
use crate::fixture::measure::Measured;
use crate::fixture::{KIB, MIB};
use crate::support::Workshop;
use crate::support::dice::Dice;

const SECONDS_MAX: f64 = 2.0;
const RSS_KIB_MAX: u64 = 200 * KIB;

/// Workshop of fields of the header.
const CLUSTER_BITS: u64 = 20;
const VIRTUAL_SIZE: u64 = 24;
const L1_ENTRIES: u64 = 36;
const REFCOUNT_TABLE: u64 = 48;
const SNAPSHOT_COUNT: u64 = 60;
const SNAPSHOTS: u64 = 64;

/// (a) A virtual size of 2^63 − 512 bytes.
#[test]
fn r20_a_virtual_size_of_2_to_the_63_is_refused() {
    refused("virtual size", |image| image.put_u64(VIRTUAL_SIZE, (1 << 63) - 512));
}

/// (b) An L1 table of 2^31 entries, 16 GiB.
#[test]
fn r20_an_l1_table_of_2_to_the_31_entries_is_refused() {
    refused("L1 table", |image| image.put_u32(L1_ENTRIES, 1 << 31));
}

/// (c) An L2 table that points at itself, once, and with every entry and every L1 entry: reading its own bytes as
/// guest data is legal but bounded; what is refused names the place.
#[test]
fn r20_an_l2_table_that_points_at_itself_ends_soon() {
    let shop = source();
    for (name, entries) in [("one", 1), ("all", 8192)] {
        shop.change_qcow2("good.qcow2", "loop.qcow2", |image| {
            let table = image.l2_entry(0);
            (0..entries).for_each(|n| image.put_u64(table + 8 * n, 1 << 63 | table));
        });
        ends_soon(&shop, "copy loop.qcow2 copy.img --encrypt --force --no-sync", name);
        ends_soon(&shop, "inspect loop.qcow2", name);
    }
    shop.sh("qemu-img create -q -f qcow2 wide.qcow2 64T -o cluster_size=2M").ok();
    shop.change_qcow2("wide.qcow2", "loop.qcow2", |image| {
        // Every L1 entry shares one table, every entry of which is that table: 64 TiB of data in a small file.
        let table = (image.bytes.len() as u64).next_multiple_of(2 * MIB);
        image.bytes.resize((table + 2 * MIB) as usize, 0);
        let (l1, entries) = (image.l1(), u64::from(image.u32(L1_ENTRIES)));
        (0..entries).for_each(|n| image.put_u64(l1 + 8 * n, 1 << 63 | table));
        (0..2 * MIB / 8).for_each(|n| image.put_u64(table + 8 * n, 1 << 63 | table));
    });
    let line = "copy loop.qcow2 copy2.img --encrypt --no-sync";
    let error = ends_soon(&shop, line, "64 TiB of self reference").outcome.refusal();
    assert!(error.contains("clusters or tables are shared"), "{error}");
    let inspected = ends_soon(&shop, "inspect loop.qcow2", "64 TiB of self reference").outcome.ok();
    assert!(inspected.stdout.contains("clusters or tables are shared"), "{inspected:?}");
}

/// (d) A refcount table past the end of the file.
#[test]
fn r20_a_refcount_table_past_the_end_is_refused() {
    refused("refcount table", |image| image.put_u64(REFCOUNT_TABLE, 1 << 40));
}

/// (e) Clusters of 4 bytes and of 1 TiB.
#[test]
fn r20_cluster_bits_of_2_and_40_are_refused() {
    for bits in [2, 40] {
        refused("cluster_bits", |image| image.put_u32(CLUSTER_BITS, bits));
    }
}

/// (f) A thousand internal snapshots: few enough to be legal, so they are read, reported and dropped, in no time.
/// A table that is cut short does not matter to the active state; a number beyond QEMU's limit is refused.
#[test]
fn r20_a_thousand_snapshots_are_dropped_in_no_time() {
    let shop = source();
    shop.change_qcow2("good.qcow2", "many.qcow2", |image| {
        let table = (image.bytes.len() as u64).next_multiple_of(64 * KIB);
        let l1 = image.l1();
        image.put_u32(SNAPSHOT_COUNT, 1000);
        image.put_u64(SNAPSHOTS, table);
        image.bytes.resize(table as usize, 0);
        for n in 0..1000u16 {
            let mut entry = vec![0; 56];
            entry[..8].copy_from_slice(&l1.to_be_bytes());
            entry[8..12].copy_from_slice(&1u32.to_be_bytes());
            entry[12..14].copy_from_slice(&4u16.to_be_bytes());
            entry[14..16].copy_from_slice(&4u16.to_be_bytes());
            entry[36..40].copy_from_slice(&16u32.to_be_bytes());
            entry.extend_from_slice(format!("{n:04}{n:04}").as_bytes());
            image.bytes.extend_from_slice(&entry);
        }
    });
    ends_soon(&shop, "copy many.qcow2 sealed.qcow2 --encrypt", "1000 snapshots").outcome.ok();
    shop.must_equal("sealed.qcow2", "disk.raw", "raw");
    let inspected = shop.json("inspect many.qcow2");
    assert!(inspected["drops"].to_string().contains("1000 internal snapshots"), "{inspected}");
    refused("snapshots", |image| image.put_u32(SNAPSHOT_COUNT, 1_000_000));
}

/// (g) A compressed cluster that would unpack to gigabytes gives one cluster at most; a thousand entries that share it
/// cost a thousand clusters at most.
#[test]
fn r20_a_zlib_bomb_gives_one_cluster_at_most() {
    let shop = source();
    shop.sh(&format!("python3 -c '{BOMB}'")).ok();
    let bomb = shop.read("bomb");
    shop.sh("qemu-img create -q -f qcow2 empty.qcow2 512M").ok();
    shop.change_qcow2("empty.qcow2", "bomb.qcow2", |image| {
        let table = (image.bytes.len() as u64).next_multiple_of(64 * KIB);
        let data = table + 64 * KIB;
        image.bytes.resize(data as usize, 0);
        image.bytes.extend_from_slice(&bomb);
        let l1 = image.l1();
        image.put_u64(l1, 1 << 63 | table);
        // Compressed, at `data`, with as many further sectors as fit the field.
        let sectors = (bomb.len() as u64 / 512).min(127);
        (0..1000).for_each(|n| image.put_u64(table + 8 * n, 1 << 62 | sectors << 54 | data));
    });
    let used = ends_soon(&shop, "copy bomb.qcow2 sealed.qcow2 --encrypt --no-sync", "bomb");
    match used.outcome.code {
        0 => shop.must_equal("sealed.qcow2", "bomb.qcow2", "qcow2"),
        _ => assert!(used.outcome.stderr.contains("at byte"), "{:?}", used.outcome),
    }
}

/// Random bytes behind a good header, and files cut at every kind of place: each ends soon, none crashes.
#[test]
fn r20_damaged_tables_end_soon_and_say_where() {
    let shop = source();
    let good = shop.read("good.qcow2");
    for seed in 0..12 {
        shop.change_qcow2("good.qcow2", "odd.qcow2", |image| {
            let bytes = Dice::new(seed).bytes(4096);
            let at = if seed % 2 == 0 { image.l1() } else { image.l2_entry(0) };
            image.put(at, &bytes);
        });
        let used = ends_soon(&shop, "copy odd.qcow2 copy.img --encrypt --no-sync", "noise");
        let error = used.outcome.refusal();
        assert!(error.contains("qcow2: "), "seed {seed}: {error}");
    }
    for len in [0, 3, 4, 71, 72, 103, 104, 111, 4096, 65_536, 65_537, good.len() / 2] {
        shop.write("odd.qcow2", &good[..len]);
        let used = ends_soon(&shop, "copy odd.qcow2 copy.img --encrypt --source-format qcow2 --no-sync", "cut");
        used.outcome.refusal();
    }
    assert!(!shop.exists("copy.img") && !shop.exists("copy.img.partial"), "something was left");
}

/// Makes a raw deflate stream of some 60,000 bytes that would unpack to 60 MiB.
const BOMB: &str = r#"
import zlib
c = zlib.compressobj(9, zlib.DEFLATED, -12)
b = b"".join(c.compress(bytes(1 << 20)) for _ in range(60)) + c.flush()
open("bomb", "wb").write(b)
"#;

fn source() -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 20, MIB);
    shop.qcow2_of("disk.raw", "good.qcow2", "");
    shop
}

/// A changed header is refused by copies and by `inspect`, with a word for what is wrong.
fn refused(word: &str, change: impl FnOnce(&mut Qcow2Bytes)) {
    let shop = source();
    shop.change_qcow2("good.qcow2", "odd.qcow2", change);
    for line in ["copy odd.qcow2 copy.img --encrypt", "copy odd.qcow2 copy.img", "inspect odd.qcow2"] {
        let error = ends_soon(&shop, line, word).outcome.refusal();
        assert!(error.contains(word) && error.contains("at byte"), "`{line}`: {error}");
    }
    assert!(!shop.exists("copy.img") && !shop.exists("copy.img.partial"), "something was left");
}

fn ends_soon(shop: &Workshop, line: &str, what: &str) -> Measured {
    let used = shop.measure(line);
    assert!(used.cpu_seconds < SECONDS_MAX, "{what}: `{line}` took {} s", used.cpu_seconds);
    assert!(used.rss_max_kib < RSS_KIB_MAX, "{what}: `{line}` took {} KiB", used.rss_max_kib);
    assert!(used.outcome.code <= 1, "{what}: `{line}`: {:?}", used.outcome);
    used
}
