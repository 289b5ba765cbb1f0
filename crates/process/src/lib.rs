//! Being a process here.
//!
//! This crate owns what every binary needs and no service should write twice: the [`Clock`], tasks that shutdown can
//! wait for ([`Tasks`]), the [`config`] cascade, [`telemetry`], the [`admin`] port, the gRPC listener ([`serve_grpc`]),
//! and the order in which all of it starts and stops ([`shutdown`], [`service_main`]).
//!
//! It deliberately doesn't know any service, any database and any bus: a service hands itself in as functions.
//!
//! Start reading at [`main_program`], which puts everything else together.

pub mod admin;
pub mod clock;
pub mod config;
pub mod context;
pub mod grpc;
pub mod main_program;
pub mod settings;
pub mod shutdown;
pub mod tasks;
pub mod telemetry;

pub use admin::{Backing, Gate, Readiness};
pub use clock::{Clock, SystemClock};
pub use context::{Context, Deployment, Running};
pub use grpc::serve_grpc;
pub use main_program::service_main;
pub use settings::Settings;
pub use tasks::Tasks;
pub use tokio_util::sync::CancellationToken;
