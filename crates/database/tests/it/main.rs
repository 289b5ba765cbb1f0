//! The contract of the store, on SQLite always and on PostgreSQL where `TEST_POSTGRES_URL` names a server on
//! which schemas may be made.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod batches;
mod errors;
mod fixture;
mod migrations;
mod once;
mod sqlite_files;
mod statistics;
mod writes;
