//! The guest sees the bytes that the host put there, through every kind of layer.

use std::fs;

use ecs::qemu::LayerFormat::{Luks1, Qcow2, Raw, Vhd};

use crate::lab::{BOTTOM, Lab, TOP, hypervisor, is_there, last_words};

/// One disk in every format, plain and sealed: the checksum is the host's, and nothing of the process is left, not even a zombie.
#[tokio::test]
async fn the_guest_sees_the_bytes_of_the_host_in_every_format() {
    let lab = Lab::new();
    let line = lab.take_guest();
    for file in ["plain.qcow2", "sealed.qcow2", "sealed.luks", "plain.vhd"] {
        lab.take(file);
    }
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

/// Two machines at once on one sealed blob, each with an overlay under another passphrase than the blob's. The blob is not changed, and the
/// name of a backing file in the overlay's header counts for nothing.
#[tokio::test]
async fn overlays_under_another_passphrase_share_a_blob() {
    let lab = Lab::new();
    let line = lab.take_guest();
    lab.take("sealed.qcow2");
    lab.take("overlay.qcow2");
    fs::copy(lab.path("overlay.qcow2"), lab.path("another.qcow2")).unwrap();
    let before = fs::read(lab.path("sealed.qcow2")).unwrap();
    let chain = |overlay| vec![lab.layer(overlay, Qcow2, Some(TOP)), lab.layer("sealed.qcow2", Qcow2, Some(BOTTOM))];
    let hypervisor = hypervisor().await;
    let (one, two) = tokio::join!(
        hypervisor.start(lab.spec("one", chain("overlay.qcow2"))),
        hypervisor.start(lab.spec("two", chain("another.qcow2")))
    );
    for machine in [one.unwrap(), two.unwrap()] {
        assert_eq!(last_words(&machine).await.trim(), line);
    }
    assert!(fs::read(lab.path("sealed.qcow2")).unwrap() == before, "the blob was written");
}
