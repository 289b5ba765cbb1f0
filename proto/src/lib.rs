//! The contract of Arki: the messages and services of `arki/**/*.proto` as Rust types, the descriptor set that
//! carries every option and comment, and the checks of the bounds that the contract declares.
//!
//! It deliberately knows nothing of transport, storage or rules of the domain. Start reading in
//! `arki/directory/v1/directory_service.proto`; [`Bounds`] and [`Reason`] are all that is written by hand.

pub mod bounds;

#[allow(
    clippy::all,
    clippy::doc_markdown,
    clippy::large_futures,
    unreachable_pub,
    rustdoc::all,
    reason = "generated from the contract"
)]
pub(crate) mod contract {
    include!(concat!(env!("OUT_DIR"), "/contract.rs"));
}

#[allow(clippy::all, reason = "generated from the contract")]
mod checks {
    include!(concat!(env!("OUT_DIR"), "/bounds.rs"));
    include!(concat!(env!("OUT_DIR"), "/reasons.rs"));
}

pub use bounds::{Bounds, Violation};
pub use contract::{arki::*, google};

/// The encoded `FileDescriptorSet` of the contract with its options, comments and imports.
pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// A reason of an error, as it travels in `google.rpc.ErrorInfo`.
pub trait Reason: Copy {
    /// The reason in capitals, such as `GOAL_NOT_FOUND`; there is a page of help for each.
    fn reason(self) -> &'static str;
    /// Whose reason it is, such as `goal.arki`.
    fn domain(self) -> &'static str;
}
