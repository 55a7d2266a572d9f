//! Maps of disks that are too large to read, compared with what `qemu-img map` says of them.

use std::time::{Duration, Instant};

use formats::qcow2::Given;
use formats::{Extent, Mapping};
use serde_json::Value;

use crate::disk::walk;
use crate::workshop::Workshop;

/// A run of the disk, as both sides can tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: u64,
    len: u64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unallocated,
    Zero,
    Data(u64),
    Compressed,
}

fn ours(extents: &[Extent]) -> Vec<Run> {
    merged(extents.iter().map(|extent| {
        let kind = match extent.mapping {
            Mapping::Unallocated => Kind::Unallocated,
            Mapping::Zero => Kind::Zero,
            Mapping::Data(host) => Kind::Data(host.0),
            Mapping::Compressed { .. } => Kind::Compressed,
        };
        Run { start: extent.guest.0, len: extent.len, kind }
    }))
}

fn theirs(map: &str) -> Vec<Run> {
    let runs: Vec<Value> = serde_json::from_str(map).expect("qemu-img prints JSON");
    merged(runs.iter().map(|run| {
        let number = |name: &str| run[name].as_u64();
        let is = |name: &str| run[name] == true;
        let kind = match (is("present"), is("compressed"), is("data")) {
            (false, ..) => Kind::Unallocated,
            (true, true, _) => Kind::Compressed,
            // qemu-img 7.2 has no field for compressed clusters: it shows them as data without a place.
            (true, false, true) => number("offset").map_or(Kind::Compressed, Kind::Data),
            (true, false, false) => Kind::Zero,
        };
        let (start, len) = (number("start"), number("length"));
        Run { start: start.expect("a start"), len: len.expect("a length"), kind }
    }))
}

/// Neighbours of one kind as one run, so that both sides split alike.
fn merged(runs: impl Iterator<Item = Run>) -> Vec<Run> {
    let mut merged: Vec<Run> = Vec::new();
    for run in runs {
        match merged.last_mut() {
            Some(last) if continues(last, &run) => last.len += run.len,
            _ => merged.push(run),
        }
    }
    merged
}

fn continues(last: &Run, run: &Run) -> bool {
    match (last.kind, run.kind) {
        (Kind::Data(a), Kind::Data(b)) => a + last.len == b,
        (a, b) => a == b,
    }
}

/// 1.5 TiB with writes at both ends, around the borders of L2 tables and of windows of tables, with
/// standard and extended entries and both codecs: run for run what QEMU says.
#[test]
fn maps_of_large_sparse_disks_are_what_qemu_says() {
    let shop = Workshop::new("large-maps");
    for options in [
        "cluster_size=4k,refcount_bits=16",
        "cluster_size=64k",
        "cluster_size=64k,compat=0.10",
        "cluster_size=64k,extended_l2=on",
        "cluster_size=2M",
        "cluster_size=2M,extended_l2=on,compression_type=zstd",
    ] {
        // With 4 KiB clusters the largest L1 table that QEMU accepts covers 8 TiB, so all fit.
        shop.qemu_img(&format!("create -f qcow2 -o {options} made.qcow2 1536G"));
        let mut commands: Vec<String> = Vec::new();
        for place in ["0", "2093056", "511M", "8191M", "16383M", "1T", "1610612732k"] {
            commands.push(format!("write -P 1 {place} 4k"));
        }
        commands.extend([
            "write -z 1G 300M".into(),
            "write -z 2G 300M".into(),
            "write -c -P 3 700G 2M".into(),
            "discard 2G 256M".into(),
        ]);
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        shop.qemu_io("made.qcow2", &commands);
        let walked = walk(&shop.read("made.qcow2"), Given::default(), None).expect(options);
        let judge = theirs(&shop.qemu_img("map --output=json made.qcow2"));
        assert!(judge.len() > 10, "{options}: a map worth comparing");
        assert_eq!(ours(&walked.extents), judge, "{options}");
    }
}

/// R15: 100 GiB with 48 MiB in 30 places is few steps, few reads and no time.
#[test]
fn holes_cost_nothing() {
    let shop = Workshop::new("holes");
    shop.qemu_img("create -f qcow2 made.qcow2 100G");
    let commands: Vec<String> = (0..30).map(|n| format!("write -P 5 {}M 1638k", n * 3413)).collect();
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    shop.qemu_io("made.qcow2", &commands);
    let file = shop.read("made.qcow2");
    let start = Instant::now();
    let walked = walk(&file, Given::default(), None).expect("a sound image");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(walked.extents.len() <= 120, "{} extents", walked.extents.len());
    assert!(walked.reads <= 62, "{} reads", walked.reads);
    let judge = theirs(&shop.qemu_img("map --output=json made.qcow2"));
    assert_eq!(ours(&walked.extents), judge);
}
