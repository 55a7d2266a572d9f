//! All twelve vectors of the official signing code pass through the server, byte for byte as a client would send them, and
//! none passes with a changed signature.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::actions;
use crate::client::{Answer, Running, config, local, start_with};
use crate::memory::Memory;
use crate::signing::{encode, list};

fn vectors(scheme: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../vectors/signature-vectors.json")).unwrap();
    all[scheme].as_array().unwrap().clone()
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    value.as_object().unwrap().iter().map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned())).collect()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{name} of {vector}"))
}

#[tokio::test]
async fn v1_vectors_pass_and_changed_ones_do_not() {
    let mut seen = 0;
    for vector in vectors("v1") {
        let (query, body) = (pairs(&vector["query"]), list(&pairs(&vector["form"])));
        let running = server(query.contains_key("SecurityToken"), &query["Timestamp"]).await;
        let request = |signature: &str| {
            let target = format!("/?{}&Signature={}", list(&query), encode(signature));
            let verb = text(&vector, "method");
            let length = body.len();
            format!(
                "{verb} {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
        };
        let signature = text(&vector, "signature");
        let changed = running.send(&request(&signature.replacen(|c| c != 'A', "A", 1))).await;
        assert!(changed.body.contains("SignatureDoesNotMatch"), "{vector}: {changed:?}");
        assert_passes(&running.send(&request(signature)).await, &vector);
        if let Some(target) = vector["request_target"].as_str() {
            let replayed =
                running.send(&format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")).await;
            assert!(
                replayed.body.contains("SignatureNonceUsed"),
                "the client's own spelling is the same call: {replayed:?}"
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[tokio::test]
async fn v3_vectors_pass_and_changed_ones_do_not() {
    let mut seen = 0;
    for vector in vectors("v3") {
        let headers = pairs(&vector["headers"]);
        let running = server(headers.contains_key("x-acs-security-token"), &headers["x-acs-date"]).await;
        let body = text(&vector, "body");
        let request = |authorization: &str| {
            let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            format!(
                "{} /?{} HTTP/1.1\r\n{lines}Authorization: {authorization}\r\nContent-Length: {}\r\n\r\n{body}",
                text(&vector, "method"),
                list(&pairs(&vector["query"])),
                body.len()
            )
        };
        let authorization = text(&vector, "authorization");
        let changed = authorization.replace("Signature=", "Signature=00");
        let changed = running.send(&request(&changed[..changed.len() - 2])).await;
        assert!(changed.body.contains("SignatureDoesNotMatch"), "{vector}: {changed:?}");
        assert_passes(&running.send(&request(authorization)).await, &vector);
        seen += 1;
    }
    assert_eq!(seen, 6);
}

/// A server at the vector's time. The vectors of temporary credentials use the same access key, so there it has a token.
async fn server(with_token: bool, now: &str) -> Running {
    let mut memory = Memory::with_keys();
    memory.keys.get_mut("testid").unwrap().token = with_token.then_some("STS.tok/en+=");
    memory.may_end.add_permits(1);
    start_with(config(vec![local(None)]), actions::table(), now, memory).await
}

fn assert_passes(answer: &Answer, vector: &Value) {
    assert_eq!(answer.status, 200, "{}: {answer:?}", vector["name"]);
}
