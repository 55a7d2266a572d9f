//! QEMU 7.2, the one of Debian 12, reads what we write.

use std::path::Path;

use crate::sources;
use crate::support::Workshop;
use crate::writers::{ENCRYPTED, PLAIN, Reader, Writer};

#[test]
fn qemu_7_2_opens_every_format_it_knows() {
    let shop = old_workshop();
    shop.create_key("k");
    sources::odd_disk(&shop, "disk");
    let plain = PLAIN.iter().map(|writer| (writer, ""));
    let encrypted = ENCRYPTED.iter().map(|writer| (writer, "--encrypt --key alias/k"));
    let known = plain.chain(encrypted).filter(|(writer, _)| !matches!(writer.reader, Reader::Cryptsetup { .. }));
    for (Writer { name, arguments, reader }, mode) in known {
        shop.copy(&format!("disk {name} {arguments} {mode}"));
        reader.judges_same(&shop, name, "disk", name).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
}

#[test]
fn qemu_7_2_reads_an_encrypted_copy_of_an_image_it_made() {
    let shop = old_workshop();
    sources::odd_disk(&shop, "disk");
    shop.sh("qemu-img convert -f raw -O qcow2 -c disk old; qemu-img snapshot -c one old").ok();
    shop.copy("old new --encrypt");
    Reader::QemuQcow2Luks.judges_same(&shop, "new", "disk", "new").unwrap_or_else(|fault| panic!("{fault}"));
}

/// A workshop whose qemu-img is the old one.
fn old_workshop() -> Workshop {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/qemu-7.2/usr/bin");
    assert!(tools.join("qemu-img").exists(), "QEMU 7.2 is missing: run scripts/old-qemu.sh");
    let shop = Workshop::with_tools(&tools);
    let version = shop.sh("qemu-img --version").ok().stdout;
    assert!(version.starts_with("qemu-img version 7.2"), "not the old one: {version}");
    shop
}
