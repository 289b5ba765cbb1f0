//! The scorecard: what is measured of customers and employees, and how surely it is known.
//!
//! This crate owns metrics, target profiles, the counts of all answers, and the one gate through which a number of
//! employees may leave. It deliberately doesn't know who answered, what a question says or who may log in: it hears of
//! counts and of the organisation by events, and asks the directory for the house rules of a tenant.
//!
//! Start reading at [`domain`], which says what a number is and when it may be shown, then [`service`], which answers
//! for it, then [`storage`] (where it is kept), `worker` (how counts and units come in), [`peers`] (whom it asks) and
//! `grpc` (how it is called). [`build`] puts all of it together.

mod config;
pub mod domain;
mod grpc;
pub mod peers;
pub mod service;
pub mod storage;
mod wiring;
mod worker;

pub use config::Config;
pub use wiring::{Peers, build, migrate, serve};
