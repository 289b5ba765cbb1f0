//! Listening: what is asked, of whom, and what was answered.
//!
//! This crate owns questionnaires and their versions, waves, invitations with their links, and responses. It tells
//! others how often each value was given, by unit and day; of employees only once a wave has closed.
//!
//! It deliberately doesn't know what a number means, who may see it, how an invitation reaches a person, or what
//! people are called: those are matters of scorecard, communication and directory.
//!
//! Reading order: [`domain`], [`storage`], [`service`], then [`grpc`] and [`worker`]; [`wiring`] puts them together.

pub mod config;
pub mod domain;
pub mod grpc;
pub mod peers;
pub mod service;
pub mod storage;
pub mod wiring;
pub mod worker;

pub use config::Config;
pub use wiring::{Peers, build, migrate, serve};
