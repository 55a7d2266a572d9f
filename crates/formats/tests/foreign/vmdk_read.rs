//! VMDKs that QEMU made, and one as VMware makes it, read by us.

use formats::vmdk::Mapper;
use formats::{Codec, ErrorKind, Mapping};

use crate::content::mixed_disk;
use crate::disk::{assert_reads_as_qemu, assert_same, open_vmdk, read_vmdk, walk};
use crate::vmdk_made::{sparse, stream_optimized};
use crate::workshop::Workshop;

/// Both types, sizes of whole grains and odd ones.
#[test]
fn what_qemu_converts_reads_as_qemu_reads_it() {
    let shop = Workshop::new("vmdk-convert");
    for size in [512, 5 << 20, 5_243_392, (33 << 20) + 70_144] {
        let mut disk = mixed_disk(size);
        disk[size.min(1 << 20)..size.min(4 << 20)].fill(0);
        shop.write("source.raw", &disk);
        for subformat in ["monolithicSparse", "streamOptimized"] {
            let case = format!("{subformat} of {size} bytes");
            shop.qemu_img(&format!("convert -f raw -O vmdk -o subformat={subformat} source.raw made.vmdk"));
            let image = open_vmdk(&shop.read("made.vmdk")).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert_eq!(image.descriptor.create_type, subformat);
            assert_eq!(image.warnings, Vec::<String>::new(), "{case}");
            assert_same(&read_vmdk(&shop.read("made.vmdk")).expect(&case), &disk, &case);
            assert_reads_as_qemu(&shop, "vmdk", read_vmdk, "made.vmdk", &case);
        }
    }
}

/// Grains in the order in which a guest wrote them; with grains of zeros, too.
#[test]
fn what_a_guest_wrote_reads_as_qemu_reads_it() {
    let shop = Workshop::new("vmdk-guest");
    let writes = ["write -P 1 50M 3M", "write -P 2 512 512", "write -P 3 9M 1k", "write -z 51M 1M", "write -z 20M 1M"];
    for option in ["zeroed_grain=off", "zeroed_grain=on"] {
        shop.qemu_img(&format!("create -f vmdk -o {option} made.vmdk 70M"));
        shop.qemu_io("made.vmdk", &writes);
        assert_reads_as_qemu(&shop, "vmdk", read_vmdk, "made.vmdk", option);
        let file = shop.read("made.vmdk");
        let image = open_vmdk(&file).expect("a VMDK");
        assert_eq!(image.header.has_zeroed_grains, option.ends_with("on"));
        let extents = walk(&file, &mut Mapper::new(&image), 70 << 20).expect("a walk");
        let has_zeros = extents.iter().any(|extent| extent.mapping == Mapping::Zero);
        assert_eq!(has_zeros, image.header.has_zeroed_grains, "{option}: {extents:?}");
    }
}

/// A footer instead of a directory in front, as in OVA files: QEMU agrees on what we read.
#[test]
fn a_footer_is_read_as_qemu_reads_it() {
    let shop = Workshop::new("vmdk-footer");
    for size in [64 << 10, 5_243_392, (70 << 20) + 1536] {
        let mut disk = mixed_disk(size);
        disk[size / 3..size / 2].fill(0);
        let file = stream_optimized(&disk);
        let case = format!("footer, {size} bytes");
        assert_same(&read_vmdk(&file).expect(&case), &disk, &case);
        shop.write("made.vmdk", &file);
        assert_reads_as_qemu(&shop, "vmdk", read_vmdk, "made.vmdk", &case);
    }
}

/// Our generator of hostile sparse disks makes sound ones, says QEMU.
#[test]
fn a_made_sparse_disk_is_read_as_qemu_reads_it() {
    let shop = Workshop::new("vmdk-sparse");
    let disk = mixed_disk(5_243_392);
    shop.write("made.vmdk", &sparse(&disk));
    assert_same(&read_vmdk(&sparse(&disk)).expect("a VMDK"), &disk, "ours");
    assert_reads_as_qemu(&shop, "vmdk", read_vmdk, "made.vmdk", "sparse");
}

/// Each compressed grain is one unit, and holes of many tables are one extent.
#[test]
fn grains_are_units_and_holes_are_one_extent() {
    let shop = Workshop::new("vmdk-extents");
    let mut disk = mixed_disk(256 << 10);
    disk.resize(100 << 20, 0);
    let file = stream_optimized(&disk);
    let image = open_vmdk(&file).expect("a VMDK");
    let extents = walk(&file, &mut Mapper::new(&image), 100 << 20).expect("a walk");
    assert_eq!(extents.len(), 5);
    for extent in &extents[..4] {
        assert_eq!(extent.len, 64 << 10);
        assert!(matches!(extent.mapping, Mapping::Compressed { unit_len: 0x10000, codec: Codec::Zlib, .. }));
    }
    assert_eq!(extents[4].mapping, Mapping::Unallocated);
    shop.qemu_img("create -f vmdk empty.vmdk 2T");
    let file = shop.read("empty.vmdk");
    let image = open_vmdk(&file).expect("a VMDK");
    assert_eq!(walk(&file, &mut Mapper::new(&image), 2 << 40).expect("a walk").len(), 1);
}

/// R18: disks whose data is in other files, made by QEMU; the descriptor and each extent are refused.
#[test]
fn disks_in_several_files_are_refused() {
    let shop = Workshop::new("vmdk-several");
    shop.qemu_img("create -f vmdk -o subformat=monolithicFlat flat.vmdk 1M");
    shop.qemu_img("create -f vmdk -o subformat=twoGbMaxExtentSparse split.vmdk 1M");
    shop.qemu_img("create -f vmdk -o subformat=twoGbMaxExtentFlat parts.vmdk 1M");
    shop.qemu_img("create -f vmdk base.vmdk 1M");
    shop.qemu_img("create -f vmdk -F vmdk -b base.vmdk child.vmdk");
    for name in ["flat.vmdk", "split.vmdk", "split-s001.vmdk", "parts.vmdk", "child.vmdk"] {
        let error = open_vmdk(&shop.read(name)).expect_err(name);
        assert_eq!(error.kind, ErrorKind::NeedsOtherFile, "{name}: {error}");
    }
}
