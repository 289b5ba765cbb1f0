//! Rows as the database has them. Every finder takes the tenant, save those that name a worker in their comment.

#![expect(unreachable_pub, reason = "the derive makes public items, and what they name must be public too")]

pub(super) mod campaign;
pub(super) mod delivery;
pub(super) mod message;
pub(super) mod occurrence;
pub(super) mod reader;
pub(super) mod tally;
