//! What can be copied: one disk in every form that stock tools write.

use crate::support::Workshop;

/// Passphrase of the encrypted sources, in the file `pass`.
pub(crate) const PASSPHRASE: &str = "correct horse battery";

/// An image that a stock tool made.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Its file.
    pub(crate) file: String,
    /// A raw file with what a stock tool reads from it.
    pub(crate) disk: String,
    /// Arguments of `reseal copy` that go with it.
    pub(crate) arguments: &'static str,
}

/// A disk with data at its start and its end, a run that fills whole clusters of most sizes, and pieces smaller than a
/// sector. Its size is a multiple of nothing but the sector.
pub(crate) fn odd_disk(shop: &Workshop, file: &str) {
    const LEN: u64 = (5 << 20) + 3 * 512;
    shop.raw(file, LEN, &[(0, 70_001), (1_000_000, 1_500_000), (3 << 20, 77), (LEN - 512, 512)]);
}

/// The same with a size that suits every sector and cluster.
pub(crate) fn even_disk(shop: &Workshop, file: &str) {
    const LEN: u64 = 6 << 20;
    shop.raw(file, LEN, &[(0, 70_001), (1_000_000, 1_500_000), (3 << 20, 77), (LEN - 512, 512)]);
}

/// Makes plain sources by `qemu-img convert` of `disk`, each as its script says: (name, driver, script), in which `OUT` is
/// the file to make.
pub(crate) fn plain(shop: &Workshop, disk: &str, recipes: &[(&str, &str, &str)]) -> Vec<Source> {
    recipes.iter().map(|(name, driver, script)| recipe(shop, disk, name, driver, script)).collect()
}

fn recipe(shop: &Workshop, disk: &str, name: &str, driver: &str, script: &str) -> Source {
    let file = format!("from-{name}");
    let made = script.replace("OUT", &file).replace("DISK", disk);
    let disk = format!("{file}.disk");
    shop.sh(&format!("{made}\n qemu-img convert -f {driver} -O raw {file} {disk}")).ok();
    Source { file, disk, arguments: "" }
}

/// Raw files: with and without holes.
pub(crate) const RAW: &[(&str, &str, &str)] =
    &[("raw", "raw", "cp --sparse=never DISK OUT"), ("raw-sparse", "raw", "cp --sparse=always DISK OUT")];

/// qcow2 in its layouts.
pub(crate) const QCOW2: &[(&str, &str, &str)] = &[
    ("v2", "qcow2", "qemu-img convert -f raw -O qcow2 -o compat=0.10 DISK OUT"),
    ("v3", "qcow2", "qemu-img convert -f raw -O qcow2 DISK OUT"),
    ("512", "qcow2", "qemu-img convert -f raw -O qcow2 -o cluster_size=512 DISK OUT"),
    ("2m", "qcow2", "qemu-img convert -f raw -O qcow2 -o cluster_size=2M DISK OUT"),
    ("refcount1", "qcow2", "qemu-img convert -f raw -O qcow2 -o refcount_bits=1 DISK OUT"),
    ("refcount64-lazy", "qcow2", "qemu-img convert -f raw -O qcow2 -o refcount_bits=64,lazy_refcounts=on DISK OUT"),
    (
        "subclusters",
        "qcow2",
        "qemu-img convert -f raw -O qcow2 -o extended_l2=on DISK OUT
         qemu-io -f qcow2 -c 'write -P 7 2600k 3k' -c 'write -z 1000k 6k' -c 'discard 1200k 64k' OUT >/dev/null",
    ),
    (
        "zeroed",
        "qcow2",
        "qemu-img convert -f raw -O qcow2 DISK OUT
         qemu-io -f qcow2 -c 'write -z 0 64k' -c 'write -zu 1024k 128k' -c 'discard 1536k 64k' OUT >/dev/null",
    ),
];

/// qcow2 with what a copy has to see through: compression, preallocation, snapshots, bitmaps.
pub(crate) const QCOW2_RICH: &[(&str, &str, &str)] = &[
    ("zlib", "qcow2", "qemu-img convert -f raw -O qcow2 -c DISK OUT"),
    ("zstd", "qcow2", "qemu-img convert -f raw -O qcow2 -c -o compression_type=zstd DISK OUT"),
    (
        "zstd-extended-16k",
        "qcow2",
        "qemu-img convert -f raw -O qcow2 -c -o compression_type=zstd,extended_l2=on,cluster_size=16k DISK OUT",
    ),
    ("metadata", "qcow2", "qemu-img convert -f raw -O qcow2 -o preallocation=metadata DISK OUT"),
    ("full", "qcow2", "qemu-img convert -f raw -O qcow2 -o preallocation=full DISK OUT"),
    (
        "snapshots",
        "qcow2",
        "qemu-img convert -f raw -O qcow2 DISK OUT
         qemu-img snapshot -c one OUT
         qemu-io -f qcow2 -c 'write -P 9 1000k 300k' -c 'write -P 9 4000k 1k' OUT >/dev/null
         qemu-img snapshot -c two OUT
         qemu-io -f qcow2 -c 'write -P 8 1100k 10k' OUT >/dev/null",
    ),
    ("bitmap", "qcow2", "qemu-img convert -f raw -O qcow2 DISK OUT; qemu-img bitmap --add OUT changes"),
];

/// VHD: exact sizes, and the sizes in cylinders that QEMU writes unless told otherwise.
pub(crate) const VHD: &[(&str, &str, &str)] = &[
    ("vhd-dynamic", "vpc", "qemu-img convert -f raw -O vpc -o force_size=on DISK OUT"),
    ("vhd-fixed", "vpc", "qemu-img convert -f raw -O vpc -o force_size=on,subformat=fixed DISK OUT"),
    ("vhd-cylinders", "vpc", "qemu-img convert -f raw -O vpc DISK OUT"),
];

/// Formats that are only read.
pub(crate) const READ_ONLY: &[(&str, &str, &str)] = &[
    ("vhdx-dynamic", "vhdx", "qemu-img convert -f raw -O vhdx DISK OUT"),
    ("vhdx-fixed", "vhdx", "qemu-img convert -f raw -O vhdx -o subformat=fixed,block_size=1M DISK OUT"),
    ("vmdk-sparse", "vmdk", "qemu-img convert -f raw -O vmdk DISK OUT"),
    ("vmdk-stream", "vmdk", "qemu-img convert -f raw -O vmdk -o subformat=streamOptimized DISK OUT"),
    (
        "vmdk-zeroed",
        "vmdk",
        "qemu-img convert -f raw -O vmdk -o zeroed_grain=on DISK OUT
         qemu-io -f vmdk -c 'write -z 1024k 128k' OUT >/dev/null",
    ),
];
