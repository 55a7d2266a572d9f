//! What every call leaves behind: audit records, counters, nonces.

pub use audit::{AuditFilter, AuditHead, AuditRecord};
pub use checkpoints::AuditCheckpoint;
pub use meters::{Meter, MeterRecord};
pub use nonces::{NonceRecord, NoncesTaken};

mod audit;
mod balances;
mod checkpoints;
mod meters;
mod nonces;
