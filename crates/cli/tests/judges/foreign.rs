//! Encrypted files that qemu-img and cryptsetup made: opened by their passphrase and encrypted again, in every format.

use crate::sources::{self, PASSPHRASE, Source};
use crate::support::Workshop;
use crate::writers::ENCRYPTED;

const REENCRYPT: &str = "--encrypt --key alias/k --source-passphrase-file pass";

#[test]
fn luks_files_of_qemu_are_encrypted_again_in_every_format() {
    let (shop, secret) = (shop(), "--object secret,id=s,file=pass");
    let raw = format!("qemu-img convert -f raw -O luks {secret} -o key-secret=s,iter-time=10 disk OUT");
    let inside = "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10";
    let qcow2 = format!("qemu-img convert -f raw -O qcow2 {secret} -o {inside} disk OUT");
    let small =
        format!("qemu-img convert -f raw -O qcow2 {secret} -o {inside},cluster_size=2k,extended_l2=off disk OUT");
    judge(&shop, &[("qemu-luks", &raw), ("qemu-qcow2", &qcow2), ("qemu-qcow2-2k", &small)]);
}

#[test]
fn luks1_files_of_cryptsetup_are_encrypted_again_in_every_format() {
    let shop = shop();
    let format = |options: &str| {
        format!(
            "truncate -s $((8 << 20)) OUT
             cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 --key-file pass {options} OUT
             qemu-img convert -n -f raw --object secret,id=s,file=pass --target-image-opts disk \
                driver=luks,file.filename=OUT,key-secret=s"
        )
    };
    let second_slot = format!(
        "printf other > first
         {}
         cryptsetup -q luksAddKey --pbkdf-force-iterations 1000 --key-file pass OUT first
         cryptsetup -q luksKillSlot --key-file first OUT 0
         cryptsetup -q luksAddKey --pbkdf-force-iterations 1000 --key-file first --key-slot 5 OUT pass",
        format("")
    );
    judge(
        &shop,
        &[
            ("luks1", &format("")),
            ("luks1-128", &format("--key-size 256")),
            ("luks1-sha512", &format("--hash sha512")),
            ("luks1-cbc", &format("--cipher aes-cbc-essiv:sha256 --key-size 256 --hash sha1")),
            ("luks1-plain", &format("--cipher aes-xts-plain --key-size 512")),
            ("luks1-slot-5", &second_slot),
        ],
    );
}

#[test]
fn luks2_files_of_cryptsetup_are_encrypted_again_in_every_format() {
    let shop = shop();
    let format = |options: &str| {
        // The tail makes room: the data moves up by half of it, behind the new header.
        format!(
            "cp disk OUT; truncate -s +32M OUT
             cryptsetup -q reencrypt --encrypt --type luks2 --reduce-device-size 32M --force-offline-reencrypt \
                --key-file pass {options} OUT
             truncate -s -16M OUT"
        )
    };
    let pbkdf2 = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000";
    let argon2 = "--pbkdf-memory 65536 --pbkdf-parallel 2 --pbkdf-force-iterations 4";
    judge(
        &shop,
        &[
            ("luks2-512", &format(&format!("{pbkdf2} --sector-size 512"))),
            ("luks2-4096", &format(&format!("{pbkdf2} --sector-size 4096"))),
            ("luks2-argon2id", &format(&format!("--pbkdf argon2id {argon2} --sector-size 4096"))),
            ("luks2-argon2i", &format(&format!("--pbkdf argon2i {argon2} --sector-size 512"))),
        ],
    );
}

#[test]
fn a_foreign_file_without_its_passphrase_is_refused_and_with_another_too() {
    let shop = shop();
    shop.sh("truncate -s 8M in
         cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 --key-file pass in")
        .ok();
    shop.write("newline", format!("{PASSPHRASE}\n"));
    shop.write("wrong", "wrong horse battery");
    let copy = |passphrase: &str| shop.reseal(&format!("copy in out --encrypt --key alias/k {passphrase}"));
    copy("--source-passphrase-file wrong").refused(1, "no keyslot takes the passphrase");
    copy("--source-passphrase-file newline").refused(1, "newline");
    copy("").refused(1, "--source-passphrase-file");
    assert_eq!(shop.files(), ["disk", "in", "newline", "pass", "wrong"]);
}

#[test]
fn a_foreign_file_is_kept_to_the_byte_and_under_its_own_passphrase() {
    let shop = shop();
    shop.sh("truncate -s 8M in; cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
             --luks2-metadata-size 32k --key-file pass --offset 8192 in")
        .ok();
    for mode in ["", "--encrypt"] {
        let report = shop.copy(&format!("in out --force {mode}"));
        assert_eq!((&report["mode"], &report["encrypted"]), (&"keep".into(), &true.into()), "{report}");
        shop.sh("cmp in out; cryptsetup open --test-passphrase --key-file pass out").ok();
    }
}

/// A workshop with a disk, a passphrase and a key.
fn shop() -> Workshop {
    let shop = Workshop::new();
    shop.create_key("k");
    sources::even_disk(&shop, "disk");
    shop.write("pass", PASSPHRASE);
    shop
}

/// Makes the files and copies each as each writer would.
fn judge(shop: &Workshop, recipes: &[(&str, &str)]) {
    let mut faults = Vec::new();
    for (name, script) in recipes {
        let file = format!("from-{name}");
        shop.sh(&script.replace("OUT", &file)).ok();
        let source = Source { file, disk: "disk".into(), arguments: REENCRYPT };
        faults.extend(ENCRYPTED.iter().filter_map(|writer| crate::pairs::pair(shop, &source, writer, true).err()));
    }
    assert!(faults.is_empty(), "{} pairs failed\n{}", faults.len(), faults.join("\n\n"));
}
