//! Reads fields at fixed offsets of a slice, and says which one is missing.

use crate::{ErrorKind, FormatError, Result};

/// A structure of a format, as bytes.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    format: &'static str,
    structure: &'static str,
}

impl<'a> Fields<'a> {
    /// `structure`: its name in errors, such as `header`.
    pub(crate) fn new(bytes: &'a [u8], format: &'static str, structure: &'static str) -> Self {
        Self { bytes, format, structure }
    }

    /// All bytes of the structure.
    pub(crate) fn all(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes that are there.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// `len` bytes at `offset`.
    pub(crate) fn bytes(&self, offset: usize, len: usize) -> Result<&'a [u8]> {
        let end = offset.checked_add(len);
        end.and_then(|end| self.bytes.get(offset..end)).ok_or_else(|| {
            let message = format!("the {} ends before byte {offset} + {len}", self.structure);
            FormatError::new(self.format, ErrorKind::Truncated, message)
        })
    }

    /// `N` bytes at `offset`.
    pub(crate) fn array<const N: usize>(&self, offset: usize) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(offset, N)?);
        Ok(array)
    }

    pub(crate) fn u8(&self, offset: usize) -> Result<u8> {
        Ok(u8::from_be_bytes(self.array(offset)?))
    }

    pub(crate) fn be_u16(&self, offset: usize) -> Result<u16> {
        Ok(u16::from_be_bytes(self.array(offset)?))
    }

    pub(crate) fn be_u32(&self, offset: usize) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array(offset)?))
    }

    pub(crate) fn be_u64(&self, offset: usize) -> Result<u64> {
        Ok(u64::from_be_bytes(self.array(offset)?))
    }

    pub(crate) fn le_u16(&self, offset: usize) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array(offset)?))
    }

    pub(crate) fn le_u32(&self, offset: usize) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array(offset)?))
    }

    pub(crate) fn le_u64(&self, offset: usize) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array(offset)?))
    }

    /// NUL-padded text of `len` bytes at `offset`: printable ASCII, or an error that names `field`.
    pub(crate) fn text(&self, offset: usize, len: usize, field: &str) -> Result<&'a str> {
        let bytes = self.bytes(offset, len)?;
        let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
        match std::str::from_utf8(text) {
            Ok(text) if text.bytes().all(|b| (0x20..0x7f).contains(&b)) => Ok(text),
            _ => {
                let message = format!("{field} in the {} is not printable text", self.structure);
                Err(FormatError::new(self.format, ErrorKind::Invalid, message))
            }
        }
    }
}

/// Puts `bytes` at `offset` of a structure that is being encoded; offsets are constants of the format.
pub(crate) fn put(structure: &mut [u8], offset: usize, bytes: &[u8]) {
    let end = offset.saturating_add(bytes.len());
    if let Some(place) = structure.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}
