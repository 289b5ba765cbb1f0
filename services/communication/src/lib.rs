//! Telling until it is understood.
//!
//! This service owns messages, campaigns that tell them by a schedule in each recipient's own time zone, the
//! deliveries that come of them, and how many understood what they read. It deliberately doesn't know names and
//! addresses, which belong to the directory and are asked for when a mail is written, nor what any one person
//! answered.
//!
//! Start reading at `domain/schedule.rs` (when), then `worker/planner.rs` and `worker/sender.rs` (how it gets there),
//! then `domain/understanding.rs` (what may be told of the answers).

mod channel;
mod config;
mod domain;
mod grpc;
mod peers;
mod service;
mod storage;
mod wiring;
mod worker;

pub use config::{
    ChannelKind, Config, MailConfig, PlannerConfig, SenderConfig, SmtpConfig, TlsMode, Unusable,
};
pub use peers::Peers;
pub use wiring::{Hands, Parts, assemble, build, migrate, serve};
