//! Judges: headers made by `cryptsetup`, data written by `qemu-img`, both opened by this crate.
//!
//! Only the fields that are needed are read here, by their fixed offsets in a LUKS1 header.

use std::path::Path;
use std::process::Command;

use crypto::Secret;
use crypto::kdf::{Hash, mk_digest, pbkdf2};
use crypto::keyslot::{SlotCipher, unlock};
use crypto::sector::{CipherKind, SectorCipher};

const PASSPHRASE: &str = "correct horse battery staple";
const DISK_BYTES: usize = 1 << 20;

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} must be installed for this test: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A LUKS1 file with `disk` inside: header by cryptsetup, data by QEMU.
fn make(dir: &Path, cipher: &str, key_bits: &str, hash: &str, disk: &[u8]) -> Vec<u8> {
    let path = |name: &str| dir.join(name).to_str().expect("a path of UTF-8").to_owned();
    let (image, raw, key) = (path("image"), path("raw"), path("key"));
    std::fs::write(&raw, disk).expect("a temporary directory");
    std::fs::write(&key, PASSPHRASE).expect("a temporary directory");
    std::fs::write(&image, vec![0; 4 << 20]).expect("a temporary directory");
    let format = ["luksFormat", "--type", "luks1", "--batch-mode", "--pbkdf-force-iterations", "1000"];
    let choice = ["--cipher", cipher, "--key-size", key_bits, "--hash", hash, &image, &key];
    run("cryptsetup", &[format.as_slice(), &choice].concat());
    let secret = format!("secret,id=s0,file={key}");
    let target = format!("driver=luks,file.filename={image},key-secret=s0");
    // The image has room for 2 MiB after the header; what is not written stays as it is.
    run("qemu-img", &["convert", "--object", &secret, "-n", "--target-image-opts", "-f", "raw", &raw, &target]);
    std::fs::read(&image).expect("the file that was just made")
}

fn number(image: &[u8], offset: usize) -> u32 {
    u32::from_be_bytes(image[offset..offset + 4].try_into().expect("4 bytes"))
}

/// Opens the first slot and decrypts the disk.
fn open(image: &[u8], kind: CipherKind, hash: Hash) -> Vec<u8> {
    let key_bytes = number(image, 108) as usize;
    let slot = SlotCipher { kind, hash, stripes: number(image, 252) };
    let (iterations, slot_salt) = (number(image, 212), &image[216..248]);
    let slot_key = pbkdf2(hash, PASSPHRASE.as_bytes(), slot_salt, iterations, key_bytes).expect("usual costs");
    let material = &image[number(image, 248) as usize * 512..];
    let master_key: Secret = unlock(slot, &slot_key, material, key_bytes).expect("whole material");
    let digest = mk_digest(hash, &master_key, &image[132..164], number(image, 164), 20).expect("usual costs");
    assert_eq!(digest, image[112..132], "the digest of the master key");
    let payload = number(image, 104) as usize * 512;
    let mut disk = image[payload..payload + DISK_BYTES].to_vec();
    SectorCipher::new(kind, &master_key).expect("a fitting key").decrypt(0, 512, &mut disk).expect("whole sectors");
    disk
}

/// Every cipher, key length and hash that is read: slot, digest and data fit those of the tools.
#[test]
fn images_of_cryptsetup_and_qemu_open() {
    let cases = [
        ("aes-xts-plain64", "512", "sha256", CipherKind::AesXtsPlain64, Hash::Sha256),
        ("aes-xts-plain64", "256", "sha1", CipherKind::AesXtsPlain64, Hash::Sha1),
        ("aes-xts-plain", "512", "sha512", CipherKind::AesXtsPlain, Hash::Sha512),
        ("aes-cbc-essiv:sha256", "256", "sha384", CipherKind::AesCbcEssivSha256, Hash::Sha384),
        ("aes-cbc-essiv:sha256", "128", "sha256", CipherKind::AesCbcEssivSha256, Hash::Sha256),
        ("aes-cbc-plain64", "256", "sha256", CipherKind::AesCbcPlain64, Hash::Sha256),
        ("aes-cbc-plain", "128", "sha1", CipherKind::AesCbcPlain, Hash::Sha1),
    ];
    let disk: Vec<u8> = (0..251).cycle().take(DISK_BYTES).collect();
    for (cipher, key_bits, hash_name, kind, hash) in cases {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let image = make(dir.path(), cipher, key_bits, hash_name, &disk);
        let (name, mode) = cipher.split_once('-').expect("cipher and mode");
        assert_eq!(CipherKind::from_names(name, mode), Ok(kind));
        assert_eq!(Hash::from_name(hash_name), Ok(hash));
        assert!(open(&image, kind, hash) == disk, "{cipher} {key_bits} {hash_name}: the disk differs");
    }
}
