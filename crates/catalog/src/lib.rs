//! What we remember: records, queries and migrations, on SQLite or PostgreSQL.
//!
//! ```text
//! Catalog ── read()  ──► Read   queries on the last committed state       readers: a few connections
//!         └─ write() ──► Write  changes, all or none, kept by finish()    writer: one connection, one commit for all who wait
//!                          └─ read() ──► Read   sees the change too
//! ```
//!
//! One text a query, for both engines; `database/` is the only place that knows which one it is. Several processes may use one catalog:
//! writers wait for each other, readers never wait. `writer/` says how changes share a commit and when they may be answered.
//! Rules live elsewhere: this crate stores a state, it does not decide which state may follow. "Not found" is `None` here and an
//! error in the rooms above. It never sees a key in clear and does no cryptography.

pub use attendance::{Attendance, Attends};
pub use catalog::Catalog;
pub use clock::{Clock, ManualClock, SystemClock};
pub use database::OpenedFor;
pub use error::{CatalogError, Result};
pub use jiff::Timestamp;
pub use names::{Account, InvalidName, KeyId, KeyVersionId, Region, Scope};
pub use page::{AfterName, Listed, Page, PageRequest};
pub use queries::ecs::{
    BlobRecord, ClientToken, DiskContent, DiskEncryptionDefault, DiskFilter, DiskRecord, ImageDiskRecord, ImageFilter,
    ImageOrder, ImageOwner, ImageRecord, ImageShare, ImageSort, ImageUse, InstanceFilter, InstanceRecord, JobFilter,
    JobOwner, JobRecord, KeyPairFilter, KeyPairRecord, NewJob, SnapshotFilter, SnapshotRecord, SnapshotUse,
    TicketFilter, TicketRecord, TicketReply, UploadRecord,
};
pub use queries::kms::{
    AliasRecord, ImportToken, KeyFilter, KeyRecord, KeyState, KeyVersionRecord, Rotation, SealedImage,
    SealedImageRecord, UnknownKeyState,
};
pub use queries::ram::{
    AccessKeyRecord, AccessKeyStatus, AccountRecord, Attachment, AttachmentTarget, ConsoleSessionRecord, Grant,
    GroupRecord, LoginProfileRecord, PolicyName, PolicyRecord, PolicyType, PolicyVersionRecord, RoleRecord, TargetKind,
    UnknownWord, UserRecord,
};
pub use queries::trail::{
    AuditCheckpoint, AuditFilter, AuditHead, AuditRecord, EventFilter, EventPage, Meter, MeterDayRecord, MeterRecord,
    NonceRecord, NoncesTaken,
};
pub use queries::{Tag, TagPosition, TaggedResource};
pub use read::Read;
pub use recall::{Epoch, REMEMBERED_S, Recall};
pub use writer::Write;

mod attendance;
mod catalog;
mod clock;
mod data_directory;
mod database;
mod error;
mod migrations;
mod names;
mod page;
mod queries;
mod read;
mod readers;
mod recall;
mod writer;
