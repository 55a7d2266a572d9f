//! R29: which bytes are the passphrase? The base64 text of the 32-byte data key, 44 ASCII bytes, nothing more.

use std::io::Write;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::fixture::MIB;
use crate::support::Workshop;

/// The released secret is 44 bytes of base64 for 32 bytes, without NUL and newline.
#[test]
fn r29_the_passphrase_is_44_bytes_of_base64_text() {
    let shop = sealed("qcow2");
    let passphrase = shop.passphrase("image");
    assert_eq!(passphrase.len(), 44);
    assert_eq!(BASE64.decode(&passphrase).expect("base64").len(), 32);
}

/// `cryptsetup` takes it as a key file, as a key file on standard input, and typed; other bytes it does not take.
#[test]
fn r29_cryptsetup_opens_with_the_passphrase_in_every_way_of_giving_it() {
    for format in ["luks1", "luks2"] {
        let shop = sealed(format);
        let passphrase = shop.passphrase("image");
        shop.exec("image", "cryptsetup open --test-passphrase --key-file {secret} image").ok();
        assert_eq!(typed(&shop, "open --test-passphrase --key-file - image", &passphrase), 0, "{format}");
        assert_eq!(typed(&shop, "open --test-passphrase image", &format!("{passphrase}\n")), 0, "{format}");
        let with_newline = format!("{passphrase}\n");
        assert_eq!(typed(&shop, "open --test-passphrase --key-file - image", &with_newline), 2, "{format}");
    }
}

/// QEMU takes it raw, and as base64 of the text, which is also what libvirt's secrets are; the data key itself, raw or
/// as hex, opens nothing.
#[test]
fn r29_qemu_opens_with_the_passphrase_raw_and_as_base64() {
    for format in ["qcow2", "luks1"] {
        let shop = sealed(format);
        let passphrase = shop.passphrase("image");
        let key = BASE64.decode(&passphrase).expect("base64");
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        shop.write("text", &passphrase);
        shop.write("text.base64", BASE64.encode(&passphrase));
        shop.write("text.newline", format!("{passphrase}\n"));
        shop.write("key.hex", hex);
        shop.write("key.raw", key);
        let open = |secret: &str| {
            let options = shop.image_options("image");
            shop.sh(&format!("qemu-io -r -c length --object secret,id=s0,{secret} --image-opts {options}")).code
        };
        for secret in ["file=text", "file=text.base64,format=base64"] {
            assert_eq!(open(secret), 0, "{format}, {secret}");
        }
        for secret in ["file=text.newline", "file=key.hex", "file=key.raw", "file=text,format=base64"] {
            assert_eq!(open(secret), 1, "{format}, {secret}");
        }
    }
}

/// A passphrase file that ends with a newline fails with a hint, not with garbage; without it the image opens, and so
/// does one whose passphrase really ends with one.
#[test]
fn r29_a_trailing_newline_is_named_as_the_cause() {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 29, MIB);
    shop.write("right.pass", "correct horse");
    shop.write("newline.pass", "correct horse\n");
    for (pass, image) in [("right.pass", "plain.luks"), ("newline.pass", "odd.luks")] {
        shop.sh(&format!(
            "qemu-img convert -f raw -O luks --object secret,id=s0,file={pass} -o key-secret=s0,iter-time=10 disk.raw {image}"
        )).ok();
    }
    let line = "copy plain.luks sealed.qcow2 --encrypt --key alias/new --format qcow2 --source-passphrase-file";
    shop.create_key("new");
    let error = shop.refusal(&format!("{line} newline.pass"));
    assert!(error.contains("newline"), "{error}");
    assert!(!shop.exists("sealed.qcow2") && !shop.exists("sealed.qcow2.partial"), "something was left");
    shop.must(&format!("{line} right.pass"));
    shop.must_equal("sealed.qcow2", "disk.raw", "raw");
    let line = "copy odd.luks odd.qcow2 --encrypt --key alias/new --format qcow2 --source-passphrase-file newline.pass";
    shop.must(line);
    shop.must_equal("odd.qcow2", "disk.raw", "raw");
}

fn sealed(format: &str) -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 29, MIB);
    shop.must(&format!("copy disk.raw image --encrypt --format {format} --no-sync"));
    shop
}

/// Exit code of cryptsetup when it is given `input` on standard input.
fn typed(shop: &Workshop, line: &str, input: &str) -> i32 {
    let mut command = shop.command("cryptsetup");
    command.args(line.split_whitespace()).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the tool runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the tool reads");
    child.wait().expect("the tool ends").code().expect("by itself")
}
