use std::process::ExitCode;

use anyhow::Result;
use engine::Report;

use crate::args::InspectArgs;
use crate::output;

pub(crate) fn run(args: &InspectArgs) -> Result<ExitCode> {
    let report = engine::inspect(&args.file, args.source_format)?;
    if args.json {
        output::json(&report)?;
    } else {
        print(args, &report);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(args: &InspectArgs, report: &Report) {
    let row = |name: &str, value: &str| output::line(&format!("{:<24}{value}", format!("{name}:")));
    row("file", &args.file.display().to_string());
    row("format", report.format.name());
    row("virtual size", &format!("{} ({} bytes)", output::size(report.virtual_size), report.virtual_size));
    row("file size", &format!("{}, {} on disk", output::size(report.file_bytes), output::size(report.disk_bytes)));
    if let Some(a) = report.allocation {
        let parts = [
            ("data", a.data_bytes),
            ("compressed", a.compressed_bytes),
            ("zeros", a.zero_bytes),
            ("unallocated", a.unallocated_bytes),
        ];
        let text: Vec<_> =
            parts.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{} {name}", output::size(*n))).collect();
        row("allocation", &format!("{} in {} runs", text.join(", "), a.data_runs));
    }
    for (name, value) in &report.details {
        row(name, value);
    }
    if let Some(e) = &report.encryption {
        row("encryption", &format!("{}, {}, {}-byte sectors", e.kind, e.cipher, e.sector_bytes));
        row("luks uuid", &e.uuid);
        row("luks header", &format!("at byte {}", e.header_offset));
        for slot in &e.keyslots {
            row("keyslot", slot);
        }
    } else {
        row("encryption", "none");
    }
    if let Some(e) = &report.envelope {
        row("key service", &e.kms);
        row("key", &e.key_id);
        row("key version", &e.key_version);
        if let Some(mode) = e.mode {
            row("made by", &format!("{mode:?}").to_lowercase());
        }
        if let Some(image) = e.ctx.get("image") {
            row("image", image);
        }
        row("created", &e.created);
        if let Some(covers) = report.covers {
            row("content", &covers.to_string());
        }
        row("header", if report.pinned == Some(true) { "as it was sealed" } else { "NOT as it was sealed" });
    }
    for warning in &report.warnings {
        row("warning", warning);
    }
    for drop in &report.drops {
        row("a copy drops", drop);
    }
    if let Some(refusal) = &report.refusal {
        row("a copy refuses", refusal);
    }
}
