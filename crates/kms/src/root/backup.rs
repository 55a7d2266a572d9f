//! Copies of the root key under a passphrase, and whether there is one of the key in force.
//!
//! The catalog keeps a note of the last backup: when it was written, and the digest of the check value of the key that it is of. A rotation
//! or a move changes the check value, so the note counts no longer, and nobody has to take it back. A file that was lost since is not
//! missed: what is outside of the data directory nobody can look after from here.

use catalog::{Scope, Timestamp, Write};
use crypto::Secret;
use crypto::digest::{Digest, sha256};
use ram::Permit;

use super::check_value;
use super::source::RootSource;
use crate::error::Result;
use crate::kms::Kms;
use crate::permission;

/// Name of the note in the catalog. Its value is text: `<time, RFC 3339> <digest, hex>`.
const NOTE_NAME: &str = "root_backup";

/// A copy of the root key, to be kept elsewhere.
pub struct RootBackup {
    /// The file's text, encrypted under the passphrase. [`crate::root_restore`] takes it.
    pub text: Vec<u8>,
    /// Digest of the check value of the key.
    of: Digest,
}

/// Where a root key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootKind {
    /// In a file, in clear.
    File,
    /// In a file, under a passphrase.
    Passphrase,
    /// In a credential of systemd.
    Credential,
    /// In a PKCS#11 token. There is no backup of ours.
    Token,
}

/// The root key in force, for whoever looks after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootState {
    /// Where it is kept.
    pub kind: RootKind,
    /// When the last backup was written, of this key or of one before it.
    pub last_backup_at: Option<Timestamp>,
    /// Whether that backup is of this key.
    pub is_backed_up: bool,
}

impl Kms {
    /// A copy of the root key under a passphrase. Once it is kept, [`Kms::note_root_backup`] has to be told.
    ///
    /// Errors: `Root`, when there is no memory for the passphrase's derivation, and `NoBackup` for a key in a token.
    pub fn root_backup(&self, passphrase: &Secret) -> Result<RootBackup> {
        let (key, check) = self.root.key_and_check();
        Ok(RootBackup { text: key.backup(passphrase, &*self.random)?, of: sha256(&check) })
    }

    /// Notes that this backup is written to where it stays.
    ///
    /// Errors: `Catalog`.
    pub async fn note_root_backup(&self, backup: &RootBackup) -> Result<()> {
        let note = format!("{} {}", self.clock.now(), hex::encode(backup.of));
        let mut write = self.catalog.write().await?;
        let noted = write_note(&mut write, note.as_bytes()).await;
        write.finish(noted).await
    }

    /// Where the root key in force is kept, and whether there is a backup of it.
    ///
    /// Errors: `NotPermitted`; `Root` when it was moved to where it cannot be used; `Catalog`.
    pub async fn root_state(&self, permit: &Permit, scope: &Scope) -> Result<RootState> {
        permission::check(ram::Action::new("kms:DescribeRootKey"), "*", permit, scope)?;
        let mut read = self.catalog.read();
        self.follow_root(&mut read).await?;
        let check = check_value(&mut read).await?.map(|check| sha256(&check));
        let note = read.meta_by_name(NOTE_NAME).await?.and_then(|note| read_note(&note));
        Ok(RootState {
            kind: RootKind::of(&self.root.source()),
            last_backup_at: note.map(|(at, _)| at),
            is_backed_up: note.is_some_and(|(_, of)| check == Some(of)),
        })
    }
}

impl RootKind {
    fn of(source: &RootSource) -> Self {
        match source {
            RootSource::File => Self::File,
            RootSource::PassphraseFile(_) => Self::Passphrase,
            RootSource::SystemdCredential { .. } => Self::Credential,
            RootSource::Pkcs11(_) => Self::Token,
        }
    }
}

async fn write_note(write: &mut Write, note: &[u8]) -> Result<()> {
    if !write.meta_update(NOTE_NAME, note).await? {
        write.meta_insert(NOTE_NAME, note).await?;
    }
    Ok(())
}

/// A note that cannot be read is none: then the warning stays until there is another backup.
fn read_note(note: &[u8]) -> Option<(Timestamp, Digest)> {
    let (at, of) = std::str::from_utf8(note).ok()?.split_once(' ')?;
    let mut digest = Digest::default();
    hex::decode_to_slice(of, &mut digest).ok()?;
    Some((at.parse().ok()?, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_note_is_none() {
        let digest = "00".repeat(32);
        let whole = format!("2026-11-28T10:00:00Z {digest}");
        assert_eq!(read_note(whole.as_bytes()), Some(("2026-11-28T10:00:00Z".parse().unwrap(), [0; 32])));
        for note in ["", "2026-11-28T10:00:00Z", &whole[..60], &format!("yesterday {digest}"), &format!("{whole}00")] {
            assert_eq!(read_note(note.as_bytes()), None, "{note}");
        }
        assert_eq!(read_note(&[0xff; 85]), None);
    }
}
