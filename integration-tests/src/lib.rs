//! What the black-box tests and the benchmarks stand on: a whole Arki as processes of its own, reached through its
//! public port alone, in either wiring.
//!
//! Start reading at [`suite`]; [`api`] is how a test speaks to it, [`servers`] are what it stands on and a test may take
//! away, [`receiver`] hears webhooks, [`tools`] runs clients in other languages.

pub mod api;
mod installation;
pub mod processes;
pub mod receiver;
pub mod servers;
pub mod suite;
pub mod tools;

pub use suite::{Suite, Wiring};
