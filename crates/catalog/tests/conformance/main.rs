//! One suite for both engines: what holds on SQLite holds on a real PostgreSQL server too.

mod changes;
mod key_queries;
mod opening;
mod place;
mod postgres_only;
mod ram_queries;
mod server;
mod sqlite_files;
mod trail_queries;
