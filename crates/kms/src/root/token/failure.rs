use cryptoki::error::{Error, RvError};

use super::super::error::RootError;
use super::TokenPlace;

impl TokenPlace {
    /// The token does not do what was asked for, at this time.
    pub(super) fn gone(&self, why: impl ToString) -> RootError {
        RootError::TokenGone { place: self.to_string(), why: why.to_string() }
    }

    /// The token is there, and this configuration will never work with it.
    pub(super) fn refused(&self, why: impl Into<String>) -> RootError {
        RootError::TokenRefused { place: self.to_string(), why: why.into() }
    }

    /// What a failed login means.
    pub(super) fn login_failed(&self, error: &Error) -> RootError {
        let why = match error {
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
                return self.pin_refused();
            }
            Error::Pkcs11(RvError::PinLocked, _) => "it is locked; the security officer of the token unlocks it",
            Error::Pkcs11(RvError::PinExpired, _) => "it is expired",
            Error::Pkcs11(RvError::UserPinNotInitialized, _) => "the token has none yet; initialise it",
            other => return self.gone(other),
        };
        self.pin_error(why)
    }

    /// The PIN in the file was tried and is wrong.
    pub(super) fn pin_refused(&self) -> RootError {
        self.pin_error("it is wrong; it is not tried again, as tokens lock themselves after a few wrong ones")
    }

    fn pin_error(&self, why: &'static str) -> RootError {
        RootError::TokenPin { place: self.to_string(), pin_file: self.pin_file.clone(), why }
    }
}
