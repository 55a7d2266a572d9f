//! Disks of instances: stock QEMU 10.0 and 7.2 open and write them, an image of one holds what the guest wrote, and the image under
//! it never changes.

use std::os::unix::fs::MetadataExt;
use std::sync::atomic::Ordering;

use engine::{Coverage, ImageFile, SourceFormat};

use crate::layers::{ENCRYPT, IMAGE_BYTES, KINDS, Kind, MARKER, MIB, both_qemus, driver, holds, image, put, reference};
use crate::support::{Bench, assert_ok, run};

/// Larger than the image by more than a cluster, and no whole number of clusters.
const DISK_BYTES: u64 = IMAGE_BYTES + 3 * MIB + 512;

fn layers(disk: &str, kind: Option<Kind>) -> Vec<(&str, SourceFormat)> {
    [(disk, SourceFormat::Qcow2)].into_iter().chain(kind.map(|kind| (kind.name, kind.format))).collect()
}

/// Empty, and on each kind of image: `info` names the backing file and its format, `check` finds nothing, and the disk holds the image
/// and zeros behind it. A plain disk on a plain image too.
#[test]
fn a_new_disk_holds_its_image_and_zeros() {
    let bench = Bench::new();
    reference(&bench);
    KINDS.iter().for_each(|kind| image(&bench, *kind));
    bench.raw("zeros.raw", DISK_BYTES, &[]);
    std::fs::File::options().write(true).open(bench.path("disk.raw")).unwrap().set_len(DISK_BYTES).unwrap();
    let [(img, _), (old_img, _)] = both_qemus();
    for (nth, kind) in [None].into_iter().chain(KINDS.iter().copied().map(Some)).enumerate() {
        for seal in [true, false] {
            if !seal && kind.is_some_and(|kind| kind.sealed) {
                continue;
            }
            let disk = format!("disk-{nth}-{seal}");
            let mut request = bench.disk_request(&disk, DISK_BYTES, kind);
            request.seal = request.seal.filter(|_| seal);
            let created = bench.make_disk(&request).unwrap();
            assert_eq!(created.sealed.is_some(), seal);
            let stack = layers(&disk, kind);
            for tool in [img.to_str().unwrap(), old_img.to_str().unwrap()] {
                assert_ok(&bench.on_layers(tool, &stack, &["check", "{disk}"]));
                let raw = if kind.is_some() { "disk.raw" } else { "zeros.raw" };
                bench.assert_layers_hold(tool, &stack, raw);
                let info = run(bench.dir.path(), tool, &["info", "-U", &disk]);
                assert_ok(&info);
                let info = String::from_utf8(info.stdout).unwrap();
                assert_eq!(info.contains("encrypted: yes"), seal, "{info}");
                if let Some(kind) = kind {
                    assert!(info.contains(&format!("backing file: {}", bench.path(kind.name).display())), "{info}");
                    assert!(info.contains(&format!("backing file format: {}", driver(kind.format))), "{info}");
                }
            }
        }
    }
}

/// Both QEMUs write into disks on each kind of image; an image of each is encrypted anew and holds all of it. The image below stays as
/// it was, and its marker stands in clear neither in the disk nor in the new image.
#[test]
fn what_a_guest_writes_is_in_the_image_of_its_disk() {
    for (img, io) in both_qemus() {
        for kind in [None].into_iter().chain(KINDS.iter().copied().map(Some)) {
            let bench = Bench::new();
            reference(&bench);
            let below = kind.map(|kind| {
                image(&bench, kind);
                std::fs::read(bench.path(kind.name)).unwrap()
            });
            bench.make_disk(&bench.disk_request("disk", DISK_BYTES, kind)).unwrap();
            // Inside the image, across its end, and behind it; parts of clusters, and zeros over data.
            let writes = [
                "write -P 0x5a 4608 512",
                "write -P 0xa5 5242368 70000",
                "write -P 1 8000000 1000",
                "write -z 131072 65536",
            ];
            let commands: Vec<&str> = writes.iter().flat_map(|write| ["-c", write]).collect();
            let stack = layers("disk", kind);
            assert_ok(&bench.on_layers(io.to_str().unwrap(), &stack, &[&commands[..], &["{disk}"]].concat()));
            if kind.is_none() {
                std::fs::write(bench.path("disk.raw"), []).unwrap();
            }
            let raw = std::fs::File::options().write(true).open(bench.path("disk.raw")).unwrap();
            raw.set_len(DISK_BYTES).unwrap();
            for (byte, at, len) in
                [(0x5a, 4608, 512), (0xa5, 5_242_368, 70_000), (1, 8_000_000, 1000), (0, 131_072, 65_536)]
            {
                put(&bench.path("disk.raw"), &vec![byte; len], at);
            }
            bench.assert_layers_hold(img.to_str().unwrap(), &stack, "disk.raw");
            assert_ok(&bench.on_layers(img.to_str().unwrap(), &stack, &["check", "{disk}"]));
            let mut request = bench.request("disk", "image");
            request.encryption = ENCRYPT;
            request.backing_files =
                kind.iter().map(|kind| ImageFile { path: bench.path(kind.name), format: Some(kind.format) }).collect();
            let copied = bench.copy(&request).unwrap();
            assert!(copied.encrypted && copied.verified && copied.mode.to_string() == "reencrypt", "{copied:?}");
            bench.assert_layers_hold(img.to_str().unwrap(), &layers("image", None), "disk.raw");
            assert!(bench.verify("image").unwrap().intact);
            assert_eq!(below, kind.map(|kind| std::fs::read(bench.path(kind.name)).unwrap()), "the image changed");
            for name in ["disk", "image"] {
                assert!(
                    !holds(&bench.path(name), MARKER) && !holds(&bench.path(name), &[0xa5; 512]),
                    "{kind:?} {name}"
                );
            }
            let key = |name: &str| engine::passphrase(&bench.path(name), &bench.service).unwrap();
            assert!(!key("disk").equals(&key("image")));
            if kind.is_some_and(|kind| kind.sealed) {
                assert!(!key(kind.unwrap().name).equals(&key("disk")), "a disk has a data key of its own");
            }
        }
    }
}

/// What is written does not depend on the size of the disk, nor on what the image holds.
#[test]
fn a_disk_of_a_tebibyte_takes_a_few_clusters() {
    let bench = Bench::new();
    bench.raw("disk.raw", 1 << 40, &[(0, 100_000), (900 << 30, 100_000)]);
    image(&bench, KINDS[0]);
    let created = bench.make_disk(&bench.disk_request("disk", (1 << 40) + MIB, Some(KINDS[0]))).unwrap();
    let found = std::fs::metadata(bench.path("disk")).unwrap();
    assert_eq!(found.len(), created.file_bytes);
    assert!(found.len() <= 36 * (64 << 10), "{} bytes", found.len());
    assert!(found.blocks() * 512 <= 512 << 10, "{} bytes on disk", found.blocks() * 512);
    assert_ok(&bench.on_layers("qemu-img", &layers("disk", Some(KINDS[0])), &["check", "{disk}"]));
}

/// `inspect` and `verify` say what the envelope covers. What a guest writes is no damage; a changed header is, and is put back.
#[test]
fn reports_say_that_no_digest_covers_the_content() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    let sealed = bench.make_disk(&bench.disk_request("disk", DISK_BYTES, Some(KINDS[0]))).unwrap().sealed.unwrap();
    assert_eq!(
        bench.service.records.lock().unwrap().get(&sealed.image),
        Some(&sealed),
        "the key is in use by the disk"
    );
    assert_eq!(sealed.mode, "disk");
    let stack = layers("disk", Some(KINDS[0]));
    assert_ok(&bench.on_layers("qemu-io", &stack, &["-c", "write -P 7 1M 128k", "{disk}"]));
    let report = engine::inspect(&bench.path("disk"), None).unwrap();
    assert_eq!((report.covers, report.pinned), (Some(Coverage::Header), Some(true)), "{report:?}");
    assert!(report.refusal.as_deref().is_some_and(|text| text.contains("--backing-file")), "{report:?}");
    let words = "disk of an instance: content is not covered by a digest; header is pinned";
    assert_eq!(Coverage::Header.to_string(), words);
    let verified = bench.verify("disk").unwrap();
    assert!(verified.intact && verified.covers == Coverage::Header && verified.sealed_bytes.is_none(), "{verified:?}");
    assert_eq!(engine::inspect(&bench.path(KINDS[0].name), None).unwrap().covers, Some(Coverage::File));
    put(&bench.path("disk"), b"overwritten", 65_536 + 4096);
    assert!(matches!(bench.verify("disk"), Err(engine::EngineError::Tampered { .. })));
    engine::restore_header(&bench.path("disk"), None, &bench.data()).unwrap();
    assert!(bench.verify("disk").unwrap().intact);
    let read = bench.on_layers("qemu-io", &stack, &["-c", "read -P 7 1M 128k", "{disk}"]);
    assert_ok(&read);
    let said = String::from_utf8(read.stdout).unwrap();
    assert!(said.contains("read 131072/131072") && !said.contains("failed"), "{said}");
}

/// Any changed byte of the LUKS header, its key material or its unused space: no key is asked for.
#[test]
fn a_changed_header_gets_no_key() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", DISK_BYTES, Some(KINDS[0]))).unwrap();
    let file = ImageFile { path: bench.path("disk"), format: Some(SourceFormat::Qcow2) };
    let pristine = std::fs::read(&file.path).unwrap();
    let recorded = bench.recorded("disk");
    let asked = bench.service.asked.load(Ordering::Relaxed);
    let luks = 65_536;
    for at in (0..592).step_by(13).chain((592..2_068_480).step_by(50_021)).chain([2_068_479]) {
        put(&file.path, &[pristine[luks + at] ^ 1], (luks + at) as u64);
        let refused = engine::disk::passphrase(&file, recorded.as_ref(), &bench.service);
        assert!(matches!(refused, Err(engine::EngineError::Tampered { .. })), "byte {at} of the header");
        put(&file.path, &[pristine[luks + at]], (luks + at) as u64);
    }
    // Of the qcow2 header: magic, version, kind of encryption, and the extension that finds the LUKS header.
    for (at, bit) in [(0, 1), (7, 1), (35, 1), (35, 2), (112, 1), (119, 1), (125, 1), (133, 1)] {
        put(&file.path, &[pristine[at] ^ bit], at as u64);
        assert!(
            engine::disk::passphrase(&file, recorded.as_ref(), &bench.service).is_err(),
            "byte {at} of the qcow2 header"
        );
        put(&file.path, &[pristine[at]], at as u64);
    }
    assert_eq!(bench.service.asked.load(Ordering::Relaxed), asked, "the key service was asked");
    assert!(engine::disk::passphrase(&file, recorded.as_ref(), &bench.service).unwrap().is_some());
}

/// Each layer opens with its own key only.
#[test]
fn qemu_opens_no_layer_with_the_key_of_the_other() {
    let bench = Bench::new();
    reference(&bench);
    image(&bench, KINDS[0]);
    bench.make_disk(&bench.disk_request("disk", DISK_BYTES, Some(KINDS[0]))).unwrap();
    assert_ok(&bench.on_layers("qemu-img", &layers("disk", Some(KINDS[0])), &["check", "{disk}"]));
    let name = KINDS[0].name;
    let opened = |disk_key: &str, image_key: &str| {
        let options = format!(
            "driver=qcow2,file.filename=disk,encrypt.key-secret=d,backing.driver=qcow2,backing.file.filename={name},\
             backing.encrypt.key-secret=i"
        );
        let (disk_key, image_key) = (format!("secret,id=d,file={disk_key}"), format!("secret,id=i,file={image_key}"));
        let arguments = ["check", "--object", &disk_key, "--object", &image_key, "--image-opts", &options];
        run(bench.dir.path(), "qemu-img", &arguments).status.success()
    };
    let (disk_key, image_key) = ("disk.secret", &*format!("{name}.secret"));
    assert!(opened(disk_key, image_key));
    assert!(!opened(image_key, image_key) && !opened(disk_key, disk_key) && !opened(image_key, disk_key));
}
