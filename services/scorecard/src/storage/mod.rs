//! The metrics, target profiles and counted answers of every tenant.
//!
//! What do we store, and why:
//!
//! - `metric` with its newest content; `metric_version`, what it has computed so far, never changed, because a series
//!   is only comparable within one version; `metric_review`, who looked at it and what was decided.
//! - `target_profile`, with its feelings as one JSON text: they are always read together.
//! - `organisation_unit` and `organisation_version`: the units through time as the directory told of them, so that a
//!   wave rolls up the tree of its own day without asking anybody.
//! - `wave` and `wave_question`: what was fixed at the opening. `wave_invited` and `wave_response`: how many were asked
//!   and how many answered, by unit and day.
//! - `cell` and `respondents`: how often each value of a question was given, and how many answered the question, by
//!   unit and day. Counts add up in any order, and every figure is computed from them. No row is of a person.
//! - `released_place`: what was decided about a wave of employees when it closed: the tree of its opening day, how many
//!   answered in each unit, and whether it may be shown. Written once, and every read of the wave uses it.
//!
//! An answer without a unit has the empty text as its unit, because a key has no null.
//!
//! The verbs take a connection, so that the same one serves a read of its own and a step of a write.

pub mod answers;
mod entity;
pub mod metrics;
mod migration;
pub mod organisation;
pub mod privacy;
pub mod profiles;
pub mod releases;
mod row;
pub mod waves;

pub use migration::Migrator;

/// Rows in one INSERT. Each number of rows is a statement of its own to prepare, and has its own limit of values.
const CHUNK: usize = 100;
