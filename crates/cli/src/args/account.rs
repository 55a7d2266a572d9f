//! Arguments of `reseal account`.

use std::path::PathBuf;

use clap::Subcommand;
use ram::{AccountId, AccountName};

use super::JsonArgs;

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account, with nothing in it, and print the access key of its owner
    Create {
        /// Name for people
        name: AccountName,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Set the password with which an account itself signs in to the console; its sessions end
    Password {
        /// Account [default: the first one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// File that holds the password, `-` for standard input (its last newline does not count); asked for when absent
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Remove all access keys of an account itself and make a new one
    ResetRoot {
        /// Account [default: the first one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
    },
}
