//! What every service owes a person: to know where it keeps anything of them, to forget it, to show it, and to keep
//! nothing longer than it is needed.
//!
//! A service lists each of its tables once, as a [`Room`] that says what the table holds of a person. From that list a
//! person is erased ([`erase`]) and exported ([`export`]), and a test of each service walks the schema and fails for a
//! table that the list leaves out ([`schema::unclassified`]). [`COMMON`] are the tables that every service has from
//! `arki-database` and `arki-events`; [`scrub`] forgets what lies in those. What goes by time is each service's own
//! matter; [`Purges`] has it go in short parts.
//!
//! This crate doesn't know what a table means, and asks nobody: it runs inside the transaction of whoever calls it.
//!
//! Reading order: [`room`], [`erase`], [`scrub`], [`Erasures`], [`Purges`], [`export`], [`schema`].

mod erase;
mod erasures;
mod export;
mod purges;
pub mod room;
pub mod schema;
mod scrub;

pub use erase::{Rows, add, erase};
pub use erasures::{Erasures, Forgets, Forgotten};
pub use export::{Section, export, part};
pub use purges::{Cutoffs, MOST, NothingByTime, Purged, Purger, Purges, is_for};
pub use room::{COMMON, Holds, Room};
pub use scrub::scrub;
