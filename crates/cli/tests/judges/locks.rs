//! Without the key, and with another, stock tools refuse what we encrypted, in the words people search for.

use crate::sources;
use crate::support::Workshop;

const WRONG_KEY: &str = "Invalid password, cannot unlock any keyslot";
/// Exit code of cryptsetup for a passphrase that opens no keyslot.
const CRYPTSETUP_NO_KEY: i32 = 2;
const CRYPTSETUP_WRONG_KEY: &str = "No key available with this passphrase.";

#[test]
fn qemu_refuses_qcow2_without_its_key_and_with_another() {
    let shop = shop_with("image", "--format qcow2");
    shop.sh("qemu-img convert -f qcow2 -O raw image out")
        .refused(1, "Parameter 'encrypt.key-secret' is required for cipher");
    shop.sh("qemu-io -f qcow2 -c 'read 0 512' image")
        .refused(1, "Parameter 'encrypt.key-secret' is required for cipher");
    let convert = "qemu-img convert --object secret,id=s0,file=KEY --image-opts \
                   driver=qcow2,file.filename=image,encrypt.key-secret=s0 -O raw out";
    shop.sh(&convert.replace("KEY", "wrong")).refused(1, WRONG_KEY);
    shop.exec("other", &convert.replace("KEY", "{secret}")).refused(1, WRONG_KEY);
    shop.exec("image", &convert.replace("KEY", "{secret}")).ok();
}

#[test]
fn qemu_refuses_luks1_without_its_key_and_with_another() {
    let shop = shop_with("image", "--format luks1");
    shop.sh("qemu-img convert -f luks -O raw image out").refused(1, "Parameter 'key-secret' is required for cipher");
    let convert = "qemu-img convert --object secret,id=s0,file=KEY --image-opts \
                   driver=luks,file.filename=image,key-secret=s0 -O raw out";
    shop.sh(&convert.replace("KEY", "wrong")).refused(1, WRONG_KEY);
    shop.exec("other", &convert.replace("KEY", "{secret}")).refused(1, WRONG_KEY);
    shop.exec("image", &convert.replace("KEY", "{secret}")).ok();
}

#[test]
fn cryptsetup_refuses_luks1_and_luks2_with_another_key() {
    for format in ["luks1", "luks2"] {
        let shop = shop_with("image", &format!("--format {format}"));
        let open = |key: &str| format!("cryptsetup open --test-passphrase --key-file {key} image");
        shop.sh(&open("wrong")).refused(CRYPTSETUP_NO_KEY, CRYPTSETUP_WRONG_KEY);
        shop.exec("other", &open("{secret}")).refused(CRYPTSETUP_NO_KEY, CRYPTSETUP_WRONG_KEY);
        shop.exec("image", &open("{secret}")).ok();
    }
}

#[test]
fn nbdkit_refuses_luks1_with_another_key() {
    let shop = shop_with("image", "--format luks1");
    let script =
        "nbdkit -U - file \"$PWD/image\" --filter=luks passphrase=+\"$PWD/wrong\" --run 'nbdcopy \"$uri\" out'";
    // Its exit code says little: this release crashes after the message.
    let ran = shop.sh(script);
    let said = "LUKS passphrase is not correct";
    assert!(ran.code != 0 && ran.stderr.contains(said), "{ran:?}");
}

#[test]
fn the_key_of_before_opens_nothing_after_a_new_encryption_or_a_rewrap() {
    for format in ["qcow2", "luks1", "luks2"] {
        let shop = shop_with("image", &format!("--format {format}"));
        let key = shop.create_key("second");
        for rekey in ["reencrypt", "rewrap"] {
            let report = shop.copy(&format!("image {rekey} --encrypt --key {key} --rekey {rekey}"));
            assert_eq!((&report["mode"], &report["key_id"]), (&rekey.into(), &key.as_str().into()), "{report}");
            let (test, code, text) = match format {
                "qcow2" => (
                    "qemu-img check --object secret,id=s0,file={secret} --image-opts \
                             driver=qcow2,encrypt.key-secret=s0,file.filename=",
                    1,
                    WRONG_KEY,
                ),
                _ => {
                    ("cryptsetup open --test-passphrase --key-file {secret} ", CRYPTSETUP_NO_KEY, CRYPTSETUP_WRONG_KEY)
                }
            };
            shop.exec("image", &format!("{test}{rekey}")).refused(code, text);
            shop.exec(rekey, &format!("{test}{rekey}")).ok();
        }
    }
}

#[test]
fn another_data_directory_has_no_key_for_the_image() {
    let (shop, stranger) = (shop_with("image", "--format qcow2"), Workshop::new());
    let image = shop.path("image");
    let line = format!("exec {} -- cat {{secret}}", image.display());
    let ran = stranger.reseal(&line);
    assert_eq!(ran.stdout, "");
    ran.refused(1, "reseal: error: no keys are kept in the data directory");
    assert!(!stranger.path("data/root.key").exists(), "a mistyped data directory leaves nothing behind");
    stranger.create_key("own");
    let ran = stranger.reseal(&line);
    assert_eq!(ran.stdout, "");
    ran.refused(1, "reseal: error: key version");
}

/// A workshop with an encrypted image, another one under the same key, and a passphrase that opens neither.
fn shop_with(image: &str, arguments: &str) -> Workshop {
    let shop = Workshop::new();
    sources::even_disk(&shop, "disk");
    shop.write("wrong", "d3JvbmcgaG9yc2UgYmF0dGVyeSBzdGFwbGUgMTIzNDU=");
    for target in [image, "other"] {
        shop.copy(&format!("disk {target} --encrypt {arguments}"));
    }
    shop
}
