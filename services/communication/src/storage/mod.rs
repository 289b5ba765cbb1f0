//! What do we store, and why.
//!
//! - `message`: what is told, one row for each; words as JSON, since nothing is ever searched inside them.
//! - `campaign`: when and to whom. `plan_time` is the planner's queue.
//! - `occurrence`: one row for each time a campaign was planned, with its counts; its key is the local time. It is
//!   what makes a restart plan a thing once.
//! - `delivery`: one row for each recipient and occurrence, which is a unique key. `queue_time` is the senders'
//!   queue: they claim rows by writing a lease and a higher fence on them, never by remembering a last id.
//! - `reader`: who has answered the question under a message, and not what.
//! - `tally`: how many answered and understood, by message and unit. There is no row for a single answer, so there
//!   is nothing that could be joined with `reader`.
//! - `reached_before`: see [`purges`].
//!
//! Beside them the tables of request ids, outbox, inbox and dead letters, which belong to other crates.

pub(crate) mod answers;
pub(crate) mod campaigns;
pub(crate) mod deliveries;
mod entity;
pub(crate) mod messages;
mod migration;
pub(crate) mod occurrences;
pub(crate) mod privacy;
pub(crate) mod purges;
pub(crate) mod queue;
mod read;

pub(crate) use migration::Migrator;
