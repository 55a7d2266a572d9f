//! Copies of chains: layers of differing kinds, each plain or under its own envelope, become one image. Judged by QEMU.

use std::path::Path;
use std::sync::atomic::Ordering;

use engine::{CopyRequest, EngineError, ImageFile, Request, SourceFormat, TargetFormat};

use crate::interrupted::copy_killed;
use crate::layers::{ENCRYPT, IMAGE_BYTES, KINDS, LUKS2, MARKER, MIB, holds, image, put, reference};
use crate::support::{Bench, assert_ok, run};

fn named(bench: &Bench, names: &[&str]) -> Vec<ImageFile> {
    names.iter().map(|name| ImageFile { path: bench.path(name), format: None }).collect()
}

fn chain(bench: &Bench, layers: &[&str], target: &str) -> CopyRequest {
    let mut request = bench.request(layers[0], target);
    request.encryption = ENCRYPT;
    request.backing_files = named(bench, &layers[1..]);
    request
}

/// A plain overlay of QEMU's, with clusters of 512 bytes, that names some backing file; with what QEMU wrote into it over
/// `disk.raw`, and the same in `disk.raw`.
fn foreign_overlay(bench: &Bench, name: &str) {
    let dir = bench.dir.path();
    assert_ok(&run(dir, "cp", &["disk.raw", "under.raw"]));
    let create = ["create", "-q", "-f", "qcow2", "-o", "cluster_size=512", "-F", "raw", "-b", "under.raw", name];
    assert_ok(&run(dir, "qemu-img", &create));
    let write = ["-f", "qcow2", "-c", "write -P 9 1536 512", "-c", "write -P 8 70144 5632", name];
    assert_ok(&run(dir, "qemu-io", &write));
    put(&bench.path("disk.raw"), &[9; 512], 1536);
    put(&bench.path("disk.raw"), &[8; 5632], 70_144);
}

/// One encrypted layer makes the whole encrypted, under a new key, whatever the other layers are; LUKS2 with units of 4096 bytes lies
/// under clusters of 512.
#[test]
fn a_plain_overlay_on_an_encrypted_image_becomes_encrypted() {
    for (kind, sector_bytes) in KINDS.iter().map(|kind| (*kind, 512)).chain([(LUKS2, 512), (LUKS2, 4096)]) {
        let bench = Bench::new();
        reference(&bench);
        if sector_bytes == 4096 {
            let raw = std::fs::File::options().write(true).open(bench.path("disk.raw")).unwrap();
            raw.set_len(IMAGE_BYTES.next_multiple_of(4096)).unwrap();
        }
        let mut request = bench.request("disk.raw", kind.name);
        if kind.sealed {
            request.encryption = ENCRYPT;
        }
        request.format = Some(kind.target);
        request.sector_bytes = sector_bytes;
        bench.copy(&request).unwrap();
        foreign_overlay(&bench, "over");
        let copied = bench.copy(&chain(&bench, &["over", kind.name], "image")).unwrap();
        assert_eq!(copied.mode.to_string(), if kind.sealed { "reencrypt" } else { "encrypt" });
        assert!(copied.encrypted && copied.verified, "{copied:?}");
        bench.assert_layers_hold("qemu-img", &[("image", SourceFormat::Qcow2)], "disk.raw");
        assert!(!holds(&bench.path("image"), MARKER));
        for target in [TargetFormat::Raw, TargetFormat::Vhd, TargetFormat::Qcow2] {
            let mut request = chain(&bench, &["over", kind.name], "plain");
            request.encryption = Request { encrypt: false, key_named: false, rewrap: false };
            request.format = Some(target);
            let plain = bench.copy(&request);
            assert_eq!(plain.is_ok(), !kind.sealed, "{kind:?} {target:?}");
            let _ = std::fs::remove_file(bench.path("plain"));
        }
    }
}

/// Three layers: plain on a disk on an image, both encrypted under keys of their own.
#[test]
fn three_layers_become_one() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", IMAGE_BYTES, Some(KINDS[0]))).unwrap();
    let stack = [("disk", SourceFormat::Qcow2), (KINDS[0].name, SourceFormat::Qcow2)];
    assert_ok(&bench.on_layers("qemu-io", &stack, &["-c", "write -P 3 1M 200k", "{disk}"]));
    put(&bench.path("disk.raw"), &[3; 200 << 10], MIB);
    foreign_overlay(&bench, "over");
    bench.copy(&chain(&bench, &["over", "disk", KINDS[0].name], "image")).unwrap();
    bench.assert_layers_hold("qemu-img", &[("image", SourceFormat::Qcow2)], "disk.raw");
    let error = bench.copy(&chain(&bench, &["over", KINDS[0].name, "disk"], "other")).expect_err("in another order");
    assert!(error.to_string().contains("has no backing file"), "{error}");
    let error = bench.copy(&chain(&bench, &["disk"], "other")).expect_err("a layer is missing");
    assert!(error.to_string().contains("--backing-file"), "{error}");
}

/// A changed header of any layer, or a backing file put under a sealed image, ends the copy before a key is asked for; so does another
/// service's key afterwards. Nothing is left.
#[test]
fn every_layer_is_checked_before_a_key_leaves() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", IMAGE_BYTES, Some(KINDS[0]))).unwrap();
    let request = chain(&bench, &["disk", KINDS[0].name], "image");
    let asked = bench.service.asked.load(Ordering::Relaxed);
    for name in ["disk", KINDS[0].name] {
        let pristine = std::fs::read(bench.path(name)).unwrap();
        put(&bench.path(name), &[pristine[65_536 + 120] ^ 1], 65_536 + 120);
        assert!(matches!(bench.copy(&request), Err(EngineError::Tampered { .. })), "{name}");
        std::fs::write(bench.path(name), pristine).unwrap();
    }
    name_backing_file(&bench.path(KINDS[0].name));
    bench.raw("planted.raw", IMAGE_BYTES, &[(0, 1000)]);
    let planted = bench.copy(&chain(&bench, &[KINDS[0].name, "planted.raw"], "image"));
    assert!(matches!(planted, Err(EngineError::Tampered { .. })), "{planted:?}");
    assert!(engine::passphrase(&bench.path(KINDS[0].name), &bench.service).is_err());
    assert_eq!(bench.service.asked.load(Ordering::Relaxed), asked, "the key service was asked");
    image_again(&bench);
    let stranger = Bench::new();
    let around_stranger = stranger.copy(&request);
    assert!(matches!(around_stranger, Err(EngineError::Key(_))), "{around_stranger:?}");
    assert!(!bench.path("image").exists() && !bench.path("image.partial").exists());
    bench.copy(&request).unwrap();
}

/// Puts a name behind the extensions of our header, as an attacker would.
fn name_backing_file(path: &Path) {
    put(path, b"planted.raw", 60_000);
    put(path, &60_000u64.to_be_bytes(), 8);
    put(path, &11u32.to_be_bytes(), 16);
}

fn image_again(bench: &Bench) {
    std::fs::remove_file(bench.path(KINDS[0].name)).unwrap();
    image(bench, KINDS[0]);
}

/// Without a named key there is no key to encrypt the new image under: the bytes cannot be kept, and plain it must not become.
#[test]
fn an_encrypted_chain_wants_a_key() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", IMAGE_BYTES, Some(KINDS[0]))).unwrap();
    for encrypt in [false, true] {
        let mut request = chain(&bench, &["disk", KINDS[0].name], "image");
        request.encryption = Request { encrypt, key_named: false, rewrap: false };
        let error = bench.copy(&request).expect_err("it was copied");
        assert!(error.to_string().contains("--encrypt --key"), "{error}");
    }
    let mut request = chain(&bench, &["disk", KINDS[0].name], "image");
    request.encryption = Request { rewrap: true, ..ENCRYPT };
    assert!(bench.copy(&request).is_err());
}

/// A killed copy of a chain goes on; when a layer was changed meanwhile it begins anew.
#[test]
fn a_killed_copy_of_a_chain_goes_on() {
    for changed in [false, true] {
        let bench = Bench::new();
        let places: Vec<_> = (0..24).map(|i| (i * MIB + 4096 * i, 40_000)).collect();
        bench.raw("disk.raw", 24 * MIB, &places);
        image(&bench, KINDS[0]);
        bench.make_disk(&bench.disk_request("disk", 24 * MIB, Some(KINDS[0]))).unwrap();
        let stack = [("disk", SourceFormat::Qcow2), (KINDS[0].name, SourceFormat::Qcow2)];
        assert_ok(&bench.on_layers("qemu-io", &stack, &["-c", "write -P 3 3M 200k", "{disk}"]));
        put(&bench.path("disk.raw"), &[3; 200 << 10], 3 * MIB);
        let request = chain(&bench, &["disk", KINDS[0].name], "target");
        copy_killed(&bench, &request, 8);
        if changed {
            let touched = std::fs::File::options().write(true).open(bench.path(KINDS[0].name)).unwrap();
            touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }
        let copied = bench.copy(&request).unwrap();
        assert_eq!(copied.resumed_segments == 0, changed, "{copied:?}");
        bench.assert_layers_hold("qemu-img", &[("target", SourceFormat::Qcow2)], "disk.raw");
        assert!(bench.verify("target").unwrap().intact);
    }
}
