//! R19: a backing file in an imported image, one check on every path.

use crate::fixture::MIB;
use crate::fixture::images::Qcow2Bytes;
use crate::support::Workshop;

/// Names of every kind that reached some importer: refused by a copy that encrypts, by one that keeps every byte, by
/// one that changes the format, and by the same with a claimed format. `inspect` reports the name and the refusal.
#[test]
fn r19_a_backing_file_is_refused_on_every_path() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 19, MIB);
    shop.qcow2_of("disk.raw", "good.qcow2", "");
    shop.write("disk.qcow2", b"a neighbour that the relative name points at");
    for name in ["/dev/null", "nbd://localhost:10809/disk", "json:{\"driver\":\"null-co\"}", "disk.qcow2", "/dev/sdb"] {
        shop.change_qcow2("good.qcow2", "overlay.qcow2", |image| put_backing_name(image, name));
        for how in ["--encrypt", "", "--format raw", "--source-format qcow2 --encrypt", "--format qcow2 --compress"] {
            let error = shop.refusal(&format!("copy overlay.qcow2 copy.img {how}"));
            let quoted = name.replace('"', "\\\"");
            assert!(error.contains("backing file") && error.contains(&quoted), "{name}, {how:?}: {error}");
        }
        let inspected = shop.json("inspect overlay.qcow2");
        assert!(inspected["refusal"].as_str().is_some_and(|text| text.contains("backing file")), "{inspected}");
        assert!(!shop.exists("copy.img") && !shop.exists("copy.img.partial"), "something was left");
    }
}

/// A name of length 0 is no name.
#[test]
fn r19_an_empty_backing_file_name_is_none() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 19, MIB);
    shop.qcow2_of("disk.raw", "good.qcow2", "");
    shop.change_qcow2("good.qcow2", "empty.qcow2", |image| put_backing_name(image, ""));
    shop.must("copy empty.qcow2 sealed.qcow2 --encrypt");
    shop.must_equal("sealed.qcow2", "disk.raw", "raw");
}

/// The user's own word opens the file: `--backing-file` flattens an overlay into one encrypted image.
#[test]
fn r19_a_backing_file_that_the_user_names_is_flattened() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 19, MIB);
    shop.qcow2_of("disk.raw", "base.qcow2", "");
    shop.sh("qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 overlay.qcow2").ok();
    shop.sh("qemu-io -f qcow2 overlay.qcow2 -c 'write -q -P 7 65536 1024'").ok();
    shop.must("copy overlay.qcow2 sealed.qcow2 --encrypt --backing-file base.qcow2");
    shop.must_equal("sealed.qcow2", "overlay.qcow2", "qcow2");
}

/// The same over an encrypted image: its key comes from the KMS, and the result is encrypted, or is not made.
#[test]
fn r19_an_encrypted_backing_file_that_the_user_names_is_flattened() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 19, MIB);
    shop.must("copy disk.raw base.qcow2 --encrypt");
    shop.sh("qemu-img create -q -u -f qcow2 -F qcow2 -b base.qcow2 overlay.qcow2 1M").ok();
    let layers = "driver=qcow2,file.filename=overlay.qcow2,backing.driver=qcow2,backing.file.filename=base.qcow2,\
                  backing.encrypt.key-secret=s";
    let write =
        format!("qemu-io --object secret,id=s,file={{secret}} --image-opts {layers} -c 'write -q -P 7 65536 1024'");
    shop.exec("base.qcow2", &write).ok();
    for how in ["", "--encrypt", "--format raw"] {
        let error = shop.refusal(&format!("copy overlay.qcow2 copy.img --backing-file base.qcow2 {how}"));
        assert!(error.contains("plain") || error.contains("--encrypt --key"), "{how:?}: {error}");
        assert!(!shop.exists("copy.img") && !shop.exists("copy.img.partial"), "something was left");
    }
    shop.create_key("k");
    shop.must("copy overlay.qcow2 sealed.qcow2 --encrypt --key alias/k --backing-file base.qcow2 --verify");
    shop.sh("qemu-io -f raw disk.raw -c 'write -q -P 7 65536 1024'").ok();
    shop.must_equal("sealed.qcow2", "disk.raw", "raw");
}

/// Puts a name after the header extensions and points the header at it.
fn put_backing_name(image: &mut Qcow2Bytes, name: &str) {
    let at = image.extensions_end() + 8;
    image.put(at, name.as_bytes());
    image.put_u64(8, at);
    image.put_u32(16, u32::try_from(name.len()).expect("short"));
}
