//! What the engine asks of a key management service.
//!
//! The engine never sees a key-encrypting key and never chooses one: the caller
//! hands in a service that is already bound to the key that the user named.

use std::collections::BTreeMap;

use crypto::Secret;
use formats::envelope::Envelope;

/// An error of the key service, with its own text: which key, which state, what to do.
pub type KeyError = Box<dyn std::error::Error + Send + Sync>;

/// Encryption context: the pairs that the wrapped key is bound to.
pub type KeyContext = BTreeMap<String, String>;

/// A fresh data key.
pub struct NewDataKey {
    /// 32 random bytes. Their base64 text is the LUKS passphrase.
    pub data_key: Secret,
    /// The same, wrapped by the service, as base64 text.
    pub wrapped: String,
    /// Name of the service for the envelope's `kms` field.
    pub kms: String,
    /// Key that wrapped it.
    pub key_id: String,
    /// Version of that key.
    pub key_version: String,
}

/// What the catalog remembers of an image that was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// Image id, as in the envelope's context.
    pub image: String,
    /// Path of the file, absolute where the system can tell.
    pub path: String,
    /// Key that wraps the data key.
    pub key_id: String,
    /// Version of that key.
    pub key_version: String,
    /// UUID in the LUKS header.
    pub luks_uuid: String,
    /// Digest of the LUKS master key, hex.
    pub mk_digest: String,
    /// The envelope as it stands in the file.
    pub envelope: String,
    /// `encrypt`, `reencrypt`, `rewrap` or `keep`.
    pub mode: String,
}

/// A key management service, bound to the key for new data keys.
pub trait KeyService: Sync {
    /// Makes a data key under the named key (or the service key), bound to `context`.
    fn new_data_key(&self, context: &KeyContext) -> Result<NewDataKey, KeyError>;

    /// Unwraps the data key of an envelope under the envelope's own context.
    fn unwrap(&self, envelope: &Envelope) -> Result<Secret, KeyError>;

    /// Remembers a sealed image. Durable when this returns: the record is there
    /// before the file gets its name, so that no file exists that the key's usage does not list.
    fn remember(&self, record: &SealedRecord) -> Result<(), KeyError>;

    /// Forgets a record whose file did not come to be.
    fn forget(&self, record: &SealedRecord) -> Result<(), KeyError>;

    /// The envelopes that were remembered for a LUKS uuid, for files that lost theirs. A rewrapped image has the uuid of
    /// its source, so there may be several; the header tells which is the right one.
    fn recall(&self, luks_uuid: &str) -> Result<Vec<String>, KeyError>;
}
