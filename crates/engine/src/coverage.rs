//! What of a sealed file can be checked.

use std::fmt;

use formats::envelope::{Envelope, Mode};
use serde::Serialize;

/// What the envelope of a sealed file vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Every byte, by a digest tree: an image, which nobody writes to.
    File,
    /// The LUKS header, by its pins: a disk of an instance, whose content changes while a guest runs.
    Header,
}

impl Coverage {
    /// `None`: neither is in it.
    pub(crate) fn of(envelope: &Envelope) -> Option<Self> {
        match (&envelope.digest, envelope.mode) {
            (Some(_), _) => Some(Self::File),
            (None, Some(Mode::Disk)) => Some(Self::Header),
            (None, _) => None,
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "image: a digest covers every byte",
            Self::Header => "disk of an instance: content is not covered by a digest; header is pinned",
        })
    }
}
