//! R18: names of other files inside an image are never followed.

use std::collections::BTreeSet;

use crate::fixture::MIB;
use crate::support::Workshop;

/// A file that every machine has and every crafted image of the reports wants.
const VICTIM: &str = "/etc/hostname";
const EXTERNAL_DATA_NAME: u32 = 0x4441_5441;

/// A qcow2 whose data lies in `/etc/hostname`, as such and as raw external data, is refused with the name, and strace
/// sees no other file opened than the one that was given.
#[test]
fn r18_an_external_data_file_is_refused_unopened() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 18, MIB);
    shop.qcow2_of("disk.raw", "good.qcow2", "");
    for autoclear in [0, 2] {
        shop.change_qcow2("good.qcow2", "thief.qcow2", |image| {
            image.put_u64(72, 1 << 2);
            image.put_u64(88, autoclear);
            image.extend(EXTERNAL_DATA_NAME, VICTIM.as_bytes());
        });
        refused_unopened(&shop, "thief.qcow2", VICTIM);
    }
}

/// The same for the parent of a differencing VHD.
#[test]
fn r18_a_differencing_vhd_is_refused_unopened() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 18, 2 * MIB);
    shop.sh("qemu-img convert -f raw -O vpc disk.raw good.vhd").ok();
    let mut file = shop.read("good.vhd");
    let footer = file.len() - 512;
    for at in [0, footer] {
        file[at + 60..at + 64].copy_from_slice(&4u32.to_be_bytes());
        reseal_checksum(&mut file[at..at + 512], 64);
    }
    // A parent locator of the kind `W2ru`, a relative path, with its name in the free part of the header.
    file[512 + 576..512 + 580].copy_from_slice(b"W2ru");
    file[512 + 64..512 + 64 + VICTIM.len()].copy_from_slice(VICTIM.as_bytes());
    reseal_checksum(&mut file[512..1536], 36);
    shop.write("thief.vhd", file);
    refused_unopened(&shop, "thief.vhd", "differencing");
}

/// The same for the extent of a VMDK descriptor.
#[test]
fn r18_a_vmdk_extent_is_refused_unopened() {
    let shop = Workshop::new();
    let descriptor = format!(
        "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\n\n\
         # Extent description\nRW 2048 FLAT \"{VICTIM}\" 0\n\n# The Disk Data Base\nddb.adapterType = \"ide\"\n"
    );
    shop.write("thief.vmdk", format!("{descriptor:\0<4096}"));
    refused_unopened(&shop, "thief.vmdk", "monolithicFlat");
}

/// The user's own word opens the file, and only that: `--data-file` is how an honest image is copied.
#[test]
fn r18_an_external_data_file_that_the_user_names_is_read() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 18, MIB);
    shop.qcow2_of("disk.raw", "split.qcow2", "-o data_file=data.bin");
    shop.must("copy split.qcow2 sealed.qcow2 --encrypt --data-file data.bin");
    shop.must_equal("sealed.qcow2", "disk.raw", "raw");
}

fn refused_unopened(shop: &Workshop, image: &str, reason: &str) {
    for line in
        [format!("copy {image} out.img"), format!("copy {image} out.img --encrypt"), format!("inspect {image} --json")]
    {
        let trace = shop.trace(&["-e", "trace=%file,%network"], &line);
        let foreign: BTreeSet<_> = trace.opened().into_iter().filter(|path| !is_expected(shop, image, path)).collect();
        assert!(foreign.is_empty(), "`{line}` opened {foreign:?}");
        let touched: Vec<_> = trace.calls().filter(|call| call.contains(VICTIM)).collect();
        assert!(touched.is_empty(), "`{line}` looked at the file: {touched:?}");
        let said = if line.starts_with("inspect") {
            format!("{}{}", trace.outcome.stdout, trace.outcome.stderr)
        } else {
            trace.outcome.refusal()
        };
        assert!(said.contains(reason), "`{line}`: {said}");
    }
    assert!(!shop.exists("out.img") && !shop.exists("out.img.partial"), "something was left");
}

/// The image itself, the data directory, and what every program opens when it starts.
fn is_expected(shop: &Workshop, image: &str, path: &str) -> bool {
    let data = shop.path("data");
    let system = ["/lib", "/usr/lib", "/etc/ld.so", "/proc/", "/sys/", "/dev/urandom"];
    path == image
        || path.starts_with(data.to_str().expect("UTF-8"))
        || system.iter().any(|start| path.starts_with(start))
}

/// Checksum of a VHD structure: the complement of the sum of all bytes, with its own field zero.
fn reseal_checksum(structure: &mut [u8], field: usize) {
    structure[field..field + 4].fill(0);
    let sum: u32 = structure.iter().map(|&byte| u32::from(byte)).sum();
    structure[field..field + 4].copy_from_slice(&(!sum).to_be_bytes());
}
