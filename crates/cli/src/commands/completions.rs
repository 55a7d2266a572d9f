use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::{Shell as Script, generate};

use crate::args::{Cli, Shell};

pub(crate) fn run(shell: Shell) -> Result<ExitCode> {
    let script = match shell {
        Shell::Bash => Script::Bash,
        Shell::Zsh => Script::Zsh,
        Shell::Fish => Script::Fish,
    };
    // Into memory first: the generator panics when its writer fails, as a closed pipe does.
    let mut text = Vec::new();
    generate(script, &mut Cli::command(), "reseal", &mut text);
    std::io::stdout().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}
