//! The guest sees the bytes that the host put there, through every kind of layer.

use std::fs;

use ecs::qemu::LayerFormat::{Luks1, Qcow2, Raw, Vhd};

use crate::lab::{BOTTOM, Lab, TOP, hypervisor, is_there, last_words};

/// One disk in every format, plain and sealed: the checksum is the host's, and nothing of the process is left, not even a zombie.
#[tokio::test]
async fn the_guest_sees_the_bytes_of_the_host_in_every_format() {
    let lab = Lab::new();
    let line = lab.raw("disk.raw", 1);
    lab.convert("disk.raw", "plain.qcow2", "qcow2", None);
    lab.convert("disk.raw", "sealed.qcow2", "qcow2", Some(BOTTOM));
    lab.convert("disk.raw", "sealed.luks", "luks", Some(BOTTOM));
    lab.convert("disk.raw", "plain.vhd", "vpc", None);
    let hypervisor = hypervisor().await;
    for (name, file, format, passphrase) in [
        ("a", "disk.raw", Raw, None),
        ("b", "plain.qcow2", Qcow2, None),
        ("c", "sealed.qcow2", Qcow2, Some(BOTTOM)),
        ("d", "sealed.luks", Luks1, Some(BOTTOM)),
        ("e", "plain.vhd", Vhd, None),
    ] {
        let machine = hypervisor.start(lab.spec(name, vec![lab.layer(file, format, passphrase)])).await.unwrap();
        assert_eq!(last_words(&machine).await.trim(), line, "{file}");
        assert!(!is_there(machine.pid()));
    }
}

/// Two machines at once on one sealed blob, each with an overlay under a passphrase of its own. The blob is not changed, and the
/// name of a backing file in the overlay's header counts for nothing.
#[tokio::test]
async fn overlays_with_passphrases_of_their_own_share_a_blob() {
    let lab = Lab::new();
    let line = lab.raw("disk.raw", 2);
    lab.convert("disk.raw", "blob.qcow2", "qcow2", Some(BOTTOM));
    lab.overlay("one.qcow2", TOP);
    lab.overlay("two.qcow2", TOP);
    let before = fs::read(lab.path("blob.qcow2")).unwrap();
    let chain = |overlay| vec![lab.layer(overlay, Qcow2, Some(TOP)), lab.layer("blob.qcow2", Qcow2, Some(BOTTOM))];
    let hypervisor = hypervisor().await;
    let (one, two) = tokio::join!(
        hypervisor.start(lab.spec("one", chain("one.qcow2"))),
        hypervisor.start(lab.spec("two", chain("two.qcow2")))
    );
    for machine in [one.unwrap(), two.unwrap()] {
        assert_eq!(last_words(&machine).await.trim(), line);
    }
    assert!(fs::read(lab.path("blob.qcow2")).unwrap() == before, "the blob was written");
}
