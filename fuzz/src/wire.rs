//! What reaches the server from strangers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Secret;
use crypto::asymmetric::{KeySpec, SshPublicKey, UnwrappingKey, WrappingAlgorithm};
use kms::EncryptionContext;
use ram::{
    Action, Ask, AttachedPolicy, Caller, ConditionContext, KeyPolicy, PolicySet, Principal, TrustPolicy, authorize,
    authorize_assume_role,
};

/// Query and form of a call: the first line, and what follows it.
pub fn parameters(bytes: &[u8]) -> bool {
    let (query, form) = cut(bytes, b"\n");
    std::str::from_utf8(query).is_ok_and(|query| api::fuzzing::parameters(query, form))
}

/// A call with signature v3: its query on the first line, its headers on one each, an empty line, the body.
pub fn signature_v3(bytes: &[u8]) -> bool {
    let (head, body) = cut(bytes, b"\n\n");
    let (query, headers) = cut(head, b"\n");
    let headers = headers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| cut(line, b": "));
    std::str::from_utf8(query).is_ok_and(|query| api::fuzzing::signature_v3(query, headers, body))
}

/// A public key for instances; what is taken is written and read again as it was.
pub fn ssh_key(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(key) = SshPublicKey::parse(text) else { return false };
    assert_eq!(SshPublicKey::parse(&key.to_line()), Ok(key), "a key has one line");
    true
}

/// A policy document, as each kind that it can be; whatever is accepted decides about a call.
pub fn policy(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (identity, key, trust) = (text.parse(), text.parse::<KeyPolicy>(), text.parse::<TrustPolicy>());
    let caller = Caller {
        account: "1111111111111111".parse().expect("an account"),
        principal: Principal::User {
            name: "bob".parse().expect("a name"),
            id: "200000000000000001".parse().expect("an id"),
        },
        access_key_id: None,
        source_ip: Some("203.0.113.9".parse().expect("an address")),
        secure_transport: true,
        request_time: "2026-11-27T10:00:00Z".parse().expect("a time"),
    };
    let mut conditions = ConditionContext::of(&caller);
    conditions.set("kms:tag/team", "blue");
    let accepted = identity.is_ok() || key.is_ok() || trust.is_ok();
    let identity =
        identity.into_iter().map(|document| AttachedPolicy { name: "p".to_owned(), document: Arc::new(document) });
    let policies = PolicySet { identity: identity.collect(), session: text.parse().ok().map(Arc::new) };
    let resource = "acs:kms:cn-hangzhou:1111111111111111:key/k-1".parse().expect("an ARN");
    let asks = [Ask { action: Action::new("kms:Decrypt"), resource }];
    let permitted = authorize(&caller, &asks, &policies, key.as_ref().ok(), &conditions).is_ok();
    assert!(accepted || !permitted, "allowed by nothing");
    if let Ok(trust) = trust {
        let role = "ops".parse().expect("a name");
        let _ = authorize_assume_role(&caller, caller.account, &role, &policies, &trust, &conditions);
    }
    accepted
}

/// The context of a ciphertext, as JSON.
pub fn encryption_context(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(context) = EncryptionContext::from_json(text) else { return false };
    let pairs: BTreeMap<String, String> = serde_json::from_str(text).expect("an object of texts");
    assert_eq!(EncryptionContext::new(pairs).ok(), Some(context), "a context is not that of its pairs");
    true
}

/// Wrapped key material: which algorithm (a byte), and what should be 32 bytes under the key in `keys/`.
pub fn import(bytes: &[u8]) -> bool {
    thread_local!(static KEYS: [UnwrappingKey; 3] = import_keys());
    let Some((&algorithm, wrapped)) = bytes.split_first() else { return false };
    let unwrapped = KEYS.with(|keys| keys[usize::from(algorithm) % keys.len()].unwrap(wrapped, MATERIAL_BYTES));
    match unwrapped.accept(|_| true) {
        Ok(material) => {
            assert_eq!(material.len(), MATERIAL_BYTES, "material of another length");
            true
        }
        Err(_) => false,
    }
}

fn import_keys() -> [UnwrappingKey; 3] {
    let private = Secret::copy_of(include_bytes!("../keys/import.pkcs8"));
    let spec = KeySpec::from_name("RSA_2048").expect("a spec");
    ["RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"].map(|name| {
        let algorithm = WrappingAlgorithm::from_name(name).expect("an algorithm");
        UnwrappingKey::from_pkcs8(spec, algorithm, &private).expect("a key")
    })
}

/// AES-256.
const MATERIAL_BYTES: usize = 32;

/// What stands before the first `mark`, and what after it.
fn cut<'b>(bytes: &'b [u8], mark: &[u8]) -> (&'b [u8], &'b [u8]) {
    match bytes.windows(mark.len()).position(|window| window == mark) {
        Some(at) => (&bytes[..at], &bytes[at + mark.len()..]),
        None => (bytes, &[]),
    }
}
