//! The edge of Arki: one port for REST and JSON, gRPC, gRPC-web, SCIM, the API's documents and the web pages.
//!
//! This crate owns the way from a stranger's bytes to a call of a service and back: who calls ([`auth`]), what every
//! request passes ([`stack`]), and the protocols ([`rest`], [`grpc`]). All of it is made from the contract's
//! descriptors ([`contract`]), at start: there is no code for any single RPC, but for the one that gathers a person from
//! all services (`export`).
//!
//! It deliberately keeps no state and knows no rule of any domain. Start reading at [`wiring`], which puts everything
//! together, then [`stack`].

pub mod auth;
pub mod config;
pub mod contract;
pub mod program;
pub mod webhooks;
mod wiring;

mod audit;
mod docs;
mod export;
#[cfg(test)]
mod garden;
mod grpc;
mod hooks;
mod oauth;
mod oidc;
mod openapi;
mod pages;
mod problem;
mod refusal;
mod request_id;
mod rest;
mod scim;
mod serve;
mod stack;

pub use auth::Authenticator;
pub use config::Config;
pub use serve::serve;
pub use wiring::{Gateway, Peers};
