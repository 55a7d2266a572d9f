//! What is answered when something behind the wire fails, and what is written down.

use std::sync::atomic::Ordering;

use crate::client::{NOW, start};
use crate::signing::V1;

const ECS: &str = "2014-05-26";
const KMS: &str = "2016-01-20";

/// A bug in the code of an action costs one answer, in the words of the product; the server goes on.
#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let running = start().await;
    for (version, action, code) in
        [(ECS, "DeleteImage", "InternalError"), (KMS, "DeleteKeyMaterial", "InternalFailure")]
    {
        let answer =
            running.send(&V1::new(version, action, &[("SignatureNonce", action)]).sign("testsecret").request()).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, code));
        assert!(!answer.body.contains("a bug in the code"), "{}", answer.body);
    }
    assert_eq!(running.send(&V1::new(KMS, "CreateKey", &[]).sign("testsecret").request()).await.status, 200);
    let journal = running.journal();
    assert!(journal[0].ends_with("InternalError") && journal[1].ends_with("InternalFailure"), "{journal:?}");
}

/// Without access keys, nonces or policies nothing is done, and the client may try again.
#[tokio::test]
async fn an_unreachable_catalog_is_503() {
    let running = start().await;
    running.services.down.store(true, Ordering::Relaxed);
    for (version, action, code) in
        [(ECS, "DescribeImages", "ServiceUnavailable"), (KMS, "CreateKey", "ServiceUnavailableTemporary")]
    {
        let answer = running.send(&V1::new(version, action, &[]).sign("testsecret").request()).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, code));
        assert!(!answer.body.contains("catalog"), "{}", answer.body);
    }
    let ready = running.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready; the log says why\n"));
    running.services.down.store(false, Ordering::Relaxed);
    assert_eq!(running.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 200);
}

/// What cannot be written down is not answered.
#[tokio::test]
async fn a_full_journal_is_500() {
    let running = start().await;
    running.services.journal_full.store(true, Ordering::Relaxed);
    let answer = running.send(&V1::new(KMS, "CreateKey", &[]).sign("testsecret").request()).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "InternalFailure"));
    assert!(!answer.body.contains("KeyMetadata"), "{}", answer.body);
}

/// The journal holds calls with a right signature, done or refused, with what they needed; and no others.
#[tokio::test]
async fn signed_calls_are_written_down() {
    let running = start().await;
    let encrypt = |nonce: &str| {
        V1::new(KMS, "Encrypt", &[("KeyId", "k-1"), ("Plaintext", "cGxhaW4="), ("SignatureNonce", nonce)])
    };
    running.send(&encrypt("1").sign("testsecret").request()).await;
    running.send(&encrypt("2").set("AccessKeyId", "nobodyid").sign("nobodysecret").request()).await;
    running.send(&encrypt("3").without("KeyId").sign("testsecret").request()).await;
    running.send(&encrypt("4").sign("wrong").request()).await;
    running.send(&encrypt("5").set("AccessKeyId", "nobody").sign("wrong").request()).await;
    let need = "kms:Encrypt@acs:kms:cn-hangzhou:1234567890123456:key/k-1";
    let who = "acs:ram::1234567890123456";
    assert_eq!(
        running.journal(),
        [
            format!("{NOW} kms:Encrypt cn-hangzhou by {who}:root (testid) from 127.0.0.1 needs [{need}] OK"),
            format!(
                "{NOW} kms:Encrypt cn-hangzhou by {who}:user/nobody (nobodyid) from 127.0.0.1 needs [{need}] Forbidden.NoPermission"
            ),
            format!("{NOW} kms:Encrypt cn-hangzhou by {who}:root (testid) from 127.0.0.1 needs [] MissingParameter"),
        ]
    );
}
