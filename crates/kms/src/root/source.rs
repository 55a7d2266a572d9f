use std::fmt;
use std::path::{Path, PathBuf};

use crypto::{Random, Secret};

use super::error::RootError;
use super::fields::read_private;
use super::key::RootKey;
use super::passphrase::read_passphrase_file;
use super::token::{TokenKey, TokenPlace};
use super::{ROOT_KEY_BYTES, credential, key_file, sealed_file};
use crate::data_dir::{DataDir, write_new};

/// Where the root key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootSource {
    /// The file `root.key` in the data directory, in clear, for its owner only.
    File,
    /// The file `root.sealed` in the data directory, opened with the passphrase in this file. Takes 64 MiB and three passes over it.
    PassphraseFile(PathBuf),
    /// A credential that systemd hands to the service. Nothing is made: the operator makes it.
    SystemdCredential {
        /// Its name.
        name: String,
        /// Value of `CREDENTIALS_DIRECTORY`, if it is set.
        directory: Option<PathBuf>,
    },
    /// A key in a PKCS#11 token, which wraps and unwraps by itself.
    Pkcs11(TokenPlace),
}

/// A root key was made just now. Its text is what the user must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootMade {
    /// The new file; for a token its place, as text.
    pub path: PathBuf,
    /// Whether a passphrase is needed to use it.
    pub sealed: bool,
    /// Whether it is in a token.
    pub in_token: bool,
}

impl fmt::Display for RootMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Made a root key: {}", self.path.display())?;
        if self.in_token {
            writeln!(f, "It protects all keys of this data directory and cannot leave the token.")?;
            write!(f, "Without this token no encrypted image can be opened, by anyone, ever. ")?;
            return write!(f, "Back it up with the token's own tools");
        }
        if self.sealed {
            writeln!(f, "It protects all keys of this data directory and opens with your passphrase only.")?;
            write!(f, "Without this file AND the passphrase no encrypted image can be opened, by anyone, ever. ")?;
        } else {
            writeln!(f, "It protects all keys of this data directory.")?;
            write!(f, "Without this file no encrypted image can be opened, by anyone, ever. ")?;
        }
        write!(f, "Keep a copy elsewhere: reseal root backup FILE")
    }
}

impl RootSource {
    /// A credential in the directory that systemd names in the environment.
    pub fn systemd_credential(name: impl Into<String>) -> Self {
        let directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self::SystemdCredential { name: name.into(), directory }
    }

    /// Reads a root key of 32 bytes from a file; `None` when there is none. Only for sources that have files.
    fn read(&self, path: &Path) -> Result<Option<Secret>, RootError> {
        match self {
            Self::PassphraseFile(passphrase) => {
                let Some(sealed) = read_private(path, sealed_file::FILE_BYTES_MAX)? else { return Ok(None) };
                sealed_file::decode(sealed.expose(), &read_passphrase_file(passphrase)?, path).map(Some)
            }
            Self::File => key_file::read(path),
            Self::SystemdCredential { name, directory } => credential::read(name, directory.as_deref()).map(Some),
            Self::Pkcs11(_) => Ok(None),
        }
    }

    /// The root keys that are kept in this place: each that can be read, and what is wrong with the others. Blocks.
    pub(super) fn keys(&self, data_dir: &DataDir) -> Vec<Result<RootKey, RootError>> {
        match self {
            Self::Pkcs11(place) => match TokenKey::all_at(place) {
                Ok(keys) => keys.into_iter().map(|key| Ok(RootKey::in_token(key))).collect(),
                Err(error) => vec![Err(error)],
            },
            _ => self.read(&self.place(data_dir)).transpose().map(|read| read.map(RootKey::held)).into_iter().collect(),
        }
    }

    /// The root key that a change wrote beside the one in place; `None` when there is none.
    pub(super) fn key_beside(&self, data_dir: &DataDir) -> Result<Option<RootKey>, RootError> {
        let Some(path) = self.beside(data_dir) else { return Ok(None) };
        Ok(self.read(&path)?.map(RootKey::held))
    }

    /// Makes a root key where there is none.
    pub(super) fn make(&self, data_dir: &DataDir, random: &dyn Random) -> Result<(RootKey, RootMade), RootError> {
        let (sealed, in_token) = (matches!(self, Self::PassphraseFile(_)), matches!(self, Self::Pkcs11(_)));
        let path = self.place(data_dir);
        let key = self.make_at(&path, random)?;
        Ok((key, RootMade { path, sealed, in_token }))
    }

    /// Makes a root key beside the one in place, if files are its place.
    pub(super) fn make_beside(&self, data_dir: &DataDir, random: &dyn Random) -> Result<RootKey, RootError> {
        let path = self.beside(data_dir).unwrap_or_else(|| self.place(data_dir));
        self.make_at(&path, random)
    }

    fn make_at(&self, path: &Path, random: &dyn Random) -> Result<RootKey, RootError> {
        if let Self::Pkcs11(place) = self {
            return TokenKey::make_at(place, random).map(RootKey::in_token);
        }
        let key = Secret::random(ROOT_KEY_BYTES, random);
        self.write(path, &key, random)?;
        Ok(RootKey::held(key))
    }

    /// Writes a root key of 32 bytes to its place, which must be empty.
    pub(super) fn store(&self, data_dir: &DataDir, key: &Secret, random: &dyn Random) -> Result<PathBuf, RootError> {
        let path = self.place(data_dir);
        self.write(&path, key, random)?;
        Ok(path)
    }

    fn write(&self, path: &Path, key: &Secret, random: &dyn Random) -> Result<(), RootError> {
        let text = match self {
            Self::File => key_file::encode(key),
            Self::PassphraseFile(passphrase) => {
                Secret::copy_of(&sealed_file::encode(key, &read_passphrase_file(passphrase)?, random)?)
            }
            Self::SystemdCredential { name, .. } => {
                return Err(RootError::CredentialNotWritable { name: name.clone() });
            }
            Self::Pkcs11(place) => return Err(RootError::NoBackup { place: place.to_string() }),
        };
        let written = write_new(path, text.expose(), random);
        written.map_err(|source| RootError::File { action: "write", path: path.to_owned(), source })
    }

    /// The file that holds the root key; for a token its place, as text.
    pub(super) fn place(&self, data_dir: &DataDir) -> PathBuf {
        match self {
            Self::File => data_dir.root_key(),
            Self::PassphraseFile(_) => data_dir.root_sealed(),
            Self::SystemdCredential { name, directory } => {
                credential::path(name, directory.as_deref()).unwrap_or_else(|_| PathBuf::from(name))
            }
            Self::Pkcs11(place) => PathBuf::from(place.to_string()),
        }
    }

    /// The file for a new root key, until a change is complete.
    pub(super) fn beside(&self, data_dir: &DataDir) -> Option<PathBuf> {
        match self {
            Self::File | Self::PassphraseFile(_) => Some(self.place(data_dir).with_added_extension("next")),
            Self::SystemdCredential { .. } | Self::Pkcs11(_) => None,
        }
    }

    /// The error for a catalog whose root key is not there.
    pub(super) fn missing(&self, data_dir: &DataDir) -> RootError {
        let hint = match self {
            Self::File if data_dir.root_sealed().exists() => {
                ". (This data directory has a root.sealed: did you mean --root-passphrase-file?)"
            }
            Self::PassphraseFile(_) if data_dir.root_key().exists() => {
                ". (This data directory has a root.key: leave --root-passphrase-file away)"
            }
            _ => ". (If it comes from a passphrase file or a systemd credential, name that)",
        };
        RootError::Missing { place: self.place(data_dir), hint }
    }
}
