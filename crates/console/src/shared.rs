//! What all pages share.

use std::sync::Arc;

use catalog::Clock;
use crypto::Random;
use ram::Ram;

use crate::calls::Calls;
use crate::once::Once;

/// The rooms behind the pages, the time, and chance.
pub struct Shared {
    /// Who is signed in.
    pub(crate) ram: Arc<Ram>,
    /// The actions.
    pub(crate) calls: Arc<dyn Calls>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// For tokens of sessions and of calls that shall be made once.
    pub(crate) random: Arc<dyn Random>,
    /// What forms made that are sent once.
    pub(crate) once: Once,
}

impl Shared {
    /// The rooms, and nothing made yet.
    #[must_use]
    pub fn new(ram: Arc<Ram>, calls: Arc<dyn Calls>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { ram, calls, clock, random, once: Once::default() }
    }
}
