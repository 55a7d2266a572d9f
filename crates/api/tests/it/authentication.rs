//! Who may call: time, access key, signature, nonce, in this order, under both schemes.

use jiff::SignedDuration;

use crate::client::{Answer, start};
use crate::signing::{V1, V3};

const KMS: &str = "2016-01-20";

/// A request, and what it is answered with: status, code.
type Case = (&'static str, String, u16, &'static str);

#[tokio::test]
async fn keys_and_signatures_are_checked() {
    let running = start().await;
    let v1 = |nonce: &str| V1::new(KMS, "CreateKey", &[("SignatureNonce", nonce)]);
    let v3 = |nonce: &str| V3::new(KMS, "CreateKey", &[]).header("x-acs-signature-nonce", nonce);
    let session = |token: &str| v1(token).set("AccessKeyId", "STS.session").set("SecurityToken", token);
    let cases: Vec<Case> = vec![
        ("v1 right", v1("1").sign("testsecret").request(), 200, "OK"),
        ("v3 right", v3("2").request("testid", "testsecret"), 200, "OK"),
        ("v1 wrong secret", v1("3").sign("other").request(), 400, "SignatureDoesNotMatch"),
        ("v3 wrong secret", v3("3").request("testid", "other"), 400, "SignatureDoesNotMatch"),
        (
            "v1 unknown key",
            v1("3").set("AccessKeyId", "nobody").sign("s").request(),
            404,
            "InvalidAccessKeyId.NotFound",
        ),
        ("v3 unknown key", v3("3").request("nobody", "s"), 404, "InvalidAccessKeyId.NotFound"),
        (
            "v1 switched off",
            v1("3").set("AccessKeyId", "offid").sign("offsecret").request(),
            403,
            "Forbidden.AccessKey",
        ),
        (
            "v3 switched off, other product",
            { V3::new("2014-05-26", "DescribeImages", &[]).request("offid", "offsecret") },
            400,
            "InvalidAccessKeyId.Inactive",
        ),
        (
            "v1 changed after signing",
            v1("3").sign("testsecret").set("Description", "x").request(),
            400,
            "SignatureDoesNotMatch",
        ),
        ("v1 no Base64", v1("3").set("Signature", "***").request(), 400, "SignatureDoesNotMatch"),
        ("v1 empty signature", v1("3").set("Signature", "").request(), 400, "MissingParameter"),
        ("v1 token", session("STS.tok/en+=").sign("sessionsecret").request(), 200, "OK"),
        (
            "v1 no token",
            session("x").without("SecurityToken").sign("sessionsecret").request(),
            400,
            "MissingSecurityToken",
        ),
        ("v1 old token", session("expired").sign("sessionsecret").request(), 400, "InvalidSecurityToken.Expired"),
        (
            "v1 no token at all",
            session("garbage").sign("sessionsecret").request(),
            400,
            "InvalidSecurityToken.Malformed",
        ),
        (
            "v1 foreign token",
            session("other").sign("sessionsecret").request(),
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
        (
            "v1 token with a key of its own",
            v1("3").set("SecurityToken", "t").sign("testsecret").request(),
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
        (
            "v3 token",
            v3("4").header("x-acs-security-token", "STS.tok/en+=").request("STS.session", "sessionsecret"),
            200,
            "OK",
        ),
        (
            "v3 token not signed",
            {
                v3("5")
                    .header("x-acs-security-token", "STS.tok/en+=")
                    .unsigned("x-acs-security-token")
                    .request("STS.session", "sessionsecret")
            },
            400,
            "IncompleteSignature",
        ),
        (
            "v3 another body",
            v3("5").form("A=1").request("testid", "testsecret").replace("A=1", "A=2"),
            400,
            "SignatureDoesNotMatch",
        ),
        (
            "v3 another digest",
            v3("5").header("x-acs-content-sha256", &"0".repeat(64)).request("testid", "testsecret"),
            400,
            "SignatureDoesNotMatch",
        ),
        (
            "v3 another query",
            v3("5").request("testid", "testsecret").replacen("/?", "/?A=1", 1),
            400,
            "SignatureDoesNotMatch",
        ),
        (
            "v3 another host",
            v3("5").request("testid", "testsecret").replacen("host: kms.local", "host: kms.other", 1),
            400,
            "SignatureDoesNotMatch",
        ),
        (
            "v3 signed header twice",
            {
                v3("5").request("testid", "testsecret").replacen(
                    "x-acs-action:",
                    "x-acs-action: CreateKey\r\nx-acs-action:",
                    1,
                )
            },
            400,
            "IncompleteSignature",
        ),
        (
            "v3 signed header taken away",
            v3("5").header("x-extra", "1").request("testid", "testsecret").replacen("x-extra: 1\r\n", "", 1),
            400,
            "IncompleteSignature",
        ),
        (
            "v3 other algorithm",
            v3("5").request("testid", "testsecret").replace("ACS3-HMAC-SHA256", "ACS3-RSA-SHA256"),
            400,
            "InvalidSignatureMethod",
        ),
        (
            "v3 with extra headers, signed",
            v3("6").header("x-acs-z", "  padded ").header("user-agent", "a/1 (b; c)").request("testid", "testsecret"),
            200,
            "OK",
        ),
        (
            "v3 host with a scheme",
            v3("7").header("host", "http://127.0.0.1:8080").request("testid", "testsecret"),
            200,
            "OK",
        ),
    ];
    for (name, request, status, code) in cases {
        let answer = running.send(&request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{name}: {}", answer.body);
    }
}

/// Each header that the answer depends on has to be signed.
#[tokio::test]
async fn v3_wants_its_headers_signed() {
    let running = start().await;
    for name in ["host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"]
    {
        let answer = running.send(&V3::new(KMS, "CreateKey", &[]).unsigned(name).request("testid", "testsecret")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "IncompleteSignature"), "{name}");
        assert!(answer.body.contains(&format!("header {name} must be signed")), "{}", answer.body);
    }
}

/// A request is good for fifteen minutes before and after its time, to the second, and once.
#[tokio::test]
async fn requests_are_fresh_and_used_once() {
    let running = start().await;
    let (minutes, second) = (SignedDuration::from_mins(15), SignedDuration::from_secs(1));
    let v1 = |nonce: &str| V1::new(KMS, "CreateKey", &[("SignatureNonce", nonce)]).sign("testsecret").request();
    let is = |answer: &Answer, code: &str| assert_eq!(answer.code(), code);

    is(&running.send(&v1("a")).await, "OK");
    is(&running.send(&v1("a")).await, "SignatureNonceUsed");
    is(
        &running
            .send(&V3::new(KMS, "CreateKey", &[]).header("x-acs-signature-nonce", "a").request("testid", "testsecret"))
            .await,
        "SignatureNonceUsed",
    );

    running.clock.advance(minutes);
    is(&running.send(&v1("b")).await, "OK");
    is(&running.send(&v1("a")).await, "SignatureNonceUsed");
    running.clock.advance(second);
    is(&running.send(&v1("c")).await, "InvalidTimeStamp.Expired");
    is(&running.send(&v1("a")).await, "InvalidTimeStamp.Expired");
    running.clock.advance(-minutes - minutes - second);
    is(&running.send(&v1("d")).await, "OK");
    running.clock.advance(-second);
    is(&running.send(&v1("e")).await, "InvalidTimeStamp.Expired");
}

/// A stranger cannot use up the nonces of an owner, nor see by the code whether a time was wrong for a key that exists.
#[tokio::test]
async fn checks_come_in_their_order() {
    let running = start().await;
    let call = V1::new(KMS, "CreateKey", &[]);
    assert_eq!(running.send(&call.sign("guess").request()).await.code(), "SignatureDoesNotMatch");
    assert_eq!(running.send(&V1::new(KMS, "CreateKey", &[]).sign("testsecret").request()).await.code(), "OK");
    for id in ["testid", "nobody", "offid"] {
        let stale = V1::new(KMS, "CreateKey", &[]).set("AccessKeyId", id).set("Timestamp", "2020-01-01T00:00:00Z");
        assert_eq!(running.send(&stale.sign("guess").request()).await.code(), "InvalidTimeStamp.Expired");
    }
    // Parameters are looked at only after the signature, and permission after the parameters.
    assert_eq!(
        running.send(&V1::new(KMS, "Encrypt", &[]).sign("guess").request()).await.code(),
        "SignatureDoesNotMatch"
    );
    let broken = V1::new(KMS, "Encrypt", &[]).set("AccessKeyId", "nobodyid").sign("nobodysecret");
    assert_eq!(running.send(&broken.request()).await.code(), "MissingParameter");
}
