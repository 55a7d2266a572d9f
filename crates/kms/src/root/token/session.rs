//! Finding a token, logging in, finding and making keys.

use crypto::Secret;
use std::ffi::c_ulong;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::RawAuthPin;

use super::super::ROOT_KEY_BYTES;
use super::super::error::RootError;
use super::super::passphrase::read_passphrase_file;
use super::{TokenName, TokenPlace};

/// Bytes of a `CKA_ID` that is made here.
pub(super) const ID_BYTES: usize = 16;

/// The length of the key, as PKCS#11 counts.
const KEY_BYTES: c_ulong = ROOT_KEY_BYTES as c_ulong;

/// As many keys of one label are looked at.
const KEYS_MAX: usize = 64;

impl TokenPlace {
    /// The slot of the token.
    ///
    /// Errors: `TokenGone` when it is not there; `TokenRefused` for several tokens of the label.
    pub(super) fn slot(&self, pkcs11: &Pkcs11) -> Result<Slot, RootError> {
        let slots = pkcs11.get_slots_with_initialized_token().map_err(|error| self.gone(error))?;
        let is_named = |slot: &Slot| match &self.token {
            TokenName::Slot(id) => slot.id() == *id,
            // A token that went away between the two calls is none.
            TokenName::Label(label) => pkcs11.get_token_info(*slot).is_ok_and(|info| info.label() == label),
        };
        let found: Vec<Slot> = slots.into_iter().filter(is_named).collect();
        match found.as_slice() {
            [] => Err(self.gone("there is no such token")),
            [slot] => Ok(*slot),
            several => {
                let slots: Vec<String> = several.iter().map(|slot| slot.id().to_string()).collect();
                Err(self.refused(format!(
                    "tokens in slots {} bear this label; name the slot, or relabel one",
                    slots.join(", ")
                )))
            }
        }
    }

    /// A session of a user who is logged in. It is closed by whoever owns it, and not when it is dropped: by then its number may
    /// stand for a session of another.
    pub(super) fn log_in(&self, pkcs11: &Pkcs11, slot: Slot, pin: &Secret) -> Result<Session, RootError> {
        let session = pkcs11.open_rw_session_no_drop(slot).map_err(|error| self.gone(error))?;
        let pin = RawAuthPin::new(Box::new(pin.expose().to_vec()));
        match session.login_with_raw(UserType::User, &pin) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => {
                // It is of no use, whether it can be closed or not.
                let _closed_or_gone = session.close();
                Err(self.login_failed(&error))
            }
        }
    }

    pub(super) fn pin(&self) -> Result<Secret, RootError> {
        read_passphrase_file(&self.pin_file)
    }

    /// Handles and ids of all keys with the label.
    pub(super) fn keys(&self, session: &Session) -> Result<Vec<(ObjectHandle, Vec<u8>)>, RootError> {
        let found = session.find_objects(&self.template()).map_err(|error| self.gone(error))?;
        if found.len() > KEYS_MAX {
            return Err(self.refused(format!("more than {KEYS_MAX} keys bear this label")));
        }
        let with_id = |handle| match session.get_attributes(handle, &[AttributeType::Id]) {
            Ok(attributes) => match attributes.into_iter().next() {
                Some(Attribute::Id(id)) => Ok((handle, id)),
                _ => Ok((handle, Vec::new())),
            },
            Err(error) => Err(self.gone(error)),
        };
        found.into_iter().map(with_id).collect()
    }

    /// The handle of the key with this id.
    pub(super) fn key(&self, session: &Session, id: &[u8]) -> Result<ObjectHandle, RootError> {
        let mut template = self.template();
        template.push(Attribute::Id(id.to_vec()));
        let found = session.find_objects(&template).map_err(|error| self.gone(error))?;
        match found.as_slice() {
            [handle] => Ok(*handle),
            [] => Err(self.gone("the key is not in the token any more")),
            _ => Err(self.refused(format!("several keys have the id {}", hex::encode(id)))),
        }
    }

    /// Makes a key that cannot leave the token.
    pub(super) fn make_key(&self, session: &Session, id: &[u8]) -> Result<ObjectHandle, RootError> {
        let mut template = self.template();
        template.extend([
            Attribute::Id(id.to_vec()),
            Attribute::ValueLen(KEY_BYTES.into()),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Wrap(false),
            Attribute::Unwrap(false),
            Attribute::Sign(false),
            Attribute::Verify(false),
        ]);
        let made = session.generate_key(&Mechanism::AesKeyGen, &template);
        made.map_err(|error| self.refused(format!("it makes no AES-256 key: {error}")))
    }

    /// Refuses a key that could be taken out of the token, or is no AES-256 key.
    pub(super) fn check_key(&self, session: &Session, key: ObjectHandle) -> Result<(), RootError> {
        let wanted = [AttributeType::Sensitive, AttributeType::Extractable, AttributeType::ValueLen];
        let attributes = session.get_attributes(key, &wanted).map_err(|error| self.gone(error))?;
        let has = |attribute| attributes.contains(&attribute);
        if !has(Attribute::Sensitive(true)) || !has(Attribute::Extractable(false)) {
            return Err(
                self.refused("the key can be taken out of the token; make one that is sensitive and not extractable")
            );
        }
        if !has(Attribute::ValueLen(KEY_BYTES.into())) {
            return Err(self.refused("the key is not an AES key of 32 bytes"));
        }
        Ok(())
    }

    fn template(&self) -> Vec<Attribute> {
        vec![
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(true),
            Attribute::Label(self.key_label.clone().into_bytes()),
        ]
    }
}
