//! A client's side of both signatures, written from wire.md 4 and 5 apart from the server's code, and judged by the vectors.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto::digest::sha256;
use crypto::mac::{hmac_sha1, hmac_sha256};

use crate::client::NOW;

pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

pub(crate) fn list(parameters: &BTreeMap<String, String>) -> String {
    parameters.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect::<Vec<_>>().join("&")
}

/// A call under signature v1, as a GET. Fields are public so that a test can break one of them before it is signed.
pub(crate) struct V1(pub(crate) BTreeMap<String, String>);

impl V1 {
    pub(crate) fn new(version: &str, action: &str, parameters: &[(&str, &str)]) -> Self {
        let common = [
            ("Action", action),
            ("Version", version),
            ("Format", "JSON"),
            ("AccessKeyId", "testid"),
            ("Timestamp", NOW),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", "n-1"),
        ];
        Self(common.iter().chain(parameters).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub(crate) fn sign(self, secret: &str) -> Self {
        let signature = v1_signature("GET", &self.0, secret);
        self.set("Signature", &signature)
    }

    pub(crate) fn target(&self) -> String {
        format!("/?{}", list(&self.0))
    }

    pub(crate) fn request(&self) -> String {
        format!("GET {} HTTP/1.1\r\nHost: kms.local\r\n\r\n", self.target())
    }
}

pub(crate) fn v1_signature(verb: &str, parameters: &BTreeMap<String, String>, secret: &str) -> String {
    let to_sign = format!("{verb}&%2F&{}", encode(&list(parameters)));
    STANDARD.encode(hmac_sha1(format!("{secret}&").as_bytes(), to_sign.as_bytes()))
}

/// A call under signature v3, as a POST.
pub(crate) struct V3 {
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// Headers that are not signed.
    pub(crate) unsigned: Vec<&'static str>,
}

impl V3 {
    pub(crate) fn new(version: &str, action: &str, query: &[(&str, &str)]) -> Self {
        let headers = [
            ("host", "kms.local"),
            ("x-acs-action", action),
            ("x-acs-version", version),
            ("x-acs-date", NOW),
            ("x-acs-signature-nonce", "n-1"),
            ("accept", "application/json"),
        ];
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Self { query: owned(query), headers: owned(&headers), body: String::new(), unsigned: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn form(self, body: &str) -> Self {
        let mut call = self.header("content-type", "application/x-www-form-urlencoded");
        body.clone_into(&mut call.body);
        call
    }

    pub(crate) fn unsigned(mut self, name: &'static str) -> Self {
        self.unsigned.push(name);
        self
    }

    pub(crate) fn request(&self, id: &str, secret: &str) -> String {
        let digest = hex::encode(sha256(self.body.as_bytes()));
        let mut headers = self.headers.clone();
        headers.entry("x-acs-content-sha256".to_owned()).or_insert_with(|| digest.clone());
        let signed: Vec<(&String, &String)> =
            headers.iter().filter(|(name, _)| !self.unsigned.contains(&name.as_str())).collect();
        let block: String = signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let names = signed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let canonical = format!("POST\n/\n{}\n{block}\n{names}\n{digest}", list(&self.query));
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex::encode(sha256(canonical.as_bytes())));
        let signature = hex::encode(hmac_sha256(secret.as_bytes(), to_sign.as_bytes()));
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST /?{} HTTP/1.1\r\n{lines}Authorization: ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},\
             Signature={signature}\r\nContent-Length: {}\r\n\r\n{}",
            list(&self.query),
            self.body.len(),
            self.body
        )
    }
}
