use std::ffi::c_ulong;
use std::sync::Arc;

use crypto::{Context, Random, Secret};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::session::Session;
use zeroize::Zeroizing;

use super::super::error::RootError;
use super::TokenPlace;
use super::module::Module;
use super::pool::{Open, Pool};
use super::session::ID_BYTES;

/// First byte of a value that a token sealed; those of `crypto::seal` begin with smaller numbers.
const FORMAT: u8 = 0x10;
pub(crate) const IV_BYTES: usize = 12;
const TAG_BITS: c_ulong = 128;

/// An AES-256 key in a token. Calls block for as long as the token takes.
pub(crate) struct TokenKey {
    pool: Pool,
}

impl TokenKey {
    /// All keys with the label of `place`.
    ///
    /// Errors: `TokenGone`, `TokenPin`, `TokenRefused`, and those of the PIN file.
    pub(crate) fn all_at(place: &TokenPlace) -> Result<Vec<Self>, RootError> {
        let module = module(place)?;
        let ids = in_session(place, &module, |session| {
            let keys = place.keys(session)?;
            keys.iter().try_for_each(|(handle, _)| place.check_key(session, *handle))?;
            Ok(keys.into_iter().map(|(_, id)| id).collect::<Vec<_>>())
        })?;
        Ok(ids.into_iter().map(|id| Self { pool: Pool::new(place.clone(), module.clone(), id) }).collect())
    }

    /// Makes a key with the label of `place`.
    ///
    /// Errors: as [`Self::all_at`].
    pub(crate) fn make_at(place: &TokenPlace, random: &dyn Random) -> Result<Self, RootError> {
        let module = module(place)?;
        let mut id = [0; ID_BYTES];
        random.fill(&mut id);
        in_session(place, &module, |session| {
            let handle = place.make_key(session, &id)?;
            place.check_key(session, handle)
        })?;
        Ok(Self { pool: Pool::new(place.clone(), module, id.to_vec()) })
    }

    /// Seals a value. What the token gives is opened again before it is trusted.
    ///
    /// Errors: `TokenGone`, `TokenPin`, `TokenRefused`.
    pub(crate) fn seal(&self, context: &Context, value: &Secret, iv: [u8; IV_BYTES]) -> Result<Vec<u8>, RootError> {
        let associated = associated_data(context);
        self.pool.run(|open| {
            let sealed = encrypt(open, &associated, iv, value.expose())?;
            decrypt(open, &associated, &sealed).filter(|opened| opened.equals(value)).map(|_| sealed)
        })
    }

    /// Opens a sealed value; `None` when it is not authentic.
    ///
    /// Errors: `TokenGone`, `TokenPin`, `TokenRefused`.
    pub(crate) fn open(&self, context: &Context, sealed: &[u8]) -> Result<Option<Secret>, RootError> {
        if sealed.first() != Some(&FORMAT) || sealed.len() <= 1 + IV_BYTES {
            return Ok(None);
        }
        let associated = associated_data(context);
        self.pool.run(|open| match decrypt(open, &associated, sealed) {
            Some(value) => Some(Some(value)),
            // Tokens give one and the same error for a changed value and for a lost key. A token that opens what it has just
            // sealed is well, so the value is not.
            None => is_well(open).then_some(None),
        })
    }

    /// Where the key is, for people.
    pub(crate) fn place(&self) -> &TokenPlace {
        &self.pool.place
    }
}

fn in_session<T>(
    place: &TokenPlace,
    module: &Module,
    work: impl FnOnce(&Session) -> Result<T, RootError>,
) -> Result<T, RootError> {
    let context = module.context();
    let slot = place.slot(&context.pkcs11)?;
    let session = place.log_in(&context.pkcs11, slot, &place.pin()?)?;
    let done = work(&session);
    // One that cannot be closed is gone with its token.
    let _closed_or_gone = session.close();
    done
}

fn module(place: &TokenPlace) -> Result<Arc<Module>, RootError> {
    if !place.module.is_absolute() {
        return Err(place.refused("the module must be named by an absolute path"));
    }
    Module::at(&place.module).map_err(|error| place.refused(format!("the module cannot be loaded: {error}")))
}

fn encrypt(open: &Open, associated: &[u8], mut iv: [u8; IV_BYTES], value: &[u8]) -> Option<Vec<u8>> {
    let params = GcmParams::new(&mut iv, associated, TAG_BITS.into()).ok()?;
    let ciphertext = open.session.encrypt(&Mechanism::AesGcm(params), open.key, value).ok()?;
    // Read after the call: some tokens choose an IV of their own and write it there.
    Some([&[FORMAT], iv.as_slice(), &ciphertext].concat())
}

fn decrypt(open: &Open, associated: &[u8], sealed: &[u8]) -> Option<Secret> {
    let (&iv, ciphertext) = sealed.get(1..)?.split_first_chunk::<IV_BYTES>()?;
    let mut iv = iv;
    let params = GcmParams::new(&mut iv, associated, TAG_BITS.into()).ok()?;
    let value = open.session.decrypt(&Mechanism::AesGcm(params), open.key, ciphertext).ok()?;
    Some(Secret::copy_of(&Zeroizing::new(value)))
}

/// The probe's IV is its own, and what it seals is always the same: it tells nothing about values.
fn is_well(open: &Open) -> bool {
    const PROBE: &[u8] = b"reseal probe";
    let sealed = encrypt(open, PROBE, [0; IV_BYTES], PROBE);
    sealed.and_then(|sealed| decrypt(open, PROBE, &sealed)).is_some_and(|opened| opened.expose() == PROBE)
}

/// Format and context, each part with its length before it.
fn associated_data(context: &Context) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    for part in context.pairs().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}
