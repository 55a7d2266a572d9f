//! Files of stock tools are told apart: what `qemu-img`, `cryptsetup` and packers make is what detection says.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

use formats::probe::{Format, PROBE_HEAD_BYTES, PROBE_TAIL_BYTES, Probe, probe, resolve};

/// Each format that `qemu-img` writes, made by it: one of ours, or refused with its name and what to do.
#[test]
fn files_of_qemu_img_are_told_apart() {
    let workshop = Workshop::new("qemu");
    for (options, wanted) in [
        ("raw", "raw"),
        ("qcow2", "qcow2"),
        ("qcow2 -o compat=0.10", "qcow2"),
        ("vpc -o subformat=dynamic", "vhd"),
        ("vpc -o subformat=fixed", "vhd"),
        ("vhdx", "vhdx"),
        ("vmdk", "vmdk"),
        ("vmdk -o subformat=monolithicFlat", "vmdk"),
        ("vmdk -o subformat=streamOptimized", "vmdk"),
        ("vdi", "looks like a VirtualBox VDI; convert it with qemu-img"),
        ("qed", "looks like QED; convert it with qemu-img"),
        ("qcow", "looks like qcow version 1; convert it with qemu-img"),
        ("parallels", "looks like a Parallels disk; convert it with qemu-img"),
    ] {
        workshop.shell(&format!("qemu-img create -q -f {options} image 8M"));
        assert_answer(&workshop.probe("image"), wanted);
    }
}

/// The same for LUKS, and for what people put around an image to send it.
#[test]
fn encrypted_and_packed_files_are_told_apart() {
    let workshop = Workshop::new("packed");
    for (recipe, wanted) in [
        (
            "rm -f image; truncate -s 24M image; cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 image key",
            "luks1",
        ),
        (
            "rm -f image; truncate -s 24M image; cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 image key",
            "luks2",
        ),
        ("gzip -c key > image", "looks like a gzip file; unpack it first"),
        (
            "python3 -c 'import lzma; open(\"image\", \"wb\").write(lzma.compress(b\"disk\"))'",
            "looks like an xz file; unpack it first",
        ),
        (
            "python3 -c 'import bz2; open(\"image\", \"wb\").write(bz2.compress(b\"disk\"))'",
            "looks like a bzip2 file; unpack it first",
        ),
        ("python3 -m zipfile -c image key", "looks like a zip file; unpack it first"),
        ("tar -cf image key", "looks like a tar or OVA file; unpack it"),
        ("tar --format=ustar -cf image key", "looks like a tar or OVA file; unpack it"),
    ] {
        workshop.shell(recipe);
        assert_answer(&workshop.probe("image"), wanted);
    }
}

/// A guest owns its disk. Whatever magic it writes at the start or at the end, the file is refused under the claim `raw`, and a
/// container stays what its first bytes say, whatever stands further inside.
#[test]
fn what_a_guest_writes_does_not_choose_the_format() {
    let workshop = Workshop::new("guest");
    for (offset, magic) in [
        (0, b"QFI\xfb\0\0\0\x03".as_slice()),
        (0, b"LUKS\xba\xbe\0\x01"),
        (0, b"KDMV"),
        (0x4000, b"SKUL\xba\xbe\0\x02"),
        ((8 << 20) - 512, b"conectix"),
    ] {
        for container in ["raw", "qcow2", "vhdx", "vpc"] {
            workshop.shell(&format!("qemu-img create -q -f {container} image 8M; truncate -s 8M image"));
            if container != "raw" && offset == 0 {
                continue;
            }
            let file = File::options().write(true).open(workshop.0.join("image"));
            file.and_then(|file| file.write_all_at(magic, offset)).expect("a test file can be changed");
            let found = workshop.probe("image");
            let claim = if container == "vpc" { "vhd" } else { container };
            let answer = resolve(Some(claim.parse().expect("a format")), found);
            assert_eq!(answer.is_ok(), container != "raw", "{magic:?} in {container}: {found:?}");
        }
    }
}

/// `wanted`: the name of a format, or the beginning of a refusal, which must not depend on a claim.
fn assert_answer(found: &Probe, wanted: &str) {
    match wanted.parse::<Format>() {
        Ok(format) => {
            assert_eq!(resolve(None, *found), Ok(format));
            assert_eq!(resolve(Some(format), *found), Ok(format));
        }
        Err(_) => {
            for claim in [None, Some(Format::Raw), Some(Format::Qcow2)] {
                let error = resolve(claim, *found).expect_err(wanted);
                assert!(error.message.starts_with(wanted), "{error}");
            }
        }
    }
}

/// A directory for the files of one test, removed at its end. The file `key` in it holds a passphrase.
struct Workshop(PathBuf);

impl Workshop {
    fn new(test: &str) -> Self {
        let name = format!("probe-{}-{test}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a directory for test files");
        fs::write(path.join("key"), "correct horse").expect("a key file");
        Self(path)
    }

    fn shell(&self, recipe: &str) {
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let mut command = Command::new("sh");
        command.args(["-ec", recipe]).current_dir(&self.0).env("PATH", path);
        let output = command.output().expect("a shell");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{recipe} (see scripts/setup.sh test): {error}");
    }

    fn probe(&self, file: &str) -> Probe {
        let bytes = fs::read(self.0.join(file)).expect("a test file can be read");
        let head = &bytes[..bytes.len().min(PROBE_HEAD_BYTES)];
        probe(head, &bytes[bytes.len().saturating_sub(PROBE_TAIL_BYTES)..])
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // A directory that stays is litter in the target directory, not a failure.
        let _ = fs::remove_dir_all(&self.0);
    }
}
