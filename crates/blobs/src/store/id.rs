use std::fmt;
use std::str::FromStr;

/// Name of a blob: 128 random bits, written as 32 lower-case hex digits. Ids sort as their text does.
///
/// Names are random and never used twice, because a store cannot promise to create an object only once: some S3
/// servers ignore `If-None-Match`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 16]);

/// A text that is not a [`BlobId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a blob id is 32 lower-case hex digits")]
pub struct NotABlobId;

impl BlobId {
    /// The id of these bytes, which the caller draws at random.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = NotABlobId;

    fn from_str(text: &str) -> Result<Self, NotABlobId> {
        // One spelling for one id: an upper-case name in a store is somebody else's file.
        let digits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let bits = u128::from_str_radix(text, 16).ok().filter(|_| digits).ok_or(NotABlobId)?;
        Ok(Self(bits.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_text() {
        let id = BlobId::from_random([0, 0x1f, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff]);
        assert_eq!(id.to_string(), "001f02030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn other_spellings_are_refused() {
        let short = "001f02030405060708090a0b0c0d0ef";
        for text in ["", short, &format!("{short}F"), &format!("{short}g"), &format!("+{short}"), &format!("{short}ff")]
        {
            assert_eq!(text.parse::<BlobId>(), Err(NotABlobId), "{text}");
        }
    }
}
