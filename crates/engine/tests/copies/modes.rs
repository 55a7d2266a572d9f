//! Copies in all modes, judged by QEMU and by the digest tree.

use crate::support::{Bench, assert_ok, run};
use engine::{Request, TargetFormat};

const MIB: u64 = 1 << 20;
const ENCRYPT: Request = Request { encrypt: true, key_named: true, rewrap: false };

fn disk(bench: &Bench) {
    bench.raw("disk.raw", 8 * MIB + 512, &[(0, 100_000), (3 * MIB + 12_345, 1_500_000), (8 * MIB, 512)]);
}

fn assert_same(bench: &Bench, target: &str, format: TargetFormat) {
    let driver = match format {
        TargetFormat::Qcow2 => format!("driver=qcow2,file.filename={target},encrypt.key-secret=s0"),
        _ => format!("driver=luks,file.filename={target},key-secret=s0"),
    };
    let secret = ["--object", "secret,id=s0,file=s", "--image-opts"];
    let compare = [&["compare"], &secret[..], &["driver=raw,file.filename=disk.raw", &driver]].concat();
    assert_ok(&bench.with_secret(target, "qemu-img", &compare));
    if format == TargetFormat::Qcow2 {
        assert_ok(&bench.with_secret(target, "qemu-img", &[&["check"], &secret[..], &[&driver]].concat()));
    }
    let verified = bench.verify(target).unwrap();
    assert!(verified.intact, "{verified:?}");
}

#[test]
fn plain_to_encrypted_opens_in_qemu_with_its_key_and_is_intact() {
    for format in [TargetFormat::Qcow2, TargetFormat::Luks1] {
        for cluster_bytes in [8 << 10, 64 << 10, 2 << 20] {
            let bench = Bench::new();
            disk(&bench);
            let mut request = bench.request("disk.raw", "enc");
            request.encryption = ENCRYPT;
            request.format = Some(format);
            request.cluster_bytes = cluster_bytes;
            let copied = bench.copy(&request).unwrap();
            assert!(copied.encrypted && copied.verified);
            assert_same(&bench, "enc", format);
        }
    }
}

#[test]
fn luks2_opens_in_cryptsetup_and_is_intact() {
    for sector_bytes in [512, 4096] {
        let bench = Bench::new();
        bench.raw("disk.raw", 20 * MIB, &[(0, 100_000), (3 * MIB + 12_345, 2_500_000)]);
        let mut request = bench.request("disk.raw", "enc");
        request.encryption = ENCRYPT;
        request.format = Some(TargetFormat::Luks2);
        request.sector_bytes = sector_bytes;
        bench.copy(&request).unwrap();
        assert_ok(&bench.with_secret("enc", "cryptsetup", &["open", "--test-passphrase", "--key-file", "s", "enc"]));
        assert!(bench.verify("enc").unwrap().intact);
        assert_ok(&run(bench.dir.path(), "cp", &["enc", "plain"]));
        let decrypt = [
            "reencrypt",
            "--decrypt",
            "--force-offline-reencrypt",
            "--header",
            "hdr",
            "--key-file",
            "s",
            "--batch-mode",
            "plain",
        ];
        assert_ok(&bench.with_secret("enc", "cryptsetup", &decrypt));
        assert_ok(&run(bench.dir.path(), "cmp", &["-n", "20971520", "disk.raw", "plain"]));
    }
}

#[test]
fn reencrypt_and_rewrap_keep_the_disk_and_change_the_key() {
    for format in [TargetFormat::Qcow2, TargetFormat::Luks1, TargetFormat::Luks2] {
        let bench = Bench::new();
        disk(&bench);
        let mut request = bench.request("disk.raw", "one");
        request.encryption = ENCRYPT;
        request.format = Some(format);
        bench.copy(&request).unwrap();
        for (target, rewrap) in [("two", false), ("three", true)] {
            let mut request = bench.request("one", target);
            request.encryption = Request { rewrap, ..ENCRYPT };
            let copied = bench.copy(&request).unwrap();
            assert_eq!(copied.mode.to_string(), if rewrap { "rewrap" } else { "reencrypt" });
            if format == TargetFormat::Luks2 {
                assert!(bench.verify(target).unwrap().intact);
            } else {
                assert_same(&bench, target, format);
            }
        }
        let passphrase = |name: &str| engine::passphrase(&bench.path(name), &bench.service).unwrap();
        assert!(!passphrase("one").equals(&passphrase("two")));
        assert!(!passphrase("one").equals(&passphrase("three")));
    }
}

#[test]
fn any_changed_byte_is_found_and_located() {
    use std::os::unix::fs::FileExt;
    for format in [TargetFormat::Qcow2, TargetFormat::Luks1, TargetFormat::Luks2] {
        let bench = Bench::new();
        disk(&bench);
        let mut request = bench.request("disk.raw", "enc");
        request.encryption = ENCRYPT;
        request.format = Some(format);
        bench.copy(&request).unwrap();
        let pristine = std::fs::read(bench.path("enc")).unwrap();
        let len = pristine.len() as u64;
        let places = (0..20).map(|i| i * 131).chain((0..60).map(|i| i * len / 60 + i % 7)).chain([len - 1]);
        for at in places {
            let file = std::fs::File::options().write(true).open(bench.path("enc")).unwrap();
            let original = pristine[at as usize];
            file.write_all_at(&[original ^ 0x10], at).unwrap();
            match bench.verify("enc") {
                Err(_) => {}
                Ok(verified) => {
                    assert!(!verified.intact, "{format:?}: byte {at} was changed and not found");
                    let hit = verified.changes.iter().any(|c| (c.offset..c.offset + c.len).contains(&at));
                    assert!(verified.located && hit, "{format:?}: byte {at}: {verified:?}");
                }
            }
            file.write_all_at(&[original], at).unwrap();
        }
        assert!(bench.verify("enc").unwrap().intact);
    }
}

#[test]
fn plain_copies_keep_or_convert() {
    let bench = Bench::new();
    disk(&bench);
    let dir = bench.dir.path();
    assert_ok(&run(dir, "qemu-img", &["convert", "-O", "qcow2", "disk.raw", "disk.qcow2"]));
    bench.copy(&bench.request("disk.qcow2", "kept")).unwrap();
    assert_ok(&run(dir, "cmp", &["disk.qcow2", "kept"]));
    let mut request = bench.request("disk.qcow2", "new.raw");
    request.format = Some(TargetFormat::Raw);
    bench.copy(&request).unwrap();
    assert_ok(&run(dir, "cmp", &["disk.raw", "new.raw"]));
    for (name, compress) in
        [("plain", None), ("zlib", Some(engine::Codec::Deflate)), ("zstd", Some(engine::Codec::Zstd))]
    {
        for cluster_bytes in [512, 4096, 64 << 10, 2 << 20] {
            let target = format!("{name}-{cluster_bytes}.qcow2");
            let mut request = bench.request("disk.raw", &target);
            request.format = Some(TargetFormat::Qcow2);
            request.compress = compress;
            request.cluster_bytes = cluster_bytes;
            bench.copy(&request).unwrap();
            assert_ok(&run(dir, "qemu-img", &["check", &target]));
            assert_ok(&run(dir, "qemu-img", &["compare", "-f", "raw", "-F", "qcow2", "disk.raw", &target]));
        }
    }
}

/// Dynamic and fixed, sizes that are no whole MiB (R21), and back again.
#[test]
fn vhd_is_written_and_read() {
    for (preallocate, size) in [(false, 20 * MIB + 512), (true, 20 * MIB + (512 << 10)), (false, 0), (false, 4 * MIB)] {
        let bench = Bench::new();
        let data: &[(u64, usize)] =
            if size == 0 { &[] } else { &[(0, 10_000), (3 * MIB + 12_345, 400_000), (size - 512, 512)] };
        bench.raw("disk.raw", size, data);
        let dir = bench.dir.path();
        let mut request = bench.request("disk.raw", "disk.vhd");
        request.format = Some(TargetFormat::Vhd);
        request.preallocate = preallocate;
        bench.copy(&request).unwrap();
        assert_ok(&run(dir, "qemu-img", &["compare", "-f", "raw", "-F", "vpc", "disk.raw", "disk.vhd"]));
        let mut request = bench.request("disk.vhd", "back.raw");
        request.format = Some(TargetFormat::Raw);
        bench.copy(&request).unwrap();
        assert_ok(&run(dir, "cmp", &["disk.raw", "back.raw"]));
        let mut request = bench.request("disk.vhd", "enc");
        request.encryption = ENCRYPT;
        bench.copy(&request).unwrap();
        assert_same(&bench, "enc", TargetFormat::Qcow2);
    }
}

/// VHDX and VMDK of QEMU are read, plain and into an encrypted copy.
#[test]
fn vhdx_and_vmdk_are_read() {
    for options in [&["-O", "vhdx"][..], &["-O", "vmdk"], &["-O", "vmdk", "-o", "subformat=streamOptimized"]] {
        let bench = Bench::new();
        bench.raw("disk.raw", 8 * MIB, &[(0, 100_000), (3 * MIB + 12_345, 1_500_000)]);
        let dir = bench.dir.path();
        assert_ok(&run(dir, "qemu-img", &[&["convert"], options, &["disk.raw", "disk.image"]].concat()));
        let mut request = bench.request("disk.image", "back.raw");
        request.format = Some(TargetFormat::Raw);
        bench.copy(&request).unwrap();
        assert_ok(&run(dir, "cmp", &["disk.raw", "back.raw"]));
        let mut request = bench.request("disk.image", "enc");
        request.encryption = ENCRYPT;
        bench.copy(&request).unwrap();
        assert_same(&bench, "enc", TargetFormat::Qcow2);
    }
}
