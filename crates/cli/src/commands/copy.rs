use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use catalog::{Clock, SystemClock};
use crypto::{OsRandom, Secret};
use engine::{
    BenchSwitches, Codec, Copied, CopyRequest, Durability, ImageFile, Observer, Overwrite, Request, Surroundings,
    TargetFormat, Unfinished,
};
use kms::KeyRef;
use serde::Serialize;

use super::default_threads;
use crate::args::{Compress, CopyArgs, Format, Preallocate, Rekey};
use crate::interrupt::cancel_flag;
use crate::output;
use crate::progress::Display;
use crate::remote::Server;
use crate::service::KeyHolder;
use crate::store::Store;

/// Longest passphrase file: cryptsetup's own limit is 8 MiB.
const PASSPHRASE_BYTES_MAX: u64 = 8 << 20;

/// `copy --json`.
#[derive(Serialize)]
struct Answer<'a> {
    target: &'a Path,
    seconds: f64,
    #[serde(flatten)]
    copied: &'a Copied,
}

pub(crate) fn run(args: &CopyArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let start = Instant::now();
    let named = args.key.as_deref().map(str::parse::<KeyRef>).transpose()?;
    let holder = KeyHolder::open(store, server, &args.region)?;
    // A key that cannot be used ends the command here, before anything is read or made. From here on it is its id that
    // counts: an alias may point elsewhere when an interrupted copy goes on.
    let key = named.map(|key| holder.require_usable(&key)).transpose()?;
    let key_label = key.as_ref().map(ToString::to_string);
    let service = holder.service(key);
    let cancel = cancel_flag().context("cannot catch signals")?;
    let display = Display::new(args.quiet || args.json);
    let report = |progress| display.show(progress);
    let observer = Observer { cancel: &cancel, report: &report };
    let request = CopyRequest { key_label, ..request(args, store.data_dir.path())? };
    let now = SystemClock.now();
    let around = Surroundings {
        service: service.as_ref(),
        random: &OsRandom,
        created: output::time(now),
        unix_seconds: u64::try_from(now.as_second()).unwrap_or(0),
        observer: &observer,
        follower: None,
    };
    let result = engine::copy(&request, &around);
    display.clear();
    let copied = result?;
    let seconds = start.elapsed().as_secs_f64();
    if !args.quiet && !args.json {
        for warning in &copied.warnings {
            output::warning(warning);
        }
    }
    if args.json {
        output::json(&Answer { target: &args.target, seconds, copied: &copied })?;
    } else if !args.quiet {
        say(args, &copied, seconds);
    }
    Ok(ExitCode::SUCCESS)
}

fn request(args: &CopyArgs, data_dir: &Path) -> Result<CopyRequest> {
    let source_passphrase = args.source_passphrase_file.as_deref().map(read_passphrase).transpose()?;
    Ok(CopyRequest {
        source: args.source.clone(),
        source_state: None,
        source_name: None,
        source_format: args.source_format,
        source_passphrase,
        backing_files: args.backing_files.iter().map(|path| ImageFile { path: path.clone(), format: None }).collect(),
        data_file: args.data_file.clone(),
        target: args.target.clone(),
        overwrite: if args.force { Overwrite::Replace } else { Overwrite::Refuse },
        encryption: Request {
            encrypt: args.encrypt,
            key_named: args.key.is_some(),
            rewrap: args.rekey == Rekey::Rewrap,
        },
        key_label: None,
        format: args.format.map(target_format),
        rewrite: false,
        cluster_bytes: args.cluster_size,
        sector_bytes: args.sector_size,
        compress: args.compress.map(|codec| match codec {
            Compress::Zlib => Codec::Deflate,
            Compress::Zstd => Codec::Zstd,
        }),
        preallocate: args.preallocate == Preallocate::Full,
        verify: args.verify,
        durability: if args.no_sync { Durability::Cached } else { Durability::Durable },
        unfinished: Unfinished::Discard,
        threads: args.threads.map_or_else(default_threads, usize::from),
        data_dir: data_dir.to_owned(),
        bench: bench_switches(args),
    })
}

/// Parts of the work that `make bench` leaves out. Only in a build for it: their result is no sealed image.
#[cfg(feature = "bench")]
fn bench_switches(args: &CopyArgs) -> BenchSwitches {
    let crate::args::BenchArgs { no_digest, cipher_off, null_sink } = args.bench;
    BenchSwitches { no_digest, no_cipher: cipher_off, null_sink }
}

#[cfg(not(feature = "bench"))]
fn bench_switches(_args: &CopyArgs) -> BenchSwitches {
    BenchSwitches::default()
}

fn target_format(format: Format) -> TargetFormat {
    match format {
        Format::Qcow2 => TargetFormat::Qcow2,
        Format::Luks1 => TargetFormat::Luks1,
        Format::Luks2 => TargetFormat::Luks2,
        Format::Raw => TargetFormat::Raw,
        Format::Vhd => TargetFormat::Vhd,
    }
}

/// All bytes of the file: the passphrase of a foreign image may end with a newline.
fn read_passphrase(path: &Path) -> Result<Secret> {
    use std::io::Read;
    let refused = || format!("cannot read the passphrase in {}", path.display());
    let mut file = std::fs::File::open(path).with_context(refused)?.take(PASSPHRASE_BYTES_MAX);
    // Into locked memory at once; a regular file tells its length, a pipe holds at most this much.
    let capacity = file.get_ref().metadata().map_or(0, |m| m.len()).clamp(64 << 10, PASSPHRASE_BYTES_MAX) as usize;
    let mut len = 0;
    let bytes = Secret::try_from_fn(capacity, |buffer| {
        loop {
            match file.read(&mut buffer[len..])? {
                0 => return Ok::<_, std::io::Error>(()),
                n => len += n,
            }
        }
    })
    .with_context(refused)?;
    Ok(bytes.shortened(len))
}

fn say(args: &CopyArgs, copied: &Copied, seconds: f64) {
    let what = match (copied.encrypted, copied.mode) {
        (_, engine::Decision::Keep) => "kept as it is",
        (_, engine::Decision::Encrypt) => "encrypted",
        (_, engine::Decision::Reencrypt) => "encrypted again under a new key",
        (_, engine::Decision::Rewrap) => "rewrapped under a new key",
    };
    let rate = if copied.bytes_data > 0 && seconds > 0.0 {
        format!(", {}/s", output::size((copied.bytes_data as f64 / seconds) as u64))
    } else {
        String::new()
    };
    output::line(&format!(
        "{}: {what}, {}, disk {}, file {}, {seconds:.2} s{rate}{}",
        args.target.display(),
        copied.format,
        output::size(copied.virtual_size),
        output::size(copied.bytes_file),
        if copied.verified { ", verified" } else { "" }
    ));
    if let Some(key_id) = &copied.key_id {
        output::line(&format!("key {key_id}"));
    }
}
