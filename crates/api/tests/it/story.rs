//! A client of KMS for tests that tell a story: calls by name, answers as JSON.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::backend::Backend;
use crate::client::{Answer, NOW, Running, config, local, start_with};
use crate::signing::{V1, V3, list};

pub(crate) const KMS: &str = "2016-01-20";
pub(crate) const ROOT: (&str, &str) = ("testid", "testsecret");
pub(crate) const USER: (&str, &str) = ("aliceid", "alicesecret");
pub(crate) const STRANGER: (&str, &str) = ("nobodyid", "nobodysecret");

pub(crate) struct Story {
    pub(crate) running: Running<Backend>,
    nonce: AtomicU32,
}

impl Story {
    pub(crate) async fn begin() -> Self {
        Self::begin_with(Backend::new().await).await
    }

    pub(crate) async fn begin_with(backend: Backend) -> Self {
        let running = start_with(config(vec![local(None)]), api::kms_table(), NOW, backend).await;
        Self { running, nonce: AtomicU32::new(0) }
    }

    fn next_nonce(&self) -> String {
        format!("n-{}", self.nonce.fetch_add(1, Ordering::Relaxed))
    }

    /// One call under signature v3, its parameters in a form.
    pub(crate) async fn call(&self, (id, secret): (&str, &str), action: &str, parameters: &[(&str, &str)]) -> Answer {
        let pairs = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let call = V3::new(KMS, action, &[]).header("x-acs-signature-nonce", &self.next_nonce()).form(&list(&pairs));
        self.running.send(&call.request(id, secret)).await
    }

    /// The body of a call of the root that must succeed, as XML.
    pub(crate) async fn xml(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let call = V1::new(KMS, action, parameters).set("Format", "XML").set("SignatureNonce", &self.next_nonce());
        let answer = self.running.send(&call.sign(ROOT.1).request()).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        answer.without_id()
    }

    /// A call of the root that must succeed.
    pub(crate) async fn ok(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = self.call(ROOT, action, parameters).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// A call of the root that must be refused: status, code and message.
    pub(crate) async fn refused(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String, String) {
        let answer = self.call(ROOT, action, parameters).await;
        let value: Value = serde_json::from_str(&answer.body).unwrap();
        assert_ne!(answer.status, 200, "{action}: {}", answer.body);
        (answer.status, text(&value["Code"]), text(&value["Message"]))
    }

    /// Makes a key and returns its `KeyMetadata`.
    pub(crate) async fn key(&self, parameters: &[(&str, &str)]) -> Value {
        self.ok("CreateKey", parameters).await["KeyMetadata"].take()
    }

    /// Makes a symmetric key and returns its id.
    pub(crate) async fn key_id(&self) -> String {
        text(&self.key(&[]).await["KeyId"])
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(text(value)).unwrap()
}
