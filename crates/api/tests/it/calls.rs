//! Calls of RAM and STS by somebody with an access key, answered in JSON.

use std::cell::Cell;

use serde_json::Value;

use crate::backend::{Backend, ROOT_KEY, Who};
use crate::client::{Answer, NOW, Running, config, local, start_with};
use crate::memory::NOBODY;
use crate::signing::V1;

pub(crate) const RAM: &str = "2015-05-01";
pub(crate) const STS: &str = "2015-04-01";

/// Parameters of a call.
pub(crate) type Parameters<'a> = &'a [(&'a str, &'a str)];

/// A server on the real rooms.
pub(crate) async fn start() -> Running<Backend> {
    start_with(config(vec![local(None)]), api::table(), NOW, Backend::new().await).await
}

/// Somebody with an access key.
pub(crate) struct Client<'a> {
    running: &'a Running<Backend>,
    name: &'static str,
    id: String,
    secret: String,
    token: Option<String>,
    calls: Cell<u32>,
}

impl<'a> Client<'a> {
    pub(crate) fn root(running: &'a Running<Backend>) -> Self {
        Self::new(running, "root", ROOT_KEY.0, ROOT_KEY.1, None)
    }

    pub(crate) fn new(
        running: &'a Running<Backend>,
        name: &'static str,
        id: &str,
        secret: &str,
        token: Option<&str>,
    ) -> Self {
        let (id, secret, token) = (id.to_owned(), secret.to_owned(), token.map(str::to_owned));
        Self { running, name, id, secret, token, calls: Cell::new(0) }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// The user that may do nothing.
    pub(crate) fn nobody(running: &'a Running<Backend>) -> Self {
        let (id, secret) = running.services.key_of(Who::Nobody);
        Self::new(running, NOBODY, id, secret, None)
    }

    /// Root makes a user with an access key, which may do nothing.
    pub(crate) async fn hire(&self, name: &'static str) -> Self {
        self.done(RAM, "CreateUser", &[("UserName", name)]).await;
        let answer = self.done(RAM, "CreateAccessKey", &[("UserName", name)]).await;
        let key = &answer["AccessKey"];
        let text = |field: &str| key[field].as_str().unwrap().to_owned();
        Self::new(self.running, name, &text("AccessKeyId"), &text("AccessKeySecret"), None)
    }

    /// A call that is answered in JSON.
    pub(crate) async fn call(&self, version: &str, action: &str, parameters: Parameters<'_>) -> Answer {
        self.calls.set(self.calls.get() + 1);
        let mut call = V1::new(version, action, parameters)
            .set("AccessKeyId", &self.id)
            .set("SignatureNonce", &format!("{}-{}-{}", self.name, self.id, self.calls.get()));
        if let Some(token) = &self.token {
            call = call.set("SecurityToken", token);
        }
        self.running.send(&call.sign(&self.secret).request()).await
    }

    /// A call that must succeed.
    pub(crate) async fn done(&self, version: &str, action: &str, parameters: Parameters<'_>) -> Value {
        let answer = self.call(version, action, parameters).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Status and code of a call.
    pub(crate) async fn code(&self, version: &str, action: &str, parameters: Parameters<'_>) -> (u16, String) {
        let answer = self.call(version, action, parameters).await;
        (answer.status, answer.code())
    }
}
