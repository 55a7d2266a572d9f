//! Stands for the kernel on processors that have no version of it.

use crate::secret::Secret;

use super::Ivs;
use super::ffi::Direction;

/// Has no values.
pub(crate) enum VaesXts {}

impl VaesXts {
    pub(crate) fn new(_: Direction, _: &Secret) -> Option<Self> {
        None
    }

    pub(crate) fn apply(&self, _: &Ivs, _: usize, _: &mut [u8]) {
        match *self {}
    }
}
