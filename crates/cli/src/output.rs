//! What commands print: tables for people, JSON for programs.

use std::io::Write;

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Prints one JSON value on a line of its own.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Prints a line; a reader that went away is no error of ours.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints rows under a heading.
pub(crate) fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heading.iter().map(|h| h.to_uppercase()));
    table.add_rows(rows);
    for text in table.lines() {
        line(text.trim());
    }
}

/// Warnings go to standard error, so that they do not mix with results.
pub(crate) fn warning(text: &str) {
    let _ = writeln!(std::io::stderr(), "reseal: warning: {text}");
}

/// `1.5 MiB` and the like.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// A time to the minute, as ECS writes it of instances: `2026-11-25T16:45Z`.
pub(crate) fn time_to_the_minute(at: catalog::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// A time to the second, as the APIs write it: `2026-11-25T16:45:35Z`.
pub(crate) fn time(at: catalog::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
