//! R14: several encrypted copies of one source at the same time.

use std::collections::BTreeSet;

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;

/// Ten copies of one source to ten keys, started together, all succeed; each opens with its own key only, no two
/// share a passphrase or a master key, and the source stays as it was.
#[test]
fn r14_ten_copies_of_one_source_at_once_all_succeed() {
    const COPIES: usize = 10;
    let shop = Workshop::new();
    let source = shop.full_disk("source.raw", 14, 3 * MIB);
    for n in 0..COPIES {
        shop.create_key(&format!("key{n}"));
    }
    std::thread::scope(|scope| {
        for n in 0..COPIES {
            let shop = &shop;
            scope.spawn(move || {
                shop.must(&format!("copy source.raw sealed{n}.qcow2 --encrypt --key alias/key{n} --threads 1"));
            });
        }
    });

    let mut digests = BTreeSet::new();
    let mut passphrases = BTreeSet::new();
    for n in 0..COPIES {
        let sealed = format!("sealed{n}.qcow2");
        assert_eq!(sha256(&shop.opened_by_qemu(&sealed)), sha256(&source), "{sealed} holds another disk");
        digests.insert(mk_digest(&shop.read(&sealed)));
        passphrases.insert(shop.passphrase(&sealed));
    }
    assert_eq!(digests.len(), COPIES, "two copies share a master key");
    assert_eq!(passphrases.len(), COPIES, "two copies share a data key");
    assert_eq!(sha256(&shop.read("source.raw")), sha256(&source));

    // Each opens with its own key only.
    shop.write("other.pass", shop.passphrase("sealed1.qcow2"));
    let options = format!("--object secret,id=s0,file=other.pass --image-opts {}", shop.image_options("sealed0.qcow2"));
    let refused = shop.sh(&format!("qemu-img check {options}"));
    assert!(refused.stderr.contains("Invalid password"), "{refused:?}");
}

/// Digest of the master key in the LUKS1 header of a qcow2 with 64 KiB clusters.
fn mk_digest(file: &[u8]) -> [u8; 20] {
    let header = file.windows(6).position(|bytes| bytes == b"LUKS\xba\xbe").expect("a LUKS header");
    file[header + 112..header + 132].try_into().expect("20 bytes")
}
