//! Texts for people: any characters, but not too many. Source of the lengths: ram.md 2.

use super::error::{RamError, Result, TextField};

impl TextField {
    /// Most characters. Mail addresses and telephone numbers have no documented limit; theirs is ours.
    fn chars_max(self) -> usize {
        match self {
            Self::DisplayName | Self::Comments | Self::Email | Self::MobilePhone => 128,
            Self::Description => 1024,
        }
    }

    pub(super) fn check(self, text: &str) -> Result<()> {
        let (found, max) = (text.chars().count(), self.chars_max());
        if found > max { Err(RamError::TextTooLong { field: self, found, max }) } else { Ok(()) }
    }
}
