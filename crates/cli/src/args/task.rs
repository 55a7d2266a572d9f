//! Arguments of `reseal task`.

use clap::{Args, Subcommand};

use super::{InRegion, JsonArgs};

#[derive(Args)]
pub(crate) struct TaskArgs {
    #[command(flatten)]
    pub region: InRegion,
    #[command(subcommand)]
    pub command: TaskCommand,
}

#[derive(Subcommand)]
pub(crate) enum TaskCommand {
    /// List the tasks, newest first
    List {
        /// The API's word for what they do, such as CopyImage [default: imports and exports]
        #[arg(long, value_name = "ACTION")]
        action: Option<String>,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Show a task and why it failed
    Show {
        /// Id
        task: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Wait until a task is over; succeeds when the task did. Without a server, go on with the work on it
    Wait {
        /// Id
        task: String,
        /// Print one JSON object at the end
        #[arg(long)]
        json: bool,
        /// Print errors only
        #[arg(long)]
        quiet: bool,
    },
    /// Cancel an import or an export that is not over
    Cancel {
        /// Id
        task: String,
    },
}
