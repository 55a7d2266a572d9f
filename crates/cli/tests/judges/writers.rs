//! What can be written, and how a stock tool reads it back.

use crate::support::{Ran, Workshop};

/// Where the payload of our LUKS2 files starts: cryptsetup's own default.
const LUKS2_PAYLOAD_BYTE: u64 = 16 << 20;

/// A form that a copy can have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer {
    /// For messages and file names.
    pub(crate) name: &'static str,
    /// Arguments of `reseal copy` that choose it.
    pub(crate) arguments: &'static str,
    /// What reads it.
    pub(crate) reader: Reader,
}

/// What reads a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// qemu-img, by the name of its driver.
    Qemu(&'static str),
    /// qemu-img with the passphrase: LUKS1 in qcow2.
    QemuQcow2Luks,
    /// qemu-img with the passphrase: LUKS1 alone.
    QemuLuks,
    /// cryptsetup, which decrypts the file in place. QEMU does not know LUKS2.
    Cryptsetup {
        /// Bytes per encryption unit.
        sector_bytes: u64,
    },
}

const fn writer(name: &'static str, arguments: &'static str, reader: Reader) -> Writer {
    Writer { name, arguments, reader }
}

/// Every form of a plain target.
pub(crate) const PLAIN: &[Writer] = &[
    writer("raw", "--format raw", Reader::Qemu("raw")),
    writer("qcow2", "--format qcow2", Reader::Qemu("qcow2")),
    writer("qcow2-512", "--format qcow2 --cluster-size 512", Reader::Qemu("qcow2")),
    writer("qcow2-2m", "--format qcow2 --cluster-size 2M", Reader::Qemu("qcow2")),
    writer("qcow2-full", "--format qcow2 --preallocate full", Reader::Qemu("qcow2")),
    writer("qcow2-zlib", "--format qcow2 --compress=zlib", Reader::Qemu("qcow2")),
    writer("qcow2-zstd", "--format qcow2 --compress=zstd", Reader::Qemu("qcow2")),
    writer("vhd", "--format vhd", Reader::Qemu("vpc")),
    writer("vhd-fixed", "--format vhd --preallocate full", Reader::Qemu("vpc")),
];

/// Every form of an encrypted target.
pub(crate) const ENCRYPTED: &[Writer] = &[
    writer("luks-in-qcow2", "--format qcow2", Reader::QemuQcow2Luks),
    writer("luks-in-qcow2-4k", "--format qcow2 --cluster-size 4K", Reader::QemuQcow2Luks),
    writer("luks-in-qcow2-full", "--format qcow2 --preallocate full", Reader::QemuQcow2Luks),
    writer("luks1", "--format luks1", Reader::QemuLuks),
    writer("luks2-512", "--format luks2", Reader::Cryptsetup { sector_bytes: 512 }),
    writer("luks2-4096", "--format luks2 --sector-size 4K", Reader::Cryptsetup { sector_bytes: 4096 }),
];

impl Reader {
    /// The stock tool finds no fault with `target` and reads from it what the raw file `disk` holds, to the byte.
    ///
    /// `mark`: a name for files in between, that no other judgement uses at the same time.
    pub(crate) fn judges_same(self, shop: &Workshop, target: &str, disk: &str, mark: &str) -> Result<(), String> {
        let secret = "--object secret,id=s0,file={secret} --image-opts";
        let compare = |image: &str| format!("qemu-img compare {secret} driver=raw,file.filename={disk} {image}");
        match self {
            Self::Qemu("qcow2") => {
                shop.sh(&format!("qemu-img check -q -f qcow2 {target}")).passed()?;
                identical(shop.sh(&format!("qemu-img compare -f raw -F qcow2 {disk} {target}")))
            }
            Self::Qemu(driver) => identical(shop.sh(&format!("qemu-img compare -f raw -F {driver} {disk} {target}"))),
            Self::QemuQcow2Luks => {
                let image = format!("driver=qcow2,file.filename={target},encrypt.key-secret=s0");
                identical(shop.exec(target, &format!("qemu-img check -q {secret} {image}; {}", compare(&image))))
            }
            Self::QemuLuks => {
                identical(shop.exec(target, &compare(&format!("driver=luks,file.filename={target},key-secret=s0"))))
            }
            Self::Cryptsetup { .. } => decrypts_to(shop, target, disk, mark),
        }
    }
}

/// qemu-img found equal content and equal sizes: it warns and goes on when only zeros are missing.
fn identical(compared: Ran) -> Result<(), String> {
    let compared = compared.passed()?;
    if compared.stdout == "Images are identical.\n" { Ok(()) } else { Err(format!("{compared:?}")) }
}

/// `cryptsetup` turns a copy of `target` into the plain disk, whose size is that of the payload.
pub(crate) fn decrypts_to(shop: &Workshop, target: &str, disk: &str, mark: &str) -> Result<(), String> {
    let len = shop.len(disk);
    if shop.len(target) != LUKS2_PAYLOAD_BYTE + len {
        return Err(format!("{target}: {} bytes long, with a disk of {len}", shop.len(target)));
    }
    // cryptsetup moves the data to the start of the file and leaves the file as long as it was.
    let script = format!(
        "cp --sparse=always {target} {mark}.plain
         cryptsetup reencrypt --batch-mode --decrypt --force-offline-reencrypt --header {mark}.header \
            --key-file {{secret}} {mark}.plain
         cmp -n {len} {disk} {mark}.plain
         rm {mark}.plain {mark}.header"
    );
    shop.exec(target, &script).passed().map(drop)
}
