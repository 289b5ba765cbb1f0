//! The goal service as its callers see it, on both databases.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cascade;
mod commitments;
mod coverage;
mod dead_letters;
mod erasures;
mod goals;
mod language;
mod merges;
mod rows;
mod storage;
mod tenants;
mod visions;
mod world;
