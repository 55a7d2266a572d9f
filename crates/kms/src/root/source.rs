use std::fmt;
use std::path::PathBuf;

use crypto::{Random, Secret};

use super::error::RootError;
use super::fields::read_private;
use super::passphrase::read_passphrase_file;
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
}

/// A root key was made just now. Its text is what the user must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootMade {
    /// The new file.
    pub path: PathBuf,
    /// Whether a passphrase is needed to use it.
    pub sealed: bool,
}

impl fmt::Display for RootMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Made a root key: {}", self.path.display())?;
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

    /// The root key; `None` when there is none and one may be made.
    pub(super) fn load(&self, data_dir: &DataDir) -> Result<Option<Secret>, RootError> {
        match self {
            Self::File => key_file::read(&data_dir.root_key()),
            Self::PassphraseFile(passphrase) => {
                let path = data_dir.root_sealed();
                let Some(sealed) = read_private(&path, sealed_file::FILE_BYTES_MAX)? else { return Ok(None) };
                sealed_file::decode(sealed.expose(), &read_passphrase_file(passphrase)?, &path).map(Some)
            }
            Self::SystemdCredential { name, directory } => credential::read(name, directory.as_deref()).map(Some),
        }
    }

    /// Makes a root key where there is none.
    pub(super) fn make(&self, data_dir: &DataDir, random: &dyn Random) -> Result<(Secret, RootMade), RootError> {
        let key = Secret::random(ROOT_KEY_BYTES, random);
        let path = self.store(data_dir, &key, random)?;
        Ok((key, RootMade { path, sealed: matches!(self, Self::PassphraseFile(_)) }))
    }

    /// Writes a root key to its place, which must be empty.
    pub(super) fn store(&self, data_dir: &DataDir, key: &Secret, random: &dyn Random) -> Result<PathBuf, RootError> {
        let path = self.place(data_dir);
        let text = match self {
            Self::File => key_file::encode(key),
            Self::PassphraseFile(passphrase) => {
                Secret::copy_of(&sealed_file::encode(key, &read_passphrase_file(passphrase)?, random)?)
            }
            Self::SystemdCredential { name, .. } => {
                return Err(RootError::CredentialNotWritable { name: name.clone() });
            }
        };
        let written = write_new(&path, text.expose(), random);
        written.map_err(|source| RootError::File { action: "write", path: path.clone(), source })?;
        Ok(path)
    }

    /// The file that holds the root key.
    pub(super) fn place(&self, data_dir: &DataDir) -> PathBuf {
        match self {
            Self::File => data_dir.root_key(),
            Self::PassphraseFile(_) => data_dir.root_sealed(),
            Self::SystemdCredential { name, directory } => {
                credential::path(name, directory.as_deref()).unwrap_or_else(|_| PathBuf::from(name))
            }
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
