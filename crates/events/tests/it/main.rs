//! The way of an event from a transaction into another service's, on SQLite always, on PostgreSQL where
//! `TEST_POSTGRES_URL` names a server on which schemas may be made, and over JetStream where a `nats-server` is
//! on the path or named by `TEST_NATS_SERVER`.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod consumers;
mod dead_letters;
mod doubles;
mod fixture;
mod jetstream;
mod nats;
mod relays;
mod traces;
