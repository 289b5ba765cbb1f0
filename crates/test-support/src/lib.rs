//! What the tests of the services stand on.
//!
//! This crate owns the places where a test keeps its state ([`TestDatabase`], and [`on_each_database`], which makes
//! a test for each kind of database), the clock that only the test moves ([`FakeClock`]), the ear on the bus
//! ([`Recorder`]), the directory that knows what a test tells it ([`FakeDirectory`]), how a test calls and how it
//! reads a refusal ([`call`]), and waiting for what must come ([`eventually`]).
//!
//! It deliberately doesn't know any service: what a test does with a service, as verbs, stands with that service's
//! tests. It is only ever a development dependency. Nothing of it outlives the test, however the test ends.
//!
//! Start reading at [`database`].

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

pub mod call;
pub mod clock;
pub mod database;
pub mod directory;
pub mod events;
pub mod patience;

pub use call::{Refused, ask, ask_as, fields, mask, refused, said, text, told};
pub use clock::FakeClock;
pub use database::{OnDatabase, TestDatabase, start};
pub use directory::{FakeDirectory, Organisation};
pub use events::Recorder;
pub use patience::{PATIENCE, eventually};
