//! Secrets of access keys at rest.
//!
//! A signature is checked with the secret itself, so a digest does not do: it is sealed under the key of [`Ram`], bound to the id of its
//! access key. It cannot be moved to another one.

use catalog::AccessKeyRecord;
use crypto::{Context, Secret, seal};

use super::error::{RamError, Result};
use super::ram::Ram;
use crate::keys::AccessKey;

impl Ram {
    pub(super) fn wrap(&self, key: &AccessKey) -> Vec<u8> {
        seal::seal(&self.key, &context(key.id.as_str()), key.secret.expose(), &*self.random)
    }

    pub(super) fn unwrap(&self, record: &AccessKeyRecord) -> Result<Secret> {
        let opened = seal::open(&self.key, &context(&record.id), &record.secret);
        opened.map_err(|seal::NotAuthentic| RamError::SecretDamaged { access_key_id: record.id.clone() })
    }
}

fn context(access_key_id: &str) -> Context {
    let pairs = [("purpose", "access key secret v1"), ("access key", access_key_id)];
    Context::from_pairs(pairs).expect("two short pairs")
}
