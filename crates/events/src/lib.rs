//! Telling other services what happened, and hearing it from them.
//!
//! A service [`append`]s an event to its own outbox in the transaction that made it true. A [`Relay`] publishes
//! it on a [`Bus`] at least once, in order for each aggregate. A consumer (see [`consume`]) records the event in
//! its inbox in the same transaction as the effect, so the effect happens exactly once. What a consumer can't
//! take in after its retries lies in [`dead_letters`], where an operator finds it and sends it again.
//!
//! The outbox in the database is the truth. The bus may lose everything and be filled again from it
//! ([`outbox::republish`]).
//!
//! This crate knows the messages of `arki.event.v1` only as bytes with a subject ([`Payload`]); what an event
//! means is its consumer's matter. It has no clock: leases and pauses go by the database's, which all replicas
//! share.
//!
//! Reading order: [`Envelope`], [`outbox`], `relay.rs`, [`Bus`], `consumer.rs`, [`dead_letters`].

mod bus;
mod consumer;
pub mod dead_letters;
mod envelope;
mod handler;
pub mod inbox;
pub mod outbox;
mod payloads;
mod relay;
mod time;
mod trace;

pub use bus::jetstream::{JetStream, JetStreamWorker};
pub use bus::{Bus, Error, InProcess, Sink, jetstream};
pub use consumer::{Consumer, consume};
pub use envelope::{Envelope, matches};
pub use handler::{BoxError, Handler, HandlerError};
pub use outbox::{Draft, append, append_all};
pub use payloads::{Payload, SUBJECTS};
pub use relay::{Relay, wake};
