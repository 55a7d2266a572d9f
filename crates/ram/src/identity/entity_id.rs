//! Ids of users and roles: they stay when the name changes, and a name that is used again gets a new one.

use std::fmt;
use std::str::FromStr;

use crypto::Random;

/// The smallest number of 18 digits, the length of ids in the examples of the API.
const FIRST: u64 = 100_000_000_000_000_000;
const COUNT: u64 = 9 * FIRST;

/// `UserId`, `RoleId`: 18 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(u64);

/// Text that is not an id of a user or role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a user or role is written as 18 digits")]
pub struct InvalidEntityId;

impl EntityId {
    /// A new id. Two are equal with a chance of 1 in 9 × 10^17; the store refuses a second one.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self(FIRST + u64::from_be_bytes(bytes) % COUNT)
    }

    /// The id with this number.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        (FIRST..FIRST + COUNT).contains(&number).then_some(Self(number))
    }

    /// The id as a number, for storage.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for EntityId {
    type Err = InvalidEntityId;

    fn from_str(text: &str) -> Result<Self, InvalidEntityId> {
        let number = if text.starts_with('+') { None } else { text.parse().ok() };
        number.and_then(Self::from_number).ok_or(InvalidEntityId)
    }
}

#[cfg(test)]
mod tests {
    use crypto::SeededRandom;

    use super::*;

    /// Ids come back from text, have 18 digits, and differ.
    #[test]
    fn ids_are_eighteen_digits() {
        let random = SeededRandom::new(b"ids");
        let ids = [(); 50].map(|()| EntityId::generate(&random));
        for id in ids {
            assert_eq!(id.to_string().len(), 18);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_ne!(ids[0], ids[1]);
        for bad in ["", "1", "+100000000000000000", "1000000000000000000", "099999999999999999", "1000000000000000x0"] {
            assert_eq!(bad.parse::<EntityId>(), Err(InvalidEntityId), "{bad}");
        }
    }
}
