//! Nothing that was sent as a secret comes back in an answer or stands in a log: not the plaintext, not the access key secret,
//! not the token, not the string to sign.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::backend::ROOT_KEY;
use crate::calls::{self, Client, RAM, STS};
use crate::client::start;
use crate::memory::ACCOUNT;
use crate::signing::V1;
use crate::story::{ROOT, STRANGER, Story, text};

/// Base64 of "plaintext".
const SECRET: &str = "cGxhaW50ZXh0";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One test, because two logs at once do not hear everything: `tracing` remembers who listens for the whole process.
#[tokio::test]
async fn answers_and_logs_hold_no_secret() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::TRACE).with_ansi(false);
    // Of the whole process: what other tests log must hold no secret either, and nothing is lost to who listens in which thread.
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    secrets_that_were_sent(&log).await;
    secrets_that_were_made(&log).await;
    plaintexts(&log).await;
}

/// Whatever is wrong with a call.
async fn secrets_that_were_sent(log: &Log) {
    let running = start().await;
    let call = |nonce: &str| {
        V1::new("2016-01-20", "Encrypt", &[("KeyId", "k"), ("Plaintext", "cGxhaW50ZXh0"), ("SignatureNonce", nonce)])
    };
    let mut answers = String::new();
    for request in [
        call("1").sign("testsecret").request(),
        call("1").sign("testsecret").request(),
        call("2").sign("wrongsecret").request(),
        call("3").set("SecurityToken", "tokentoken").sign("testsecret").request(),
        call("4").set("Plaintext", "").sign("testsecret").request(),
        call("5").set("DryRun", "cGxhaW50ZXh0").sign("testsecret").request(),
        call("6").sign("testsecret").request().replacen("Plaintext=", "Plaintext=1&Plaintext=", 1),
        call("7").sign("testsecret").request().replacen("cGxhaW50ZXh0", "cGxhaW50ZXh0%FF", 1),
        call("8").sign("testsecret").request().replacen(
            "Plaintext=cGxhaW50ZXh0",
            "cGxhaW50ZXh0%20=1&cGxhaW50ZXh0%20=2",
            1,
        ),
    ] {
        let answer = running.send(&request).await;
        answers += &answer.body;
    }
    let log = log.text();
    assert!(log.contains("request.id") && log.contains("SignatureDoesNotMatch") && log.contains("testid"), "{log}");
    assert!(answers.contains("SignatureDoesNotMatch") && answers.contains("CiphertextBlob"), "{answers}");
    for secret in ["cGxhaW50ZXh0", "testsecret", "wrongsecret", "tokentoken", "Plaintext%3D"] {
        assert!(!answers.contains(secret), "{secret} in an answer: {answers}");
        assert!(!log.contains(secret), "{secret} in the log: {log}");
    }
}

/// Secrets of access keys and sessions stand in the one answer that gives them, and nowhere else.
async fn secrets_that_were_made(log: &Log) {
    let running = calls::start().await;
    let root = Client::root(&running);
    let bob = root.hire("bob").await;
    let trust = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{ACCOUNT}:root"}}}}]}}"#
    );
    let role = root.done(RAM, "CreateRole", &[("RoleName", "ops"), ("AssumeRolePolicyDocument", &trust)]).await;
    let arn = role["Role"]["Arn"].as_str().unwrap();
    let session = root.done(STS, "AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "s1")]).await;
    let password = "Example_1234";
    root.done(RAM, "CreateLoginProfile", &[("UserName", "bob"), ("Password", password)]).await;
    let text = |field: &str| session["Credentials"][field].as_str().unwrap();
    let others = [
        bob.call(RAM, "ListUsers", &[]).await.body,
        root.call(RAM, "ListAccessKeys", &[("UserName", "bob")]).await.body,
        root.call(RAM, "GetLoginProfile", &[("UserName", "bob")]).await.body,
        bob.call(RAM, "ChangePassword", &[("OldPassword", password), ("NewPassword", password)]).await.body,
        root.call(RAM, "GetRole", &[("RoleName", "ops")]).await.body,
        running.journal().join("\n"),
        log.text(),
    ];
    assert!(others[6].contains("CreateAccessKey"), "the log is not empty: {}", others[6]);
    for secret in [bob.secret(), text("AccessKeySecret"), text("SecurityToken"), ROOT_KEY.1, password] {
        for other in &others {
            assert!(!other.contains(secret), "{other}");
        }
    }
}

/// The real calls of KMS, done and refused: a plaintext comes back where it was asked for, and nowhere else.
async fn plaintexts(log: &Log) {
    let story = Story::begin().await;
    let id = story.key_id().await;
    let call = |plaintext: &'static str| [("KeyId", id.clone()), ("Plaintext", plaintext.to_owned())];
    let mut answers = String::new();
    let mut blob = String::new();
    for (who, action, pairs) in [
        (ROOT, "Encrypt", call(SECRET)),
        (ROOT, "Encrypt", call("cGxhaW50ZXh0!")),
        (STRANGER, "Encrypt", call(SECRET)),
        (ROOT, "GenerateDataKeyWithoutPlaintext", call(SECRET)),
        (ROOT, "AsymmetricEncrypt", call(SECRET)),
    ] {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = story.call(who, action, &pairs).await;
        if blob.is_empty() {
            let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            blob = text(&value["CiphertextBlob"]);
        }
        answers += &answer.body;
    }
    let opened = story.ok("Decrypt", &[("CiphertextBlob", &blob)]).await;
    assert_eq!(text(&opened["Plaintext"]), SECRET);
    story.refused("Decrypt", &[("CiphertextBlob", &blob), ("EncryptionContext", r#"{"a":"cGxhaW50ZXh0"}"#)]).await;
    let log = log.text();
    assert!(log.contains("answered kms Decrypt with OK"), "{log}");
    for secret in [SECRET, ROOT_KEY.1] {
        assert!(!answers.contains(secret), "{secret} in an answer: {answers}");
        assert!(!log.contains(secret), "{secret} in the log: {log}");
    }
}
