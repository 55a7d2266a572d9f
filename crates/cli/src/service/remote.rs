//! The engine's key service, on a server.

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::Secret;
use engine::{Envelope, KeyContext, KeyError, KeyService, NewDataKey, SealedRecord};
use kms::KeyRef;
use serde::Deserialize;

use super::{KMS_NAME, check_kms};
use crate::remote::Remote;

/// The key that ECS uses when none is named.
const SERVICE_KEY: &str = "alias/acs/ecs";

/// A server's KMS, bound to the key that the user named; without one, to the service key.
///
/// The API has no call that tells a server of a file elsewhere, so nothing is remembered: its `key usage` lists what was sealed on
/// its own data directory only, and an image that lost its envelope is not recognised.
pub(super) struct RemoteKms<'a> {
    remote: &'a Remote,
    key: Option<KeyRef>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataKeyAnswer<'a> {
    key_id: String,
    key_version_id: String,
    ciphertext_blob: String,
    /// Borrowed, so that the only copy is the answer that is wiped. Base64 has nothing that JSON escapes.
    plaintext: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PlaintextAnswer<'a> {
    plaintext: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyAnswer {
    key_metadata: KeyState,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyState {
    key_id: String,
    key_state: String,
}

impl<'a> RemoteKms<'a> {
    pub(super) fn new(remote: &'a Remote, key: Option<KeyRef>) -> Self {
        Self { remote, key }
    }
}

/// The id of a key that is enabled.
pub(super) fn require_usable(remote: &Remote, key: &KeyRef) -> Result<KeyRef> {
    let answer = remote.call("DescribeKey", &[("KeyId", &key.to_string())])?;
    let KeyAnswer { key_metadata: found } = answer.read()?;
    if found.key_state != "Enabled" {
        bail!("key {} is {} and cannot be used", found.key_id, found.key_state);
    }
    Ok(found.key_id.parse()?)
}

impl KeyService for RemoteKms<'_> {
    fn new_data_key(&self, context: &KeyContext) -> Result<NewDataKey, KeyError> {
        let key = self.key.as_ref().map_or_else(|| SERVICE_KEY.to_owned(), ToString::to_string);
        let context = serde_json::to_string(context)?;
        let parameters = [("KeyId", key.as_str()), ("KeySpec", "AES_256"), ("EncryptionContext", &context)];
        let answer = self.remote.call("GenerateDataKey", &parameters)?;
        let made: DataKeyAnswer<'_> = answer.read()?;
        Ok(NewDataKey {
            data_key: decoded(made.plaintext)?,
            wrapped: made.ciphertext_blob,
            kms: KMS_NAME.to_owned(),
            key_id: made.key_id,
            key_version: made.key_version_id,
        })
    }

    fn unwrap(&self, envelope: &Envelope) -> Result<Secret, KeyError> {
        check_kms(envelope)?;
        let context = serde_json::to_string(&envelope.ctx)?;
        let parameters = [("CiphertextBlob", envelope.wrapped.as_str()), ("EncryptionContext", &context)];
        let answer = self.remote.call("Decrypt", &parameters)?;
        decoded(answer.read::<PlaintextAnswer<'_>>()?.plaintext)
    }

    fn remember(&self, _: &SealedRecord) -> Result<(), KeyError> {
        Ok(())
    }

    fn forget(&self, _: &SealedRecord) -> Result<(), KeyError> {
        Ok(())
    }

    fn recall(&self, _: &str) -> Result<Vec<String>, KeyError> {
        Ok(Vec::new())
    }
}

/// Base64 of a secret, into locked memory.
fn decoded(text: &str) -> Result<Secret, KeyError> {
    let mut len = 0;
    let bytes = Secret::try_from_fn(base64::decoded_len_estimate(text.len()), |out| {
        BASE64.decode_slice(text, out).map(|written| len = written).map_err(|_| "the server's answer is not Base64")
    })?;
    Ok(bytes.shortened(len))
}
