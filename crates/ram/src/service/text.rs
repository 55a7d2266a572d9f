//! Texts for people: any characters, but not too many. Source of the lengths: ram.md 2.

use std::fmt;

use super::error::{RamError, Result};

/// A text for people. Displays as the parameter of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextField {
    /// Of users, at most 128 characters.
    DisplayName,
    /// Of users and groups, at most 128 characters.
    Comments,
    /// Of users, at most 128 characters.
    Email,
    /// Of users, at most 128 characters.
    MobilePhone,
    /// Of policies and roles, at most 1,024 characters.
    Description,
}

impl fmt::Display for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants have the names of the API.
        fmt::Debug::fmt(self, f)
    }
}

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
