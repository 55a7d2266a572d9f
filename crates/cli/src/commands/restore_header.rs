use std::process::ExitCode;

use anyhow::Result;

use crate::args::RestoreHeaderArgs;
use crate::output;
use crate::store::Store;

pub(crate) fn run(args: &RestoreHeaderArgs, store: &Store) -> Result<ExitCode> {
    engine::restore_header(&args.file, args.image.as_deref(), store.data_dir.path())?;
    output::line(&format!("{}: the LUKS header is the one that was sealed again", args.file.display()));
    Ok(ExitCode::SUCCESS)
}
