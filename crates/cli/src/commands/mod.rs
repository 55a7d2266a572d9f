//! One file a command.

mod account;
mod audit;
mod billing;
mod completions;
mod copy;
mod exec;
mod image;
mod inspect;
mod instance;
mod key;
mod region;
mod restore_header;
mod root;
mod self_test;
mod ticket;
mod verify;

use std::num::NonZero;
use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Cli, Command};
use crate::environment::EnvironmentKey;
use crate::remote::Server;
use crate::store::Store;

/// Runs the command of the arguments.
pub(crate) fn run(cli: Cli, access_key: EnvironmentKey) -> Result<ExitCode> {
    let store = Store::new(&cli)?;
    let server = Server { args: cli.remote, access_key };
    match cli.command {
        Command::Copy(args) => copy::run(&args, &store, server),
        Command::Inspect(args) => inspect::run(&args),
        Command::Verify(args) => verify::run(&args, &store, server),
        Command::Exec(args) => exec::run(&args, &store, server),
        Command::Key(command) => key::run(command, &store, server),
        Command::Image(args) => image::run(args, &store, server),
        Command::Instance(args) => instance::run(args, &store, server),
        Command::Region(command) => region::run(command, &store, server),
        Command::Ticket(args) => ticket::run(args, &store, server),
        Command::Root(args) => root::run(args, &store),
        Command::Serve(args) => crate::serve::run(&args, &store),
        Command::Account(command) => account::run(&command, &store),
        Command::Audit(command) => audit::run(&command, &store),
        Command::Billing(args) => billing::run(&args, &store),
        Command::RestoreHeader(args) => restore_header::run(&args, &store),
        Command::SelfTest(args) => self_test::run(&args, &store),
        Command::Completions { shell } => completions::run(shell),
    }
}

/// One worker a core.
pub(crate) fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
