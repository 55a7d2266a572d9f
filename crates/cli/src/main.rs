//! The front door: one binary `reseal`. Arguments, wiring, commands.

mod args;
mod commands;
mod durable_file;
#[expect(unsafe_code, reason = "changes the environment, before there is a second thread")]
mod environment;
mod hardening;
mod images;
mod installation;
mod instances;
mod interrupt;
mod keys;
mod output;
mod private_file;
mod progress;
mod remote;
mod serve;
mod service;
mod store;
mod typed_secret;
mod user_directory;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

fn main() -> ExitCode {
    let access_key = environment::take_access_key();
    hardening::forbid_dumps();
    let cli = Cli::parse();
    // Wrong cryptography must not touch a key: nothing else runs before this.
    if let Err(error) = crypto::self_test() {
        eprintln!("reseal: error: {error}");
        return ExitCode::FAILURE;
    }
    match commands::run(cli, access_key) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("reseal: error: {}", text_of(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes on one line, without what a cause repeats of the text before it.
fn text_of(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
