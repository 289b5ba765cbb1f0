//! What every service owes a person: to know where it keeps anything of them, to forget it, and to show it.
//!
//! A service lists each of its tables once, as a [`Room`] that says what the table holds of a person. From that list a
//! person is erased ([`erase`]) and exported ([`export`]), and a test of each service walks the schema and fails for a
//! table that the list leaves out ([`schema::unclassified`]). [`COMMON`] are the tables that every service has from
//! `arki-database` and `arki-events`; [`scrub`] forgets what lies in those.
//!
//! This crate doesn't know what a table means, and asks nobody: it runs inside the transaction of whoever calls it.
//!
//! Reading order: [`room`], [`erase`], [`scrub`], [`Erasures`], [`export`], [`schema`].

mod erase;
mod erasures;
mod export;
pub mod room;
pub mod schema;
mod scrub;

pub use erase::{Rows, add, erase};
pub use erasures::{Erasures, Forgets, Forgotten};
pub use export::{Section, export, part};
pub use room::{COMMON, Holds, Room};
pub use scrub::scrub;
