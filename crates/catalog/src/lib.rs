//! What we remember: records, queries and migrations, on SQLite.
