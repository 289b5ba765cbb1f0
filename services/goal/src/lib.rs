//! Everyday work: the vision in the words of each role.
//!
//! This crate owns visions, the tree of goals, the guard against empty words, and how far each goal has come with
//! each person. It deliberately doesn't know who people are, what a unit is called or what a number is worth: it asks
//! the directory for the organisation, and keeps the names of metrics without looking behind them.
//!
//! Start reading at [`domain`], which says what may happen to a goal, then [`service`], which makes it happen, then
//! [`storage`] (where it is kept), [`peers`] (whom it asks) and `grpc` (how it is called). [`build`] puts all of it
//! together.

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
