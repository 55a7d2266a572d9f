//! The server that a command asks: where it is, whose access key signs, and its calls in the shape of commands.

mod config_file;
mod settings;

pub(crate) use settings::Server;

use anyhow::{Context, Result, bail};
use api::Product;
use api::client::{Answer, Client, ClientError, Sent};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

/// Rows of a list that are asked for at once.
const PAGE_ROWS: &str = "100";

/// Most pages of a list; a million rows are more than anyone can read, and a server that counts wrong must not keep us.
const PAGES_MAX: u32 = 10_000;

/// A server, and what runs its calls.
pub(crate) struct Remote {
    client: Client,
    /// Of the command or the profile.
    region: Option<String>,
    runtime: Runtime,
}

impl Remote {
    fn new(client: Client, region: Option<String>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self { client, region, runtime: runtime.context("cannot start a runtime")? })
    }

    /// The region that the command or the profile names.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Makes one call of KMS.
    pub(crate) fn call(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<Answer, ClientError> {
        self.call_product(Product::Kms, action, parameters)
    }

    /// Makes one call.
    pub(crate) fn call_product(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, ClientError> {
        self.runtime.block_on(self.client.call(product, action, parameters))
    }

    /// Sends bytes of an upload.
    pub(crate) fn send(&self, token: &str, offset: u64, bytes: Vec<u8>) -> Result<Sent, ClientError> {
        self.runtime.block_on(self.client.send(token, offset, bytes))
    }

    /// All rows of a list of KMS.
    pub(crate) fn list<T: DeserializeOwned>(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
        names: (&str, &str),
    ) -> Result<Vec<T>> {
        self.list_product(Product::Kms, action, parameters, names)
    }

    /// All rows of a list, page by page: `{"<list>":{"<item>":[…]},"TotalCount":n}`.
    pub(crate) fn list_product<T: DeserializeOwned>(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
        (list, item): (&str, &str),
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        for page in 1..=PAGES_MAX {
            let page = page.to_string();
            let paged = [("PageNumber", page.as_str()), ("PageSize", PAGE_ROWS)];
            let mut answer: Value = self.call_product(product, action, &[parameters, &paged].concat())?.read()?;
            let found: Vec<T> = serde_json::from_value(answer[list][item].take())
                .with_context(|| format!("the answer to {action} is not that of this API"))?;
            let last = found.is_empty();
            rows.extend(found);
            if last || answer["TotalCount"].as_u64().is_none_or(|total| rows.len() as u64 >= total) {
                return Ok(rows);
            }
        }
        bail!("the server's list of {action} has no end")
    }
}
