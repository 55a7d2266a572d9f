//! The keys of a new encrypted image, and what binds them to it.
//!
//! ```text
//!   LUKS header ── uuid, mk digest, SHA-256 ──▶ context ──▶ KMS wraps the data key under it
//!   data key ── base64 ──▶ passphrase ──▶ keyslot ──▶ master key ──▶ payload, digest trees
//!   data key ── HKDF ──▶ MAC over the envelope
//! ```

use std::sync::Arc;

use crypto::digest::{Digest, TreeKey, TreeKind, sha256};
use crypto::{Context, DataKey, Random, Secret, seal};
use formats::envelope::{self, Envelope, Mode};
use uuid::Uuid;

use crate::error::{EngineError, Result};
use crate::journal::SavedSealing;
use crate::keys::{KeyContext, KeyService};
use crate::leaves::LEAF_BYTES;
use crate::luks::{LuksKind, MASTER_KEY_BYTES, NewHeader};

/// Name of the wrapping in envelopes: crypto's `seal`.
const WRAP_ALGORITHM: &str = "AES-256-GCM-HKDF-COMMIT";
/// Name of the digest trees in envelopes.
pub(crate) const TREE_ALGORITHM: &str = "reseal-tree-v1";
const MAC_LABEL: &str = "reseal envelope v1";
const JOURNAL_LABEL: &str = "reseal journal master key v1";

/// Keys and header of one encrypted target.
pub(crate) struct Sealing {
    pub header: NewHeader,
    pub master_key: Arc<Secret>,
    /// Without roots and MAC until `complete`.
    pub envelope: Envelope,
    data_key: DataKey,
}

/// What a digest says of a finished file.
pub(crate) struct Roots {
    pub file_bytes: u64,
    pub file: Digest,
    pub guest: Digest,
}

impl Sealing {
    /// New keys: a new master key, a new data key under the service's key.
    pub(crate) fn create(
        kind: LuksKind,
        mode: Mode,
        service: &dyn KeyService,
        random: &dyn Random,
        created: &str,
    ) -> Result<Self> {
        let master_key = loop {
            let key = Secret::random(MASTER_KEY_BYTES, random);
            // XTS with equal halves is weak; it does not happen by chance, but it costs nothing to ask.
            if let [first, second] = [&key.expose()[..32], &key.expose()[32..]]
                && first != second
            {
                break key;
            }
        };
        let uuid = new_uuid(random).to_string();
        let header = NewHeader::create(kind, &uuid, &master_key, random)?;
        Self::under_new_data_key(header, Arc::new(master_key), mode, service, random, created)
    }

    /// A new data key for a master key that stays.
    pub(crate) fn under_new_data_key(
        header: NewHeader,
        master_key: Arc<Secret>,
        mode: Mode,
        service: &dyn KeyService,
        random: &dyn Random,
        created: &str,
    ) -> Result<Self> {
        let ctx = context(&new_uuid(random).to_string(), &header)?;
        let new = service.new_data_key(&ctx).map_err(EngineError::Key)?;
        let data_key = DataKey::try_from(new.data_key).map_err(EngineError::crypto("data key"))?;
        let envelope = Envelope {
            v: 1,
            kms: new.kms,
            key_id: new.key_id,
            key_version: new.key_version,
            alg: WRAP_ALGORITHM.to_owned(),
            wrapped: new.wrapped,
            ctx,
            mode: Some(mode),
            digest: None,
            header_area: String::new(),
            created: created.to_owned(),
            mac: String::new(),
        };
        Ok(Self { header, master_key, envelope, data_key })
    }

    /// The keys of a copy that was interrupted. `None`: the journal is not readable as such.
    pub(crate) fn resume(saved: &SavedSealing, service: &dyn KeyService) -> Result<Option<Self>> {
        let (Ok(envelope), Some(header)) =
            (Envelope::decode(saved.envelope.as_bytes()), NewHeader::load(&saved.luks_header))
        else {
            return Ok(None);
        };
        if envelope.ctx.get("luks_header") != context("", &header)?.get("luks_header") {
            return Ok(None);
        }
        let data_key = service.unwrap(&envelope).map_err(EngineError::Key)?;
        let data_key = DataKey::try_from(data_key).map_err(EngineError::crypto("data key"))?;
        let Ok(sealed) = hex::decode(&saved.master_key) else { return Ok(None) };
        let Ok(master_key) = seal::open(data_key.secret(), &journal_context()?, &sealed) else { return Ok(None) };
        Ok(Some(Self { header, master_key: Arc::new(master_key), envelope, data_key }))
    }

    /// What the journal keeps, so that `resume` finds the same keys.
    pub(crate) fn save(&self, random: &dyn Random) -> Result<SavedSealing> {
        let sealed = seal::seal(self.data_key.secret(), &journal_context()?, self.master_key.expose(), random);
        let envelope = self.envelope.encode().map_err(|e| EngineError::Unsuitable(e.to_string()))?;
        Ok(SavedSealing {
            envelope: String::from_utf8_lossy(&envelope).into_owned(),
            luks_header: self.header.save()?,
            master_key: hex::encode(sealed),
        })
    }

    /// Id of the image.
    pub(crate) fn image(&self) -> &str {
        self.envelope.ctx.get("image").map_or("", String::as_str)
    }

    /// Key material for the keyslot, fresh each time.
    pub(crate) fn key_material(&self, random: &dyn Random) -> Result<Vec<u8>> {
        self.header.key_material(&self.data_key.passphrase(), &self.master_key, random)
    }

    /// The finished envelope, padded to its capacity. `area`: see [`area_digest`].
    pub(crate) fn complete(&mut self, roots: Option<&Roots>, area: &Digest) -> Result<Vec<u8>> {
        self.envelope.digest = roots.map(|roots| envelope::Digest {
            alg: TREE_ALGORITHM.to_owned(),
            leaf_bytes: LEAF_BYTES,
            file_bytes: roots.file_bytes,
            file_root: hex::encode(roots.file),
            guest_root: hex::encode(roots.guest),
        });
        self.envelope.header_area = hex::encode(area);
        self.envelope.mac = hex::encode(envelope_mac(self.data_key.secret(), &self.envelope)?);
        self.envelope.encode_padded().map_err(|e| EngineError::Unsuitable(e.to_string()))
    }
}

/// MAC of an envelope under its data key.
pub(crate) fn envelope_mac(data_key: &Secret, envelope: &Envelope) -> Result<Digest> {
    let input = envelope.mac_input().map_err(|e| EngineError::Unsuitable(e.to_string()))?;
    Ok(crypto::mac::mac(data_key, MAC_LABEL, &input))
}

/// Keys of the two digest trees of an image. They come from the master key, so that they stay when
/// only the data key changes: a rewrapped image keeps its tree.
pub(crate) struct TreeKeys {
    pub file: TreeKey,
    pub guest: TreeKey,
}

impl TreeKeys {
    pub(crate) fn new(master_key: &Secret) -> Self {
        Self {
            file: TreeKey::derive(master_key, TreeKind::File, &[]),
            guest: TreeKey::derive(master_key, TreeKind::Guest, &[]),
        }
    }
}

/// What the KMS binds the data key to. `luks_header` covers every field of the header: cipher,
/// payload offset, and the state of each keyslot.
pub(crate) fn context(image: &str, header: &NewHeader) -> Result<KeyContext> {
    let (pinned, mk_digest) = match header {
        NewHeader::V1(header) => (header.encode().to_vec(), hex::encode(header.mk_digest)),
        NewHeader::V2 { metadata, .. } => {
            let pinned = metadata.pinned().map_err(|e| EngineError::Unsuitable(e.to_string()))?;
            let digest = metadata.payload_digest().map_or("", |digest| digest.digest.as_str());
            (pinned, digest.to_owned())
        }
    };
    Ok([
        ("image".to_owned(), image.to_owned()),
        ("luks_uuid".to_owned(), header.uuid().to_owned()),
        ("mk_digest".to_owned(), mk_digest),
        ("luks_header".to_owned(), hex::encode(sha256(&pinned))),
    ]
    .into())
}

fn journal_context() -> Result<Context> {
    Context::from_pairs([("purpose", JOURNAL_LABEL)]).map_err(EngineError::crypto("journal"))
}

/// A version 4 UUID.
pub(crate) fn new_uuid(random: &dyn Random) -> Uuid {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Whether `text` is a UUID, so that it may become part of a file's name.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}
