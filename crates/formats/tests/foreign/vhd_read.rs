//! VHDs that QEMU made, read by us.

use formats::Mapping;
use formats::vhd::{Kind, Mapper};

use crate::content::mixed_disk;
use crate::disk::{assert_reads_as_qemu, assert_same, open_vhd, read_vhd, walk};
use crate::workshop::Workshop;

/// A disk of three blocks of 2 MiB, the second one empty.
fn disk_with_a_hole() -> Vec<u8> {
    let mut disk = mixed_disk(5 << 20);
    disk[2 << 20..4 << 20].fill(0);
    disk
}

/// All options of QEMU's writer; sizes whole and odd.
#[test]
fn what_qemu_converts_reads_as_qemu_reads_it() {
    let shop = Workshop::new("vhd-convert");
    for cut in [0, 512, 300 << 10] {
        let disk = disk_with_a_hole();
        shop.write("source.raw", &disk[..disk.len() - cut]);
        for options in
            ["subformat=dynamic", "subformat=fixed", "subformat=dynamic,force_size=on", "subformat=fixed,force_size=on"]
        {
            let case = format!("{options}, {cut} bytes less");
            shop.qemu_img(&format!("convert -f raw -O vpc -o {options} source.raw made.vhd"));
            let image = open_vhd(&shop.read("made.vhd")).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert_eq!(image.footer.kind == Kind::Fixed, options.contains("fixed"), "{case}");
            assert_eq!(image.warnings, Vec::<String>::new(), "{case}");
            if options.contains("force_size") {
                assert_same(&read_vhd(&shop.read("made.vhd")).expect(&case), &disk[..disk.len() - cut], &case);
            }
            // QEMU does not know fixed disks by itself: it is told the format.
            assert_reads_as_qemu(&shop, "vpc", read_vhd, "made.vhd", &case);
        }
    }
}

/// Creator `qemu` rounds sizes up to a geometry: 8 MiB become 8,390,656 bytes, and stay that.
#[test]
fn a_rounded_size_is_read_as_qemu_reads_it() {
    let shop = Workshop::new("vhd-rounded");
    for subformat in ["dynamic", "fixed"] {
        shop.qemu_img(&format!("create -f vpc -o subformat={subformat} made.vhd 8M"));
        let image = open_vhd(&shop.read("made.vhd")).expect("a VHD");
        assert_eq!(image.footer.virtual_size(), 8_390_656);
        assert_eq!(image.footer.creator, *b"qemu");
        assert_reads_as_qemu(&shop, "vpc", read_vhd, "made.vhd", subformat);
    }
}

/// Blocks that a guest wrote in its own order, so that the file is not in guest order.
#[test]
fn what_a_guest_wrote_reads_as_qemu_reads_it() {
    let shop = Workshop::new("vhd-guest");
    shop.qemu_img("create -f vpc -o force_size=on made.vhd 40M");
    let writes =
        ["write -P 1 30M 3M", "write -P 2 512 512", "write -P 3 9M 1k", "write -P 4 40959k 1k", "write -z 31M 1M"];
    shop.qemu_io("made.vhd", &writes);
    assert_reads_as_qemu(&shop, "vpc", read_vhd, "made.vhd", "guest writes");
}

/// Holes are one extent, however many blocks they have; an empty disk of the largest size is one too.
#[test]
fn holes_are_one_extent() {
    let shop = Workshop::new("vhd-holes");
    shop.qemu_img("create -f vpc -o force_size=on made.vhd 2040G");
    let file = shop.read("made.vhd");
    let image = open_vhd(&file).expect("a VHD");
    let extents = walk(&file, &mut Mapper::new(&image), 2040 << 30).expect("a walk");
    // The table is read in windows of 16,384 entries; runs go on behind them.
    assert_eq!(extents.len(), 1);
    assert_eq!(extents[0].mapping, Mapping::Unallocated);
}
