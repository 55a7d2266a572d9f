//! Images of every kind with the same content, disks on them, and how stock QEMU is told to open the layers.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use crypto::OsRandom;
use engine::disk::{Created, DiskRequest, Recorded, Seal};
use engine::{Durability, ImageFile, Overwrite, Request, SourceFormat, TargetFormat};

use crate::support::{Bench, assert_ok, run};

pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const ENCRYPT: Request = Request { encrypt: true, key_named: true, rewrap: false };
/// Stands in every image and must be found in clear in no encrypted file.
pub(crate) const MARKER: &[u8; 32] = b"thirty-two bytes that must hide.";
/// Size of the images: no whole number of clusters.
pub(crate) const IMAGE_BYTES: u64 = 5 * MIB + 1536;

/// An image to put a disk on: its file and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) format: SourceFormat,
    pub(crate) target: TargetFormat,
    pub(crate) sealed: bool,
}

const fn kind(name: &'static str, format: SourceFormat, target: TargetFormat, sealed: bool) -> Kind {
    Kind { name, format, target, sealed }
}

/// What a guest's disk can lie on.
pub(crate) const KINDS: &[Kind] = &[
    kind("sealed.qcow2", SourceFormat::Qcow2, TargetFormat::Qcow2, true),
    kind("sealed.luks", SourceFormat::Luks1, TargetFormat::Luks1, true),
    kind("plain.qcow2", SourceFormat::Qcow2, TargetFormat::Qcow2, false),
    kind("plain.raw", SourceFormat::Raw, TargetFormat::Raw, false),
    kind("plain.vhd", SourceFormat::Vhd, TargetFormat::Vhd, false),
];

/// What QEMU does not open.
pub(crate) const LUKS2: Kind = kind("sealed.luks2", SourceFormat::Luks2, TargetFormat::Luks2, true);

/// Makes `disk.raw`, the reference, with data and the marker at both ends.
pub(crate) fn reference(bench: &Bench) {
    bench.raw("disk.raw", IMAGE_BYTES, &[(0, 100_000), (3 * MIB + 12_345, 1_500_000)]);
    put(&bench.path("disk.raw"), MARKER, 200_000);
    put(&bench.path("disk.raw"), MARKER, IMAGE_BYTES - 32);
}

/// Makes an image of the reference.
pub(crate) fn image(bench: &Bench, kind: Kind) {
    let mut request = bench.request("disk.raw", kind.name);
    request.format = Some(kind.target);
    if kind.sealed {
        request.encryption = ENCRYPT;
    }
    bench.copy(&request).unwrap();
}

pub(crate) fn put(path: &Path, bytes: &[u8], at: u64) {
    std::fs::File::options().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

pub(crate) fn holds(path: &Path, wanted: &[u8]) -> bool {
    std::fs::read(path).unwrap().windows(wanted.len()).any(|window| window == wanted)
}

impl Bench {
    pub(crate) fn disk_request(&self, name: &str, virtual_size: u64, below: Option<Kind>) -> DiskRequest<'_> {
        DiskRequest {
            path: self.path(name),
            virtual_size,
            backing: below.map(|kind| ImageFile { path: self.path(kind.name), format: Some(kind.format) }),
            seal: Some(Seal { service: &self.service, created: "2026-11-28T00:00:00Z".into() }),
            overwrite: Overwrite::Refuse,
            durability: Durability::Cached,
            data_dir: self.data(),
        }
    }

    pub(crate) fn make_disk(&self, request: &DiskRequest<'_>) -> engine::Result<Created> {
        engine::disk::create(request, &OsRandom)
    }

    /// What a catalog would have recorded of a sound layer.
    pub(crate) fn recorded(&self, name: &str) -> Option<Recorded> {
        let envelope = engine::inspect(&self.path(name), None).unwrap().envelope?;
        Some(Recorded { key_id: envelope.key_id, image: envelope.ctx["image"].clone() })
    }

    /// The passphrase of a layer in a file of its own; `None`: it is plain.
    fn secret_file(&self, name: &str) -> Option<PathBuf> {
        let file = ImageFile { path: self.path(name), format: None };
        let passphrase = engine::disk::passphrase(&file, self.recorded(name).as_ref(), &self.service).unwrap()?;
        let path = self.path(&format!("{name}.secret"));
        std::fs::write(&path, passphrase.expose()).unwrap();
        Some(path)
    }

    /// Runs a tool of QEMU on layers, the top first; `{disk}` in an argument becomes the options that open them.
    pub(crate) fn on_layers(&self, tool: &str, layers: &[(&str, SourceFormat)], args: &[&str]) -> Output {
        let mut words = Vec::new();
        let mut options = Vec::new();
        for (depth, (name, format)) in layers.iter().enumerate() {
            let prefix = "backing.".repeat(depth);
            options.push(format!("{prefix}driver={}", driver(*format)));
            options.push(format!("{prefix}file.filename={name}"));
            if let Some(secret) = self.secret_file(name) {
                words.extend(["--object".to_owned(), format!("secret,id=s{depth},file={}", secret.display())]);
                let encrypt = if *format == SourceFormat::Qcow2 { "encrypt." } else { "" };
                options.push(format!("{prefix}{encrypt}key-secret=s{depth}"));
            }
        }
        let (command, rest) = args.split_first().unwrap();
        // qemu-io takes the objects first, qemu-img its command.
        let is_img = tool.ends_with("qemu-img");
        let mut all: Vec<String> = if is_img { vec![(*command).to_owned()] } else { Vec::new() };
        all.extend(words);
        all.push("--image-opts".to_owned());
        let disk = options.join(",");
        let given = if is_img { rest } else { args };
        all.extend(given.iter().map(|word| word.replace("{disk}", &disk)));
        run(self.dir.path(), tool, &all.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Compares what layers hold with a raw file, by QEMU.
    pub(crate) fn assert_layers_hold(&self, tool: &str, layers: &[(&str, SourceFormat)], raw: &str) {
        let reference = format!("driver=raw,file.filename={raw}");
        let compared = self.on_layers(tool, layers, &["compare", &reference, "{disk}"]);
        assert_ok(&compared);
        // Of another size is only a warning.
        let said = [compared.stdout, compared.stderr].concat();
        assert!(!said.windows(8).any(|word| word == b"mismatch"), "{}", String::from_utf8_lossy(&said));
    }
}

/// QEMU's name.
pub(crate) fn driver(format: SourceFormat) -> &'static str {
    match format {
        SourceFormat::Qcow2 => "qcow2",
        SourceFormat::Luks1 => "luks",
        SourceFormat::Vhd => "vpc",
        _ => "raw",
    }
}

/// qemu-img and qemu-io of the machine, and those of Debian 12.
pub(crate) fn both_qemus() -> [(PathBuf, PathBuf); 2] {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/qemu-7.2/usr/bin");
    assert!(old.join("qemu-img").exists(), "QEMU 7.2 is missing: run scripts/old-qemu.sh");
    [("qemu-img".into(), "qemu-io".into()), (old.join("qemu-img"), old.join("qemu-io"))]
}
