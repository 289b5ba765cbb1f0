//! The visions, goals and commitments of every tenant.
//!
//! What do we store, and why: one row for each vision and goal with its newest content, because a goal is read far
//! more often than it is changed and nobody reads an earlier wording; texts as JSON by language, because a goal is
//! always read with all of its languages; a commitment by goal and person, with the goal first in its key, because
//! coverage reads a whole goal at once. That at most one vision is in force, that a goal's vision and parent exist
//! and that a commitment has its goal is held by the database as well.
//!
//! The verbs take a connection, so that the same one serves a read of its own and a step of a write.

pub mod commitments;
pub mod entity;
pub mod goals;
pub mod merges;
mod migration;
pub mod privacy;
mod row;
pub mod visions;

pub use migration::Migrator;
