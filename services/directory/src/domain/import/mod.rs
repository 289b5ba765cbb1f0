//! Bringing the directory to what a file of another system says.
//!
//! A file becomes a [`table::Table`] (rows with their lines), a [`mapping::Mapping`] says which column is what, a
//! reader makes typed rows of both ([`hr::read`], [`crm::read`]), and a planner compares them with what is stored
//! ([`hr::plan`], [`crm::plan`]). What comes out is a plan that the storage carries out as it is, and a
//! [`report::Report`]. Any error anywhere, and there is no plan.

pub mod cell;
pub mod crm;
pub mod erased;
pub mod hr;
mod json;
pub mod mapping;
pub mod profile;
pub mod report;
pub mod run;
pub mod table;

use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, UnitId};

/// Where the ids of new things come from.
#[derive(Clone, Copy, Debug)]
pub struct NewIds {
    pub unit: fn() -> UnitId,
    pub role: fn() -> RoleId,
    pub person: fn() -> PersonId,
    pub account: fn() -> AccountId,
    pub outcome: fn() -> OutcomeId,
}
