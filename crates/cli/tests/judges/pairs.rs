//! Every writer with every source: a stock tool reads from the copy what a stock tool reads from the source.

use crate::sources::{self, Source};
use crate::support::Workshop;
use crate::writers::{ENCRYPTED, PLAIN, Reader, Writer};

#[test]
fn raw_sources_in_every_format() {
    let shop = Workshop::new();
    sources::even_disk(&shop, "disk");
    judge(&shop, &sources::plain(&shop, "disk", sources::RAW));
    let shop = Workshop::new();
    sources::odd_disk(&shop, "disk");
    judge(&shop, &sources::plain(&shop, "disk", sources::RAW));
}

#[test]
fn qcow2_of_every_layout_in_every_format() {
    let shop = Workshop::new();
    sources::odd_disk(&shop, "disk");
    judge(&shop, &sources::plain(&shop, "disk", sources::QCOW2));
}

#[test]
fn qcow2_with_every_feature_in_every_format() {
    let shop = Workshop::new();
    sources::odd_disk(&shop, "disk");
    judge(&shop, &sources::plain(&shop, "disk", sources::QCOW2_RICH));
}

#[test]
fn vhd_vhdx_and_vmdk_in_every_format() {
    let shop = Workshop::new();
    sources::odd_disk(&shop, "disk");
    judge(&shop, &sources::plain(&shop, "disk", sources::VHD));
    judge(&shop, &sources::plain(&shop, "disk", sources::READ_ONLY));
}

/// A judge that always agrees would prove nothing.
#[test]
fn the_judges_notice_one_changed_bit_and_one_missing_sector() {
    let shop = Workshop::new();
    sources::even_disk(&shop, "disk");
    let mut changed = shop.read("disk");
    let last = changed.len() - 1;
    changed[last] ^= 1;
    shop.write("changed", &changed);
    shop.sh("cp disk longer; truncate -s +4096 longer").ok();
    let plain = PLAIN.iter().map(|writer| (writer, ""));
    let encrypted = ENCRYPTED.iter().map(|writer| (writer, "--encrypt"));
    for (Writer { name, arguments, reader }, mode) in plain.chain(encrypted) {
        shop.copy(&format!("disk {name} {arguments} {mode}"));
        assert!(reader.judges_same(&shop, name, "disk", name).is_ok(), "{name}");
        for other in ["changed", "longer"] {
            assert!(reader.judges_same(&shop, name, other, &format!("{name}-{other}")).is_err(), "{name}, {other}");
        }
    }
}

/// Copies each plain source as each writer would, and says of all that went wrong.
fn judge(shop: &Workshop, sources: &[Source]) {
    let mut faults = Vec::new();
    for source in sources {
        faults.extend(PLAIN.iter().filter_map(|writer| pair(shop, source, writer, false).err()));
        let source = Source { arguments: "--encrypt", ..source.clone() };
        faults.extend(ENCRYPTED.iter().filter_map(|writer| pair(shop, &source, writer, true).err()));
    }
    assert!(faults.is_empty(), "{} pairs failed\n{}", faults.len(), faults.join("\n\n"));
}

/// Copies a source as the writer would; a stock tool has to read the same from both.
pub(crate) fn pair(shop: &Workshop, source: &Source, writer: &Writer, encrypted: bool) -> Result<(), String> {
    let Source { file, disk, arguments } = source;
    let target = format!("{file}-to-{}", writer.name);
    let fault = |text: String| format!("=== {file} → {}: {text}", writer.name);
    let copied = shop.reseal(&format!("copy --json --no-sync {file} {target} {} {arguments}", writer.arguments));
    let len = shop.len(disk);
    if let Reader::Cryptsetup { sector_bytes } = writer.reader
        && !len.is_multiple_of(sector_bytes)
    {
        let refused = copied.code == 1 && copied.stderr.contains("use --sector-size 512");
        return if refused { Ok(()) } else { Err(fault(format!("not refused\n{copied:?}"))) };
    }
    let report = copied.passed().map_err(fault)?.json();
    if report["virtual_size"] != len || report["encrypted"] != encrypted {
        return Err(fault(format!("a disk of {len} bytes, report {report}")));
    }
    writer.reader.judges_same(shop, &target, disk, &target).map_err(fault)?;
    std::fs::remove_file(shop.path(&target)).map_err(|e| fault(e.to_string()))
}
