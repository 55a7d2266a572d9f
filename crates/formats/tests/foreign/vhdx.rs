//! VHDXs that QEMU made, read by us.

use formats::Mapping;
use formats::vhdx::Mapper;

use crate::content::mixed_disk;
use crate::disk::{assert_reads_as_qemu, assert_same, open_vhdx, read_vhdx, walk};
use crate::workshop::Workshop;

/// All options of QEMU's writer; sizes whole and odd.
#[test]
fn what_qemu_converts_reads_as_qemu_reads_it() {
    let shop = Workshop::new("vhdx-convert");
    for size in [512, 5_243_392, (20 << 20) + 1536] {
        let mut disk = mixed_disk(size);
        disk[size.min(2 << 20)..size.min(4 << 20)].fill(0);
        shop.write("source.raw", &disk);
        for options in [
            "subformat=dynamic",
            "subformat=fixed",
            "subformat=dynamic,block_size=1M",
            "subformat=fixed,block_size=2M",
            "subformat=dynamic,block_size=256M,log_size=2M",
            "subformat=dynamic,block_size=1M,block_state_zero=off",
        ] {
            let case = format!("{options}, {size} bytes");
            shop.qemu_img(&format!("convert -f raw -O vhdx -o {options} source.raw made.vhdx"));
            let image = open_vhdx(&shop.read("made.vhdx")).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert_eq!(image.warnings, Vec::<String>::new(), "{case}");
            assert_same(&read_vhdx(&shop.read("made.vhdx")).expect(&case), &disk, &case);
            assert_reads_as_qemu(&shop, "vhdx", read_vhdx, "made.vhdx", &case);
        }
    }
}

/// Blocks in the order in which a guest wrote them.
#[test]
fn what_a_guest_wrote_reads_as_qemu_reads_it() {
    let shop = Workshop::new("vhdx-guest");
    shop.qemu_img("create -f vhdx -o block_size=1M made.vhdx 40M");
    let writes =
        ["write -P 1 30M 3M", "write -P 2 512 512", "write -P 3 9M 1k", "write -P 4 40959k 1k", "write -z 31M 1M"];
    shop.qemu_io("made.vhdx", &writes);
    assert_reads_as_qemu(&shop, "vhdx", read_vhdx, "made.vhdx", "guest writes");
}

/// Entries for sector bitmaps, one behind each chunk of 4 GiB, are not taken for blocks: with blocks
/// of 1 MiB the table needs several windows, and data lies behind two such entries.
#[test]
fn blocks_behind_bitmap_entries_are_found() {
    let shop = Workshop::new("vhdx-chunks");
    shop.qemu_img("create -f vhdx -o block_size=1M made.vhdx 20G");
    shop.qemu_io("made.vhdx", &["write -P 1 4095M 2M", "write -P 2 9000M 1M", "write -P 3 20479M 1M"]);
    let file = shop.read("made.vhdx");
    let image = open_vhdx(&file).expect("a VHDX");
    let extents = walk(&file, &mut Mapper::new(&image), 20 << 30).expect("a walk");
    let mut found = Vec::new();
    for extent in &extents {
        if let Mapping::Data(host) = extent.mapping {
            found.push((extent.guest.0 >> 20, extent.len >> 20, file[host.0 as usize]));
        }
    }
    assert_eq!(found, [(4095, 2, 1), (9000, 1, 2), (20_479, 1, 3)]);
}
