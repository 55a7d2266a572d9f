//! One suite for both engines: what holds on SQLite holds on a real PostgreSQL server too.

#![expect(
    clippy::unwrap_used,
    reason = "the suite's functions are called by tests, so the exception for tests does not see them"
)]

mod attendance;
mod changes;
mod console_queries;
mod crowds;
mod image_queries;
mod instance_queries;
mod key_days_queries;
mod key_pair_queries;
mod key_queries;
mod opening;
mod page_queries;
mod place;
mod postgres_only;
mod ram_queries;
mod root_key_queries;
mod server;
mod share_queries;
mod sqlite_files;
mod ticket_queries;
mod trail_queries;
mod upload_queries;
