//! Keeping state in this process: a [`Store`] over one SQLite file or one PostgreSQL schema.
//!
//! A service reads through [`Store::reader`] and changes things through [`Store::write`] or
//! [`Store::write_once`], which own the transaction: begin, run, commit, try again where the database asks for
//! it, time it, and answer with this crate's [`Error`]. Around that: [`page`] (keyset pages and sealed tokens),
//! [`request`] (the first answer to each request id), [`batch`] (many jobs in one commit), [`rows`] (many rows in one
//! statement), [`statistics`] (what PostgreSQL knows of tables that grow).
//!
//! It knows nothing of the wire, of events or of any service's tables. It has no clock: times are arguments.
//!
//! Start with [`Store`], then `write.rs`.

pub mod batch;
pub mod column;
mod config;
mod connect;
mod error;
mod migrate;
pub mod page;
pub mod request;
pub mod rows;
mod scope;
pub mod statistics;
mod store;
mod write;

pub use batch::{BatchWorker, Batcher};
pub use config::Config;
pub use error::Error;
pub use request::Once;
pub use scope::announce;
pub use store::{Backend, Store};
pub use write::Effect;

/// The transaction that a write runs in. Statements go through sea-orm's `ConnectionTrait`.
pub type Tx = sea_orm::DatabaseTransaction;
