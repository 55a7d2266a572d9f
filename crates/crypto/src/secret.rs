//! Key bytes that cannot be printed, copied by accident, or left behind.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::locked::LockedBytes;
use crate::random::Random;

/// Secret bytes: locked in memory where the system allows it (see [`crate::lock_status`]), left out
/// of core dumps, wiped on drop.
///
/// Has no `Debug`, `Display`, `Clone`, `Serialize` and no `==`: what is not there cannot be used
/// by accident. [`Secret::expose`] is the one word to search for.
pub struct Secret(LockedBytes);

impl Secret {
    /// `len` bytes that `fill` writes in place, so that no copy is made. They start as zeros.
    #[must_use]
    pub fn from_fn(len: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = LockedBytes::zeroed(len);
        fill(bytes.bytes_mut());
        Self(bytes)
    }

    /// Like [`Secret::from_fn`] for a source that can fail; nothing is kept then.
    ///
    /// Errors: those of `fill`.
    pub fn try_from_fn<E>(len: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = LockedBytes::zeroed(len);
        fill(bytes.bytes_mut())?;
        Ok(Self(bytes))
    }

    /// A copy of `bytes`. Wiping the original is the caller's duty.
    #[must_use]
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self::from_fn(bytes.len(), |out| out.copy_from_slice(bytes))
    }

    /// `len` random bytes.
    #[must_use]
    pub fn random(len: usize, random: &dyn Random) -> Self {
        Self::from_fn(len, |out| random.fill(out))
    }

    /// The bytes, for the code that must use them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.bytes()
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.bytes().len()
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A second, independent copy, for an owner in another thread or of another lifetime.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::copy_of(self.expose())
    }

    /// The first `len` bytes as a secret of their own; all of them if there are fewer. For sources
    /// whose length is known only after reading. The whole is wiped.
    #[must_use]
    pub fn shortened(self, len: usize) -> Self {
        Self::copy_of(self.expose().get(..len).unwrap_or(self.expose()))
    }

    /// Compares in time that depends on the lengths only.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.expose(), other.expose()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `true` for a type with the trait, `false` for one without: the inherent constant is chosen
    /// when its bound holds, the trait's constant otherwise. For each type one of the two is unused.
    macro_rules! implements {
        ($type:ty: $bound:path) => {{
            #[allow(dead_code, reason = "unused when the inherent constant is chosen")]
            trait Otherwise {
                const YES: bool = false;
            }
            impl<T: ?Sized> Otherwise for T {}
            struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
            #[allow(dead_code, reason = "unused when the trait's constant is chosen")]
            impl<T: ?Sized + $bound> Probe<T> {
                const YES: bool = true;
            }
            Probe::<$type>::YES
        }};
    }

    /// Nothing can print, copy or compare a secret by accident.
    #[test]
    fn a_secret_cannot_be_printed_cloned_or_compared() {
        const {
            assert!(!implements!(Secret: std::fmt::Debug));
            assert!(!implements!(Secret: std::fmt::Display));
            assert!(!implements!(Secret: Clone));
            assert!(!implements!(Secret: PartialEq));
            assert!(!implements!(Secret: AsRef<[u8]>));
            assert!(!implements!(Secret: std::ops::Deref));
            assert!(!implements!(Secret: std::hash::Hash));
            assert!(!implements!(crate::DataKey: std::fmt::Debug));
            assert!(!implements!(crate::DataKey: Clone));
        }
        // The probe does see traits that are there.
        assert!(implements!(Vec<u8>: Clone) && implements!(Secret: Send) && implements!(Secret: Sync));
    }

    /// Equality looks at every byte and at the length.
    #[test]
    fn secrets_are_equal_only_when_all_bytes_are() {
        let a = Secret::copy_of(b"0123456789");
        assert!(a.equals(&a.duplicate()));
        assert!(!a.equals(&Secret::copy_of(b"012345678")));
        assert!(!a.equals(&Secret::copy_of(b"0123456780")));
        assert!(a.duplicate().shortened(4).equals(&Secret::copy_of(b"0123")));
        assert!(a.duplicate().shortened(99).equals(&a));
    }

    /// A source that fails leaves no secret behind and its error comes through.
    #[test]
    fn a_failing_source_makes_no_secret() {
        assert_eq!(Secret::try_from_fn(8, |_| Err("no bytes")).err(), Some("no bytes"));
    }
}
