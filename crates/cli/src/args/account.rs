//! Arguments of `reseal account`.

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
    /// Remove all access keys of an account itself and make a new one
    ResetRoot {
        /// Account [default: the first one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
    },
}
