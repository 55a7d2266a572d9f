use std::process::ExitCode;

use anyhow::Result;

use crate::args::RegionCommand;
use crate::images;
use crate::output;
use crate::remote::Server;
use crate::store::Store;

pub(crate) fn run(command: RegionCommand, store: &Store, server: Server) -> Result<ExitCode> {
    let RegionCommand::List { output } = command;
    let regions = images::open(store, server, None)?.regions()?;
    if output.json {
        output::json(&regions)?;
    } else {
        regions.iter().for_each(|region| output::line(region));
    }
    Ok(ExitCode::SUCCESS)
}
