//! One file a command.

mod account;
mod audit;
mod billing;
mod copy;
mod exec;
mod inspect;
mod key;
mod restore_header;
mod root;
mod self_test;
mod verify;

use std::num::NonZero;
use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Cli, Command};
use crate::store::Store;

/// Runs the command of the arguments.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    let store = Store::new(&cli)?;
    match cli.command {
        Command::Copy(args) => copy::run(&args, &store),
        Command::Inspect(args) => inspect::run(&args),
        Command::Verify(args) => verify::run(&args, &store),
        Command::Exec(args) => exec::run(&args, &store),
        Command::Key(command) => key::run(command, &store),
        Command::Root(command) => root::run(command, &store),
        Command::Serve(args) => crate::serve::run(&args, &store),
        Command::Account(command) => account::run(&command, &store),
        Command::Audit(command) => audit::run(&command, &store),
        Command::Billing(args) => billing::run(&args, &store),
        Command::RestoreHeader(args) => restore_header::run(&args, &store),
        Command::SelfTest(args) => self_test::run(&args, &store),
    }
}

/// One worker a core.
fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
