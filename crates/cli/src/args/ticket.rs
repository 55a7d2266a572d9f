//! Arguments of `reseal ticket`.

use clap::{Args, Subcommand};

use super::{InRegion, JsonArgs};

#[derive(Args)]
pub(crate) struct TicketArgs {
    #[command(flatten)]
    pub region: InRegion,
    #[command(subcommand)]
    pub command: TicketCommand,
}

#[derive(Subcommand)]
pub(crate) enum TicketCommand {
    #[command(flatten)]
    Account(AskCommand),
    #[command(flatten)]
    Operator(OperatorCommand),
}

/// What an account asks.
#[derive(Subcommand)]
pub(crate) enum AskCommand {
    /// Ask for larger images to be copied to a region
    Create {
        /// Size of the image, in GiB
        #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
        size: u64,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// List tickets, newest first
    List {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Show a ticket and what was said about it
    Show {
        /// Id
        ticket: String,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Add a text to an open ticket
    Reply {
        /// Id
        ticket: String,
        /// The text
        text: String,
    },
    /// Take a ticket back
    Close {
        /// Id
        ticket: String,
    },
}

/// What only the operator asks, on the host; also beside a server.
#[derive(Subcommand)]
pub(crate) enum OperatorCommand {
    /// List the open tickets of all accounts, oldest first; only the operator, on the host
    Pending {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Raise the limit to the size that was asked for; only the operator, on the host
    Approve(VerdictArgs),
    /// Leave the limit as it is; only the operator, on the host
    Reject(VerdictArgs),
}

#[derive(Args)]
pub(crate) struct VerdictArgs {
    /// Id
    pub ticket: String,
    /// What to say with it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reply: String,
}
