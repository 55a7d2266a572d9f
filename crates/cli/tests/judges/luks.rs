//! cryptsetup and nbdkit judge our LUKS headers and payloads.

use serde_json::Value;

use crate::sources;
use crate::support::Workshop;
use crate::writers::decrypts_to;

/// Where the payload of our raw LUKS1 files starts: behind the envelope, which is at 3 MiB.
const LUKS1_PAYLOAD_SECTOR: &str = "8192";

#[test]
fn luks1_header_is_what_cryptsetup_expects() {
    let shop = shop_with("luks1", "--format luks1");
    let dump = shop.sh("cryptsetup luksDump luks1").ok().stdout;
    let field = |name: &str| {
        let line = dump.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{dump}"));
        line[name.len()..].trim().to_owned()
    };
    assert_eq!(field("Version:"), "1");
    assert_eq!(field("Cipher name:"), "aes");
    assert_eq!(field("Cipher mode:"), "xts-plain64");
    assert_eq!(field("Hash spec:"), "sha256");
    assert_eq!(field("MK bits:"), "512");
    assert_eq!(field("Payload offset:"), LUKS1_PAYLOAD_SECTOR);
    assert_eq!(dump.matches(": ENABLED").count(), 1, "{dump}");
    assert_eq!(dump.matches(": DISABLED").count(), 7, "{dump}");
}

#[test]
fn luks2_header_is_what_cryptsetup_expects() {
    for (sector_bytes, arguments) in [(512, "--format luks2"), (4096, "--format luks2 --sector-size 4096")] {
        let shop = shop_with("luks2", arguments);
        let dump = shop.sh("cryptsetup luksDump --dump-json-metadata luks2").ok().json();
        let segment = &dump["segments"]["0"];
        assert_eq!(segment["encryption"], "aes-xts-plain64");
        assert_eq!(segment["sector_size"], sector_bytes);
        assert_eq!(segment["offset"], "16777216");
        assert_eq!(dump["keyslots"].as_object().map(|slots| slots.len()), Some(1), "{dump}");
        assert_eq!(dump["keyslots"]["0"]["key_size"], 64);
        let token = shop.sh("cryptsetup token export --token-id 0 luks2").ok().json();
        assert_ne!(token["envelope"], Value::Null, "the token holds no envelope: {token}");
    }
}

#[test]
fn cryptsetup_opens_with_the_key_from_a_file_and_from_standard_input() {
    for format in ["luks1", "luks2"] {
        let shop = shop_with("image", &format!("--format {format}"));
        shop.exec("image", "cryptsetup open --test-passphrase --key-file {secret} image").ok();
        shop.exec("image", "cryptsetup open --test-passphrase --key-file - image <{secret}").ok();
        // As a person would type it: one line.
        shop.exec("image", "cryptsetup open --test-passphrase image <{secret}").ok();
    }
}

#[test]
fn luks1_converts_to_luks2_and_decrypts_to_the_source() {
    let shop = shop_with("luks1", "--format luks1");
    shop.sh("cp luks1 luks2; cryptsetup -q convert --type luks2 luks2; cryptsetup isLuks --type luks2 luks2").ok();
    // The file stays as long as it was, so the disk is the first part of it.
    let len = shop.len("disk");
    let decrypt = format!(
        "cryptsetup reencrypt --batch-mode --decrypt --force-offline-reencrypt --header header \
                   --key-file {{secret}} luks2; cmp -n {len} disk luks2"
    );
    // `exec` takes the key from the LUKS1 file: the other tool has rewritten the header of this one.
    shop.exec("luks1", &decrypt).ok();
}

#[test]
fn luks2_decrypts_to_the_source_and_converts_to_luks1() {
    let shop = shop_with("luks2", "--format luks2");
    decrypts_to(&shop, "luks2", "disk", "copy").unwrap_or_else(|fault| panic!("{fault}"));
    shop.sh("cp luks2 luks1; cryptsetup token remove --token-id 0 luks1; cryptsetup -q convert --type luks1 luks1")
        .ok();
    let compare = "qemu-img compare --object secret,id=s0,file={secret} --image-opts driver=raw,file.filename=disk \
                   driver=luks,file.filename=luks1,key-secret=s0";
    assert_eq!(shop.exec("luks2", compare).ok().stdout, "Images are identical.\n");
}

#[test]
fn nbdkit_decrypts_luks1_to_the_source() {
    let shop = shop_with("luks1", "--format luks1");
    // nbdkit changes into `/`, so the file needs its whole path.
    let script = "nbdkit -U - file \"$PWD/luks1\" --filter=luks passphrase=+{secret} --run 'nbdcopy \"$uri\" out'
                  cmp disk out";
    shop.exec("luks1", script).ok();
}

#[test]
fn a_header_that_cryptsetup_saved_can_be_put_back() {
    for format in ["luks1", "luks2"] {
        let shop = shop_with("image", &format!("--format {format}"));
        let script = "cryptsetup -q luksHeaderBackup --header-backup-file saved image
                      cp image original
                      dd if=/dev/zero of=image bs=4096 count=2 conv=notrunc status=none
                      cryptsetup -q luksHeaderRestore --header-backup-file saved image";
        shop.sh(script).ok();
        shop.exec("original", "cryptsetup open --test-passphrase --key-file {secret} image").ok();
        shop.reseal("verify image --quiet").ok();
    }
}

/// A workshop with a disk and an encrypted copy of it.
fn shop_with(image: &str, arguments: &str) -> Workshop {
    let shop = Workshop::new();
    sources::even_disk(&shop, "disk");
    shop.copy(&format!("disk {image} --encrypt {arguments}"));
    shop
}
