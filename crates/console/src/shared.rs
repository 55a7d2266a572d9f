//! What all pages share.

use std::sync::Arc;

use catalog::Clock;
use crypto::Random;
use ram::Ram;

use crate::calls::Calls;

/// The rooms behind the pages, the time, and chance.
pub struct Shared {
    /// Who is signed in.
    pub ram: Arc<Ram>,
    /// The actions.
    pub calls: Arc<dyn Calls>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For tokens of sessions and of calls that shall be made once.
    pub random: Arc<dyn Random>,
}
