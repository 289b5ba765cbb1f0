//! Being a gRPC peer here.
//!
//! This crate owns what every call between two services goes through: the one [`Peer`] type (a function call in
//! one process, a channel over TCP), the [`server`] stack that admits a call, the [`client`] stack that sends one,
//! who is calling ([`Caller`]), and how a refusal looks on the wire ([`Failure`]).
//!
//! It deliberately doesn't know any service, any database, where time comes from, or how a process is started.
//!
//! Start reading at [`peer`], then [`server`] and [`client`], then [`failure`] and [`table`].

pub mod assertion;
pub mod balance;
pub mod caller;
pub mod client;
pub mod deadline;
pub mod failure;
pub mod input;
pub mod mask;
pub mod method;
pub mod peer;
pub mod reach;
pub mod request;
pub mod server;
pub mod table;
pub mod time;
pub mod trace;

pub use arki_proto::Reason;
pub use assertion::AssertionKey;
pub use caller::{Caller, Scopes};
pub use failure::{Failure, Violation};
pub use input::Input;
pub use mask::Mask;
pub use peer::{ConnectOptions, Peer, Unreachable, connect, in_process, remote};
pub use reach::{Reach, Rows};
pub use request::{admit, check, fingerprint};

/// Any error that may cross a task.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
