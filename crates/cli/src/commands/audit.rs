use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use catalog::{AuditFilter, AuditRecord};
use ram::trail::{Head, verify};
use serde::Serialize;

use crate::args::AuditCommand;
use crate::output;
use crate::store::{OpenStore, Store};

/// Records that are read at once.
const PAGE: u32 = 1000;

/// A record as `--json` prints it.
#[derive(Serialize)]
struct RecordView {
    seq: u64,
    time: String,
    request_id: String,
    account: String,
    principal: String,
    access_key_id: String,
    source_ip: String,
    product: String,
    action: String,
    resources: String,
    key_id: String,
    outcome: String,
    hash: String,
}

/// The end of the chain as `--json` prints it.
#[derive(Serialize)]
struct HeadView {
    records: u64,
    hash: String,
    checkpoints: u64,
}

pub(crate) fn run(command: &AuditCommand, store: &Store) -> Result<ExitCode> {
    let store = store.open_existing()?;
    match command {
        AuditCommand::Show { key, after, output } => show(&store, key.as_deref(), *after, output.json)?,
        AuditCommand::Verify { expect, output } => check(&store, expect.as_deref(), output.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(store: &OpenStore, key: Option<&str>, mut after: u64, json: bool) -> Result<()> {
    let filter = AuditFilter { key_id: key.unwrap_or_default().to_owned(), ..AuditFilter::default() };
    let catalog = store.kms.catalog();
    loop {
        let page = store.runtime.block_on(catalog.read().audit_page(&filter, after, PAGE))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for record in page {
            if json {
                output::json(&RecordView::of(record))?;
            } else {
                output::line(&line(&record));
            }
        }
    }
}

fn check(store: &OpenStore, expect: Option<&str>, json: bool) -> Result<()> {
    let expected = expect.map(parse_head).transpose()?;
    let secret = store.wait(store.kms.secret("audit"))?;
    let catalog = store.kms.catalog();
    let found = store.runtime.block_on(verify(&catalog, &secret, expected))?;
    let view = HeadView { records: found.head.seq, hash: hex::encode(found.head.hash), checkpoints: found.checkpoints };
    if json {
        return output::json(&view);
    }
    output::line(&format!("whole: {} records, {} signed checkpoints", view.records, view.checkpoints));
    output::line(&format!("end:   {}:{}", view.records, view.hash));
    output::line(
        "Keep the end elsewhere and give it to a later `reseal audit verify --expect`: it shows a catalog that was put back.",
    );
    Ok(())
}

fn line(record: &AuditRecord) -> String {
    let AuditRecord { seq, at, product, action, outcome, principal, source_ip, resources, .. } = record;
    format!("{seq:>8} {} {source_ip:<15} {principal} {product}:{action} {outcome} {resources}", output::time(*at))
}

fn parse_head(text: &str) -> Result<Head> {
    let Some((seq, hash)) = text.split_once(':') else { bail!("`{text}` is not SEQ:HASH") };
    let mut bytes = [0; 32];
    hex::decode_to_slice(hash, &mut bytes).with_context(|| format!("`{hash}` is not a hash of 64 hex digits"))?;
    Ok(Head { seq: seq.parse().with_context(|| format!("`{seq}` is not a number"))?, hash: bytes })
}

impl RecordView {
    fn of(record: AuditRecord) -> Self {
        Self {
            seq: record.seq,
            time: output::time(record.at),
            request_id: record.request_id,
            account: record.account,
            principal: record.principal,
            access_key_id: record.access_key_id,
            source_ip: record.source_ip,
            product: record.product,
            action: record.action,
            resources: record.resources,
            key_id: record.key_id,
            outcome: record.outcome,
            hash: hex::encode(record.hash),
        }
    }
}
