use std::process::ExitCode;

use anyhow::{Context, Result};
use engine::{Change, Coverage, Observer, Verified};

use super::default_threads;
use crate::args::VerifyArgs;
use crate::interrupt::cancel_flag;
use crate::output;
use crate::progress::Display;
use crate::remote::Server;
use crate::service::KeyHolder;
use crate::store::Store;

pub(crate) fn run(args: &VerifyArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let holder = KeyHolder::open_existing(store, server, &args.region)?;
    let service = holder.service(None);
    let cancel = cancel_flag().context("cannot catch signals")?;
    let display = Display::new(args.quiet || args.json);
    let report = |progress| display.show(progress);
    let observer = Observer { cancel: &cancel, report: &report };
    let threads = args.threads.map_or_else(default_threads, usize::from);
    let result = engine::verify(&args.file, store.data_dir.path(), threads, service.as_ref(), &observer);
    display.clear();
    let verified = result?;
    if args.json {
        output::json(&verified)?;
    } else if !args.quiet || !verified.intact {
        print(&args.file.display().to_string(), &verified);
    }
    Ok(if verified.intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what was found in a file or a disk of an image.
pub(super) fn print(file: &str, verified: &Verified) {
    if verified.intact {
        output::line(&match verified.covers {
            Coverage::File => format!("{file}: every byte is as it was sealed ({})", output::size(verified.file_bytes)),
            Coverage::Header => format!("{file}: header is as it was sealed; {}", Coverage::Header),
        });
        return;
    }
    eprintln!("reseal: error: {file}: integrity error: it was changed after it was sealed");
    if let Some(sealed_bytes) = verified.sealed_bytes.filter(|bytes| *bytes != verified.file_bytes) {
        eprintln!("  {} bytes long, {sealed_bytes} when it was sealed", verified.file_bytes);
    }
    if !verified.located {
        eprintln!("  its digest tree is not in this data directory, so the place cannot be told");
    }
    for Change { offset, len, part, guest_offset } in &verified.changes {
        let guest = guest_offset.map_or(String::new(), |guest| format!(", disk at byte {guest}"));
        eprintln!("  changed: {part}, bytes {offset} to {}{guest}", offset + len);
    }
}
