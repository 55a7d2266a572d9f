//! Images that QEMU made, read by us: the disk must be what `qemu-img convert -O raw` makes of it.

use formats::qcow2::{CryptMethod, Feature, Given, Header, SNAPSHOT_TABLE_READ_MAX, decode_snapshots};
use formats::{Codec, ErrorKind, Mapping};

use crate::content::mixed_disk;
use crate::disk::{read_image, read_walked, walk};
use crate::workshop::Workshop;

const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 9..=21;

/// Writes of all kinds, at places that no cluster size likes, on a disk of at least 5 MiB.
const WRITES: [&str; 11] = [
    "write -P 1 0 512",
    "write -P 2 300k 700k",
    "write -P 3 1049088 1536",
    "write -z 400k 192k",
    "write -zu 700k 128k",
    "write -z 2M 1M",
    "write -P 4 2560k 1k",
    "write -P 5 3500k 300k",
    "discard 3520k 64k",
    "write -P 6 4M 1M",
    "write -zu 4M 512k",
];

/// Compares what we read in `image` with what QEMU converts it to; returns the header.
fn assert_reads_as_qemu(shop: &Workshop, image: &str, case: &str) -> Header {
    shop.qemu_img(&format!("convert -f qcow2 -O raw {image} judge.raw"));
    let file = shop.read(image);
    let walked = walk(&file, Given::default(), None).unwrap_or_else(|e| panic!("{case}: {e}"));
    let disk = read_walked(&file, &walked).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert_same(&disk, &shop.read("judge.raw"), case);
    walked.header
}

/// Names the first byte that differs: megabytes in a message help nobody.
fn assert_same(ours: &[u8], theirs: &[u8], case: &str) {
    assert_eq!(ours.len(), theirs.len(), "{case}: length");
    let first = ours.iter().zip(theirs).position(|(a, b)| a != b);
    assert_eq!(first, None, "{case}: first byte that differs");
}

/// Every cluster size, both versions, standard and extended L2 entries, and a disk that ends inside
/// a cluster: content that was converted in one go.
#[test]
fn every_cluster_size_reads_as_qemu_reads_it() {
    let shop = Workshop::new("cluster-sizes");
    shop.write("source.raw", &mixed_disk((3 << 20) + 1536));
    for bits in CLUSTER_BITS {
        let mut kinds = vec!["compat=0.10", "compat=1.1"];
        if bits >= 14 {
            kinds.push("extended_l2=on");
        }
        for kind in kinds {
            let case = format!("cluster_size={},{kind}", 1 << bits);
            shop.qemu_img(&format!("convert -f raw -O qcow2 -o {case} source.raw made.qcow2"));
            let header = assert_reads_as_qemu(&shop, "made.qcow2", &case);
            assert_eq!(header.cluster_bits, bits);
            assert_eq!(header.version, if kind == "compat=0.10" { 2 } else { 3 });
            assert_eq!(header.has_extended_l2(), kind == "extended_l2=on");
        }
    }
}

/// Zero clusters with and without a host cluster, discards, partial clusters and overwrites, as a
/// guest leaves them, at every cluster size and with subclusters.
#[test]
fn what_a_guest_wrote_reads_as_qemu_reads_it() {
    let shop = Workshop::new("guest-writes");
    for bits in CLUSTER_BITS {
        let mut kinds = vec!["compat=0.10", "refcount_bits=16"];
        if bits >= 14 {
            kinds.push("extended_l2=on");
        }
        for kind in kinds {
            let case = format!("cluster_size={},{kind}", 1 << bits);
            shop.qemu_img(&format!("create -f qcow2 -o {case} made.qcow2 5243904"));
            shop.qemu_io("made.qcow2", &WRITES);
            assert_reads_as_qemu(&shop, "made.qcow2", &case);
        }
    }
}

/// Every refcount width decodes; none of them matters to the content.
#[test]
fn every_refcount_width_is_read() {
    let shop = Workshop::new("refcount-widths");
    for bits in [1, 2, 4, 8, 16, 32, 64] {
        let case = format!("refcount_bits={bits}");
        shop.qemu_img(&format!("create -f qcow2 -o {case} made.qcow2 6M"));
        shop.qemu_io("made.qcow2", &WRITES);
        let header = assert_reads_as_qemu(&shop, "made.qcow2", &case);
        assert_eq!(header.refcount_bits, bits);
    }
}

/// Preallocated clusters hold nothing yet, with `metadata` not even in the file: all read as zeros,
/// before and after a guest wrote some.
#[test]
fn preallocated_images_read_as_qemu_reads_them() {
    let shop = Workshop::new("preallocation");
    for how in ["off", "metadata", "falloc", "full"] {
        for kind in ["", ",cluster_size=512", ",extended_l2=on"] {
            let case = format!("preallocation={how}{kind}");
            shop.qemu_img(&format!("create -f qcow2 -o {case} made.qcow2 5243904"));
            assert_reads_as_qemu(&shop, "made.qcow2", &case);
            shop.qemu_io("made.qcow2", &WRITES);
            assert_reads_as_qemu(&shop, "made.qcow2", &case);
        }
    }
}

/// R16: zlib and zstd clusters, at every cluster size, also behind extended L2 entries.
#[test]
fn compressed_images_read_as_qemu_reads_them() {
    let shop = Workshop::new("compressed");
    shop.write("source.raw", &mixed_disk((3 << 20) + 1536));
    for bits in CLUSTER_BITS {
        let mut kinds = vec![("compression_type=zlib", Codec::Deflate), ("compression_type=zstd", Codec::Zstd)];
        if bits >= 14 {
            kinds.push(("extended_l2=on,compression_type=zstd", Codec::Zstd));
        }
        for (kind, codec) in kinds {
            let case = format!("cluster_size={},{kind}", 1 << bits);
            shop.qemu_img(&format!("convert -c -f raw -O qcow2 -o {case} source.raw made.qcow2"));
            let header = assert_reads_as_qemu(&shop, "made.qcow2", &case);
            assert_eq!(header.compression, codec, "{case}");
            let file = shop.read("made.qcow2");
            let extents = walk(&file, Given::default(), None).expect("it was read").extents;
            let compressed = |mapping| matches!(mapping, Mapping::Compressed { codec: c, .. } if c == codec);
            assert!(extents.iter().any(|e| compressed(e.mapping)), "{case}: no compressed cluster");
        }
    }
}

/// R16: a compressed cluster whose data is cut off or overwritten is an error, never zeros.
#[test]
fn damaged_compressed_data_is_an_error() {
    let shop = Workshop::new("damaged-compressed");
    shop.write("source.raw", &mixed_disk(1 << 20));
    for kind in ["zlib", "zstd"] {
        shop.qemu_img(&format!("convert -c -f raw -O qcow2 -o compression_type={kind} source.raw made.qcow2"));
        let file = shop.read("made.qcow2");
        let walked = walk(&file, Given::default(), None).expect("a sound image");
        let places = walked.extents.iter().filter_map(|extent| match extent.mapping {
            Mapping::Compressed { host, .. } => Some(host.0 as usize),
            _ => None,
        });
        for place in places.take(4) {
            let mut damaged = file.clone();
            // No zstd frame and no deflate block begins so; later bytes may be stored as they are.
            damaged[place..place + 8].fill(0xff);
            let Err(error) = read_image(&damaged) else { panic!("{kind}: damage was read as data") };
            assert!(error.to_string().contains("damaged"), "{kind}: {error}");
        }
        let last = walked.extents.iter().rfind(|e| matches!(e.mapping, Mapping::Compressed { .. }));
        let Some(Mapping::Compressed { host, .. }) = last.map(|extent| extent.mapping) else {
            panic!("{kind}: no compressed cluster");
        };
        let error = read_walked(&file[..host.0 as usize + 20], &walked).expect_err("a cut unit was read");
        assert!(error.to_string().contains("damaged"), "{kind}: {error}");
    }
}

/// The active state is read, whatever snapshots keep; a report names them.
#[test]
fn snapshots_do_not_change_what_is_read_and_are_named() {
    let shop = Workshop::new("snapshots");
    for compat in ["0.10", "1.1"] {
        shop.qemu_img(&format!("create -f qcow2 -o compat={compat} made.qcow2 6M"));
        for (nth, name) in ["first", "second-Ünï", "third"].iter().enumerate() {
            shop.qemu_io("made.qcow2", &[&format!("write -P {} {}k 900k", nth + 10, nth * 500)]);
            shop.qemu_img(&format!("snapshot -c {name} made.qcow2"));
        }
        shop.qemu_io("made.qcow2", &["write -P 99 700k 200k", "discard 0 128k"]);
        let header = assert_reads_as_qemu(&shop, "made.qcow2", compat);
        let file = shop.read("made.qcow2");
        let table = &file[header.snapshots_offset as usize..];
        let table = &table[..table.len().min(SNAPSHOT_TABLE_READ_MAX as usize)];
        let snapshots = decode_snapshots(table, header.snapshot_count);
        let names: Vec<&str> = snapshots.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["first", "second-Ünï", "third"], "{compat}");
        let ids: Vec<&str> = snapshots.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3"], "{compat}");
    }
}

/// Bitmaps take clusters of their own and are counted.
#[test]
fn persistent_bitmaps_are_counted_and_skipped() {
    let shop = Workshop::new("bitmaps");
    shop.qemu_img("create -f qcow2 made.qcow2 6M");
    for name in ["one", "two"] {
        shop.qemu_img(&format!("bitmap --add made.qcow2 {name}"));
    }
    shop.qemu_io("made.qcow2", &WRITES);
    let header = assert_reads_as_qemu(&shop, "made.qcow2", "bitmaps");
    assert_eq!(header.bitmap_count, 2);
}

/// R17, bit 0: after a crash with lazy refcounts only refcounts are wrong, so the image is readable.
#[test]
fn a_dirty_image_reads_as_qemu_reads_it() {
    let shop = Workshop::new("dirty");
    shop.qemu_img("create -f qcow2 -o lazy_refcounts=on made.qcow2 6M");
    let commands = ["-c", "write -P 7 100k 300k", "-c", "flush", "-c", "abort", "made.qcow2"];
    assert!(!shop.run("qemu-io", commands.into_iter()).status.success(), "qemu-io aborts");
    // The judge repairs what it opens for writing only: convert reads.
    let header = assert_reads_as_qemu(&shop, "made.qcow2", "dirty");
    assert!(Feature::Dirty.is_in(header.incompatible));
}

/// A plain image may end inside its last data cluster: the rest reads as zeros, as in QEMU.
#[test]
fn a_last_cluster_that_is_cut_off_reads_as_qemu_reads_it() {
    let shop = Workshop::new("short-tail");
    shop.qemu_img("create -f qcow2 made.qcow2 6M");
    shop.qemu_io("made.qcow2", &["write -P 8 0 256k"]);
    let file = shop.read("made.qcow2");
    shop.write("short.qcow2", &file[..file.len() - 40_000]);
    assert_reads_as_qemu(&shop, "short.qcow2", "short");
    let ours = read_image(&file[..file.len() - 40_000]).expect("it was read");
    assert_eq!(ours[256 * 1024 - 1], 0, "the end of the cluster is missing");
}

/// Grown, shrunk, upgraded, downgraded and empty images.
#[test]
fn images_that_changed_their_shape_read_as_qemu_reads_them() {
    let shop = Workshop::new("shapes");
    shop.qemu_img("create -f qcow2 -o cluster_size=4096 made.qcow2 1M");
    shop.qemu_io("made.qcow2", &["write -P 1 0 1M"]);
    for change in [
        "resize made.qcow2 40M",
        "resize --shrink made.qcow2 700416",
        "amend -o compat=0.10 made.qcow2",
        "amend -o compat=1.1 made.qcow2",
        "amend -o refcount_bits=64 made.qcow2",
    ] {
        shop.qemu_img(change);
        assert_reads_as_qemu(&shop, "made.qcow2", change);
    }
    for size in [0, 512] {
        shop.qemu_img(&format!("create -f qcow2 made.qcow2 {size}"));
        assert_eq!(assert_reads_as_qemu(&shop, "made.qcow2", "small").virtual_size, size);
    }
}

/// An overlay is refused until its backing file is handed in; then only its own clusters are data.
#[test]
fn an_overlay_needs_its_backing_file() {
    let shop = Workshop::new("overlay");
    shop.qemu_img("create -f qcow2 base.qcow2 6M");
    shop.qemu_img("create -f qcow2 -b base.qcow2 -F qcow2 made.qcow2");
    shop.qemu_io("made.qcow2", &["write -P 9 1M 64k"]);
    let file = shop.read("made.qcow2");
    let error = read_image(&file).map(|_| ()).expect_err("the backing file was not handed in");
    assert_eq!(error.kind, ErrorKind::NeedsOtherFile);
    assert!(error.to_string().contains("base.qcow2"), "{error}");
    let given = Given { backing_file: true, data_file: false };
    let extents = walk(&file, given, None).expect("it is whole now").extents;
    let runs: Vec<(u64, bool)> = extents.iter().map(|e| (e.len, e.mapping == Mapping::Unallocated)).collect();
    assert_eq!(runs, [(1 << 20, true), (64 << 10, false), ((5 << 20) - (64 << 10), true)]);
}

/// R18: data in another file is refused until that file is handed in; then it is read there.
#[test]
fn an_external_data_file_is_read_when_handed_in() {
    let shop = Workshop::new("data-file");
    for kind in ["", ",data_file_raw=on", ",extended_l2=on"] {
        shop.qemu_img(&format!("create -f qcow2 -o data_file=made.data{kind} made.qcow2 6M"));
        shop.qemu_io("made.qcow2", &WRITES);
        shop.qemu_img("convert -f qcow2 -O raw made.qcow2 judge.raw");
        let (file, data) = (shop.read("made.qcow2"), shop.read("made.data"));
        let error = read_image(&file).map(|_| ()).expect_err("the data file was not handed in");
        assert_eq!(error.kind, ErrorKind::NeedsOtherFile);
        assert!(error.to_string().contains("made.data"), "{error}");
        let given = Given { backing_file: false, data_file: true };
        let walked = walk(&file, given, Some(data.len() as u64)).expect("it is whole now");
        let disk = read_walked(&data, &walked).expect("plain data");
        assert_same(&disk, &shop.read("judge.raw"), kind);
    }
}

/// An encrypted image shows where its LUKS header lies, and its clusters are as QEMU lists them.
#[test]
fn an_encrypted_image_points_to_its_luks_header() {
    let shop = Workshop::new("encrypted");
    shop.qemu_img("create --object secret,id=s0,data=pass -f qcow2 -o encrypt.format=luks,encrypt.key-secret=s0,encrypt.iter-time=10 made.qcow2 6M");
    let file = shop.read("made.qcow2");
    let walked = walk(&file, Given::default(), None).expect("the tables are plain");
    assert_eq!(walked.header.crypt_method, CryptMethod::Luks);
    let luks = walked.header.luks.expect("a pointer");
    assert_eq!(luks.len, 2_068_480);
    assert!(file[luks.offset as usize..].starts_with(b"LUKS\xba\xbe\0\x01"));
}
