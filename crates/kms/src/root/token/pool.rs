//! Sessions of one token key. A session serves one call at a time, so there are as many as calls at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crypto::Secret;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::super::error::RootError;
use super::TokenPlace;
use super::module::{Context, Module};

pub(super) struct Pool {
    pub(super) place: TokenPlace,
    module: Arc<Module>,
    key_id: Vec<u8>,
    idle: Mutex<Vec<Open>>,
    /// A PIN that the token refused. Trying it again could lock the token.
    refused_pin: Mutex<Option<Secret>>,
    /// Held by the call that brings a lost token back; the others wait for what comes of it. When the last attempt failed: only
    /// calls that began later try again.
    recovery: Mutex<Option<Instant>>,
}

/// A session that is logged in, and what the key is called in it.
pub(super) struct Open {
    pub(super) session: Session,
    pub(super) key: ObjectHandle,
    epoch: u64,
}

impl Pool {
    pub(super) fn new(place: TokenPlace, module: Arc<Module>, key_id: Vec<u8>) -> Self {
        let (idle, refused_pin, recovery) = Default::default();
        Self { place, module, key_id, idle, refused_pin, recovery }
    }

    /// Runs `call` in a session. `None` from it means that the token did not answer as a living one does: then it is tried in a new
    /// session, and then with the module begun anew, which finds a token that came back.
    ///
    /// Errors: `TokenGone` when that fails too; `TokenPin`, `TokenRefused`; those of the PIN file.
    pub(super) fn run<T>(&self, call: impl Fn(&Open) -> Option<T>) -> Result<T, RootError> {
        let began_at = Instant::now();
        let Silent { epoch } = match self.attempt(&call).or_else(|_| self.attempt(&call)) {
            Ok(answer) => return Ok(answer),
            Err(silent) => silent,
        };
        let mut failed_at = lock(&self.recovery);
        if failed_at.is_some_and(|failed_at| failed_at > began_at) {
            return Err(self.place.gone("it did not come back a moment ago"));
        }
        // Who waited for the recovery of another finds the token back.
        if self.module.context().epoch != epoch
            && let Ok(answer) = self.attempt(&call)
        {
            return Ok(answer);
        }
        let recovered = self.recover(&call);
        *failed_at = recovered.is_err().then(Instant::now);
        recovered
    }

    fn attempt<T>(&self, call: &impl Fn(&Open) -> Option<T>) -> Result<T, Silent> {
        let context = self.module.context();
        let silent = Silent { epoch: context.epoch };
        let idle = self.idle_session(&context);
        // Why it cannot be connected is told by the recovery that follows.
        let open = idle.or_else(|| self.connect(&context).ok()).ok_or(silent)?;
        match call(&open) {
            Some(answer) => {
                lock(&self.idle).push(open);
                Ok(answer)
            }
            None => {
                close(open);
                std::mem::take(&mut *lock(&self.idle)).into_iter().for_each(close);
                Err(silent)
            }
        }
    }

    fn recover<T>(&self, call: &impl Fn(&Open) -> Option<T>) -> Result<T, RootError> {
        let epoch = self.module.context().epoch;
        self.module.begin_anew(epoch).map_err(|error| self.place.gone(error))?;
        let context = self.module.context();
        let open = self.connect(&context)?;
        let answer = call(&open).ok_or_else(|| self.place.gone("it does not open what it has just sealed"))?;
        lock(&self.idle).push(open);
        Ok(answer)
    }

    fn idle_session(&self, context: &Context) -> Option<Open> {
        let mut idle = lock(&self.idle);
        // Those of before are closed already.
        idle.retain(|open| open.epoch == context.epoch);
        idle.pop()
    }

    fn connect(&self, context: &Context) -> Result<Open, RootError> {
        let slot = self.place.slot(&context.pkcs11)?;
        let pin = self.place.pin()?;
        let mut refused_pin = lock(&self.refused_pin);
        if refused_pin.as_ref().is_some_and(|refused| refused.equals(&pin)) {
            return Err(self.place.pin_refused());
        }
        let session = self.place.log_in(&context.pkcs11, slot, &pin);
        *refused_pin = matches!(session, Err(RootError::TokenPin { .. })).then_some(pin);
        let session = session?;
        let key = self.place.key(&session, &self.key_id)?;
        Ok(Open { session, key, epoch: context.epoch })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let context = self.module.context();
        let idle = std::mem::take(&mut *lock(&self.idle));
        idle.into_iter().filter(|open| open.epoch == context.epoch).for_each(close);
    }
}

/// The token did not answer.
#[derive(Clone, Copy)]
struct Silent {
    epoch: u64,
}

fn close(open: Open) {
    // One that cannot be closed is gone with its token.
    let _closed_or_gone = open.session.close();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
