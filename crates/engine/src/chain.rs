//! A source and the backing files that the caller named for it: opened and decoded together, unlocked one by one.

use std::path::Path;

use blobs::SourceFile;

use crate::decide::SourceState;
use crate::error::{EngineError, Result};
use crate::image::{Companions, Image};
use crate::luks::{payload_cipher, unlock};
use crate::pins::{check_pins, open_sealed};
use crate::request::CopyRequest;
use crate::stack::{Layer, LayerCipher};
use crate::transfer::Surroundings;

/// Most backing files in a row; a longer chain is a mistake.
const BACKING_FILES_MAX: usize = 64;

/// Images of any kind, the top first. Mostly there is one.
pub(crate) struct Chain {
    images: Vec<Image>,
}

impl Chain {
    /// Opens what the request names; what an image names is never opened.
    ///
    /// Errors: those of the images; a backing file for an image that has none.
    pub(crate) fn open(request: &CopyRequest) -> Result<Self> {
        if request.backing_files.len() > BACKING_FILES_MAX {
            return Err(EngineError::Unsuitable("more than 64 backing files".to_owned()));
        }
        let mut images = vec![Image::open(&request.source, request.source_format)?];
        for file in &request.backing_files {
            let above = images.last().expect("the source is there");
            if !above.names_backing_file() {
                let path = above.path().display();
                return Err(EngineError::Unsuitable(format!("{path} has no backing file, but one was given")));
            }
            images.push(Image::open(&file.path, file.format)?);
        }
        Ok(Self { images })
    }

    /// The image that was named as the source.
    pub(crate) fn top(&self) -> &Image {
        &self.images[0]
    }

    /// Encrypted if any part is: what lies in it must not become plain.
    pub(crate) fn state(&self) -> SourceState {
        let encrypted = self.images.iter().any(|image| image.state() == SourceState::Encrypted);
        if encrypted { SourceState::Encrypted } else { SourceState::Plain }
    }

    /// Compares every header with its pins. Needs no key.
    pub(crate) fn check_pins(&self) -> Result<()> {
        self.images.iter().try_for_each(|image| match &image.envelope {
            Some(found) => check_pins(image, &found.envelope),
            None => Ok(()),
        })
    }

    /// What the user should know of the files.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.images.iter().flat_map(|image| image.warnings.iter().cloned())
    }

    /// The formats, for a journal.
    pub(crate) fn formats_text(&self) -> String {
        self.images.iter().map(|image| image.format.name()).collect::<Vec<_>>().join(" on ")
    }

    /// The layers with their keys, each under its own envelope. The keys are asked for here, before any file is made.
    pub(crate) fn unlock(&self, request: &CopyRequest, around: &Surroundings<'_>) -> Result<Vec<Layer>> {
        let mut data_file = request.data_file.as_deref().map(SourceFile::open).transpose()?;
        let mut layers = Vec::with_capacity(self.images.len());
        for (index, image) in self.images.iter().enumerate() {
            let backing_file = index + 1 < self.images.len();
            let cipher = cipher_of(image, index == 0, request, around)?;
            layers.push(image.layer(Companions { backing_file, data_file: data_file.take() }, cipher)?);
        }
        Ok(layers)
    }
}

/// How the data of an image is decrypted. A passphrase of the user's is for the source, and for backing files without envelope.
fn cipher_of(
    image: &Image,
    is_top: bool,
    request: &CopyRequest,
    around: &Surroundings<'_>,
) -> Result<Option<LayerCipher>> {
    if image.state() == SourceState::Plain {
        return Ok(None);
    }
    let passphrase = request.source_passphrase.as_ref().filter(|_| is_top || image.envelope.is_none());
    let Some(passphrase) = passphrase else {
        // Legacy encryption has no LUKS header; `layer` names it.
        if image.luks.is_none() {
            image.layer(Companions { backing_file: true, data_file: None }, None)?;
        }
        let opened = open_sealed(image, around.service)?;
        return payload_cipher(image, opened.master_key);
    };
    match unlock(image, passphrase)? {
        Some(master_key) => payload_cipher(image, master_key),
        None => Err(refused_passphrase(image.path(), passphrase.expose().last() == Some(&b'\n'))),
    }
}

fn refused_passphrase(path: &Path, ends_with_newline: bool) -> EngineError {
    let hint =
        if ends_with_newline { "; the file ends with a newline, which counts as part of the passphrase" } else { "" };
    EngineError::Locked { path: path.to_owned(), reason: format!("no keyslot takes the passphrase{hint}") }
}
