use std::error::Error;
use std::path::PathBuf;

use crypto::CryptoError;

/// Shorthand for what this module returns.
pub(super) type RootResult<T> = std::result::Result<T, RootError>;

/// Why there is no root key to work with.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The catalog has a root key and it is not where it should be.
    #[error(
        "the root key of this data directory is missing: there is no {}. No other key can open what it protects, so none is made. \
         Put the file back, or run `reseal root restore BACKUP` with a copy made by `reseal root backup`{hint}",
        place.display()
    )]
    Missing {
        /// Where it was looked for.
        place: PathBuf,
        /// What else may be the reason; empty, or starts with a separator.
        hint: &'static str,
    },
    /// A sound root key, but of another catalog.
    #[error(
        "{} is not the root key of this catalog; use the one that was made with this data directory, or run \
         `reseal root restore BACKUP`",
        place.display()
    )]
    Wrong {
        /// Where it came from.
        place: PathBuf,
    },
    /// It is not here, and a change has left it in another place.
    #[error("{refusal}. The last change of the root key left it elsewhere: use {there}")]
    Elsewhere {
        /// What is wrong here.
        refusal: Box<RootError>,
        /// Arguments for that place.
        there: String,
    },
    /// A file with a root key cannot be read as one.
    #[error("{} is damaged: {why}; restore it from a backup (`reseal root restore BACKUP`)", place.display())]
    Damaged {
        /// The file.
        place: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Others may read a file with a secret.
    #[error("{} may be read by others (mode {mode:04o}); run `chmod 600` on it, and think about who has read it", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The catalog lost the check value of its root key.
    #[error("{} has no check value of its root key: it is damaged, or was never used; restore it from a backup", catalog.display())]
    CheckMissing {
        /// The database.
        catalog: PathBuf,
    },
    /// The passphrase does not open a sealed root key.
    #[error("the passphrase does not open {}, or the file was changed", place.display())]
    WrongPassphrase {
        /// The file.
        place: PathBuf,
    },
    /// A passphrase that protects nothing, or that cannot have been meant.
    #[error("the passphrase in {} {why}", path.display())]
    BadPassphrase {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A credential that systemd did not hand over.
    #[error("there is no systemd credential `{name}`: {why}; set LoadCredentialEncrypted={name}:… in the unit")]
    NoCredential {
        /// Its name.
        name: String,
        /// What was found instead.
        why: &'static str,
    },
    /// A credential is given by systemd and cannot be written.
    #[error("a systemd credential cannot be restored from here: make the credential `{name}` from the backup yourself")]
    CredentialNotWritable {
        /// Its name.
        name: String,
    },
    /// A token that is not there, or does not answer. It is looked for again at the next call.
    #[error("{place} does not answer: {why}; this works again when the token is back")]
    TokenGone {
        /// Key, token and module.
        place: String,
        /// What the module said.
        why: String,
    },
    /// A token does not take the PIN.
    #[error("{place}: the PIN in {} is refused: {why}", pin_file.display())]
    TokenPin {
        /// Key, token and module.
        place: String,
        /// Where the PIN is.
        pin_file: PathBuf,
        /// What is the matter with it.
        why: &'static str,
    },
    /// A token, module or key that cannot serve.
    #[error("{place} cannot be used: {why}")]
    TokenRefused {
        /// Key, token and module.
        place: String,
        /// Why not.
        why: String,
    },
    /// A key in a token has no copy outside of it.
    #[error(
        "the root key is in a token and never leaves it, so there is no backup from here: {place}; back up the token with its own tools"
    )]
    NoBackup {
        /// Key, token and module.
        place: String,
    },
    /// More than one key could be the root key of a new catalog.
    #[error("several keys could be the root key: {place}; name another label, or remove all but one")]
    Several {
        /// Where they are.
        place: String,
    },
    /// The root key was given by the operator, so a new one cannot be made.
    #[error(
        "a new root key cannot be made for a systemd credential: make a credential yourself, then `reseal root move --to-credential NAME`"
    )]
    NotMadeHere,
    /// Another process changed the root key, and this one cannot use the new one. It is looked for again.
    #[error(
        "the root key was changed while this program ran, and the new one cannot be used here: {why}; this works again when it can; or start \
         this program again, with the arguments for the new place"
    )]
    Moved {
        /// What is wrong with the place where it should be.
        why: String,
    },
    /// The key to move to is the root key already.
    #[error("{} is the root key of this catalog already: there is nothing to change", place.display())]
    Unchanged {
        /// Where it is.
        place: PathBuf,
    },
    /// There is nothing that a backup could belong to.
    #[error("{} does not exist: restore the catalog first, the root key alone opens nothing", catalog.display())]
    NoCatalog {
        /// The database.
        catalog: PathBuf,
    },
    /// The right root key is in its place.
    #[error("{} is in place and is the root key of this catalog: there is nothing to restore", place.display())]
    InPlace {
        /// Where it is.
        place: PathBuf,
    },
    /// The derivation of a passphrase was refused.
    #[error("the passphrase could not be used")]
    Passphrase(#[source] CryptoError),
    /// A file could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl RootError {
    /// Whether the same call can succeed later: a token that went away may come back, a place be made readable.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::TokenGone { .. } | Self::TokenPin { .. } | Self::Moved { .. })
    }

    /// The error and what caused it, on one line.
    pub(super) fn whole_text(&self) -> String {
        let causes = std::iter::successors(self.source(), |&error| error.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }
}
