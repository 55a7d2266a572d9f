//! Opens sealed images: first what was pinned is compared, then the key is asked for.

use crypto::digest::{Digest, Sha256, sha256};
use crypto::{DataKey, Secret};
use formats::envelope::{ENVELOPE_CAPACITY, Envelope, Mode};
use formats::luks1::KEY_MATERIAL_END;

use crate::error::{EngineError, Result};
use crate::image::{FoundEnvelope, Image, Luks, LuksHeader};
use crate::keys::KeyService;
use crate::luks::unlock;
use crate::sealing::envelope_mac;

/// An image whose envelope, header and keys belong together.
pub(crate) struct Opened {
    pub envelope: Envelope,
    /// LUKS passphrase.
    pub passphrase: Secret,
    pub master_key: Secret,
}

/// Opens an image with the key that its envelope names.
///
/// Errors: `Locked` without envelope; `Tampered` when header or envelope are not those that were
/// sealed, before any key leaves the KMS as far as the header goes; the KMS's refusal.
pub(crate) fn open_sealed(image: &Image, service: &dyn KeyService) -> Result<Opened> {
    let envelope = envelope_of(image, service)?;
    check_pins(image, &envelope)?;
    let data_key = service.unwrap(&envelope).map_err(EngineError::Key)?;
    let data_key = DataKey::try_from(data_key).map_err(EngineError::crypto("data key"))?;
    let mac = hex::encode(envelope_mac(data_key.secret(), &envelope)?);
    if !Secret::copy_of(mac.as_bytes()).equals(&Secret::copy_of(envelope.mac.as_bytes())) {
        return Err(tampered(image, "the envelope was changed after the image was sealed"));
    }
    let passphrase = data_key.passphrase();
    let Some(master_key) = unlock(image, &passphrase)? else {
        return Err(tampered(image, "the keyslot does not take the image's own key"));
    };
    Ok(Opened { envelope, passphrase, master_key })
}

/// The envelope in the file, or the recorded one of a file that lost it.
fn envelope_of(image: &Image, service: &dyn KeyService) -> Result<Envelope> {
    if let Some(found) = &image.envelope {
        return Ok(found.envelope.clone());
    }
    let recalled = match luks_uuid(image) {
        Some(uuid) => service.recall(uuid).map_err(EngineError::Key)?,
        None => Vec::new(),
    };
    let decoded = recalled.iter().filter_map(|text| Envelope::decode(text.as_bytes()).ok());
    let (fitting, others): (Vec<_>, Vec<_>) = decoded.partition(|envelope| check_pins(image, envelope).is_ok());
    fitting.into_iter().chain(others).next().ok_or_else(|| EngineError::Locked {
        path: image.path().to_owned(),
        reason: "it is encrypted, but carries no envelope and none is recorded for it; give its passphrase with --source-passphrase-file".to_owned(),
    })
}

/// Compares the LUKS header with what the envelope's context and `header_area` pin (R26).
///
/// Needs no key. An envelope without these pins (of another tool) has nothing to compare; its
/// key service decides.
pub(crate) fn check_pins(image: &Image, envelope: &Envelope) -> Result<()> {
    let Some(luks) = &image.luks else {
        return Err(tampered(image, "it carries an envelope, but is not encrypted"));
    };
    // Else whoever can change the file could put plain data of his own under it.
    if image.names_backing_file() && envelope.mode != Some(Mode::Disk) {
        return Err(tampered(image, "it names a backing file, which a sealed image never does"));
    }
    let (uuid, mk_digest, pinned) = match &luks.header {
        LuksHeader::V1(header) => (header.uuid.as_str(), hex::encode(header.mk_digest), header.encode().to_vec()),
        LuksHeader::V2(headers) => {
            let digest = headers.metadata.payload_digest().map_or("", |digest| digest.digest.as_str());
            let pinned = headers.metadata.pinned().map_err(EngineError::format(image.path()))?;
            (headers.binary.uuid.as_str(), digest.to_owned(), pinned)
        }
    };
    let actual = [("luks_uuid", uuid, "its UUID"), ("mk_digest", &mk_digest, "the digest of its master key")];
    for (name, found, what) in actual {
        if envelope.ctx.get(name).is_some_and(|wanted| wanted != found) {
            return Err(tampered(image, &format!("the LUKS header is not the one that was sealed: {what} differs")));
        }
    }
    let header = hex::encode(sha256(&pinned));
    if envelope.ctx.get("luks_header").is_some_and(|wanted| *wanted != header) {
        return Err(tampered(
            image,
            &format!("the LUKS header was changed after the image was sealed{}", describe_slots(&luks.header)),
        ));
    }
    if !envelope.header_area.is_empty() && hex::encode(area_digest(image, luks)?) != envelope.header_area {
        return Err(tampered(
            image,
            "key material or unused space of the LUKS header was changed after the image was sealed",
        ));
    }
    check_envelope_bytes(image)
}

/// Ours are padded and in one form, so a byte changed between the values shows too.
fn check_envelope_bytes(image: &Image) -> Result<()> {
    let Some(FoundEnvelope { envelope, bytes, .. }) = &image.envelope else { return Ok(()) };
    let ours = bytes.len() == ENVELOPE_CAPACITY && !envelope.mac.is_empty();
    if ours && envelope.encode_padded().ok().as_ref() != Some(bytes) {
        return Err(tampered(image, "the bytes of the envelope were changed after the image was sealed"));
    }
    Ok(())
}

/// SHA-256 over everything of the LUKS header that is not in the context already: for LUKS1 from the
/// header to the end of the key material, for LUKS2 the pinned metadata and the keyslot areas.
fn area_digest(image: &Image, luks: &Luks) -> Result<Digest> {
    if let Some(known) = luks.area_digest.get() {
        return Ok(*known);
    }
    let mut hash = Sha256::new();
    match &luks.header {
        // What we write ends there; another header is not read at whatever length it claims.
        LuksHeader::V1(header) if header.key_material_end() > KEY_MATERIAL_END => return Ok([0; 32]),
        LuksHeader::V1(header) => image.hash_range(&mut hash, luks.offset, header.key_material_end())?,
        LuksHeader::V2(headers) => {
            hash.update(&headers.metadata.pinned().map_err(EngineError::format(image.path()))?);
            for slot in headers.metadata.keyslots.values() {
                image.hash_range(&mut hash, slot.area.offset, slot.area.size)?;
            }
        }
    }
    let digest = hash.finish();
    Ok(*luks.area_digest.get_or_init(|| digest))
}

pub(crate) fn luks_uuid(image: &Image) -> Option<&str> {
    match &image.luks.as_ref()?.header {
        LuksHeader::V1(header) => Some(&header.uuid),
        LuksHeader::V2(headers) => Some(&headers.binary.uuid),
    }
}

fn describe_slots(header: &LuksHeader) -> String {
    let active = match header {
        LuksHeader::V1(header) => header.slots.iter().filter(|slot| slot.active).count(),
        LuksHeader::V2(headers) => headers.metadata.keyslots.len(),
    };
    if active == 1 { String::new() } else { format!(": it has {active} keyslots where one was made") }
}

/// The error for bytes that are not those that were sealed.
pub(crate) fn tampered(image: &Image, reason: &str) -> EngineError {
    let advice = "restore the header with `reseal restore-header`, or copy the image from its source again";
    EngineError::Tampered { path: image.path().to_owned(), reason: format!("{reason}; {advice}") }
}
