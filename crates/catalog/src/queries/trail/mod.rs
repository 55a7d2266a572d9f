//! What every call leaves behind: audit records, counters, nonces.

pub use audit::{AuditFilter, AuditHead, AuditRecord};
pub use checkpoints::AuditCheckpoint;
pub use events::{EventFilter, EventPage};
pub use meters::{Meter, MeterDayRecord, MeterRecord};
pub use nonces::{NonceRecord, NoncesTaken};

mod audit;
mod balances;
mod checkpoints;
mod events;
mod meters;
mod nonces;
