//! Calls of any product by name, as our own client makes them.

use std::sync::Arc;

use api::Product;
use api::client::{Client, ClientError, Credentials};
use catalog::SystemClock;
use crypto::{OsRandom, Secret};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::running::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Server};

/// Somebody with an access key, at one server.
pub(crate) struct Caller {
    client: Client,
    runtime: Runtime,
}

impl Caller {
    pub(crate) fn new(server: &Server, id: &str, secret: &str) -> Self {
        let endpoint = server.endpoint().parse().expect("an endpoint");
        let secret = Secret::copy_of(secret.as_bytes());
        let credentials = Credentials { access_key_id: id.to_owned(), secret, security_token: None };
        let client = Client::new(endpoint, None, None, credentials, Arc::new(SystemClock), Arc::new(OsRandom));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { client: client.expect("a client"), runtime }
    }

    /// The owner of the first account.
    pub(crate) fn first(server: &Server) -> Self {
        Self::new(server, ACCESS_KEY_ID, ACCESS_KEY_SECRET)
    }

    /// The answer, or the code of the refusal.
    pub(crate) fn ask(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, String> {
        match self.runtime.block_on(self.client.call(product, action, parameters)) {
            Ok(answer) => Ok(answer.read().expect("JSON")),
            Err(ClientError::Refused { code, .. }) => Err(code),
            Err(error) => panic!("{action}: {error}"),
        }
    }

    /// The answer of a call of KMS that must succeed.
    pub(crate) fn kms(&self, action: &'static str, parameters: &[(&str, &str)]) -> Value {
        self.ask(Product::Kms, action, parameters).unwrap_or_else(|code| panic!("{action}: {code}"))
    }

    /// The answer of a call of RAM that must succeed.
    pub(crate) fn ram(&self, action: &'static str, parameters: &[(&str, &str)]) -> Value {
        self.ask(Product::Ram, action, parameters).unwrap_or_else(|code| panic!("{action}: {code}"))
    }

    /// The code with which KMS refuses a call.
    pub(crate) fn kms_refuses(&self, action: &'static str, parameters: &[(&str, &str)]) -> String {
        match self.ask(Product::Kms, action, parameters) {
            Ok(answer) => panic!("{action} was not refused: {answer}"),
            Err(code) => code,
        }
    }
}
