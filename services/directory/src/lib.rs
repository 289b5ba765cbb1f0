//! The directory: the organisation through time, its people, its customers and what they did, and the keys that let
//! anybody in.
//!
//! It deliberately doesn't know what anybody answered, is measured by, or is told: names and addresses stay here, and
//! the other services know people by their ids alone. It asks no other service for anything.
//!
//! Start with [`domain`], which says what a unit or a person is and what may happen to it; [`storage`] keeps it,
//! [`service`] makes it happen, `grpc` is how it is called, and [`build`] puts it all together.
//! The modules that the tests look into are public; what other crates use is listed below.

mod admin_key;
mod config;
pub mod domain;
mod grpc;
pub mod sealing;
pub mod service;
pub mod storage;
mod wiring;
mod worker;

pub use config::{Config, Intake, Webhooks};
pub use service::FirstKey;
pub use wiring::{Peers, build, first_start, migrate, serve};
