//! Whom a wave or a message is for.

use arki_ids::{PersonId, RoleId, UnitId};
use serde::{Deserialize, Serialize};

use super::person::Kind;

/// The most members on a page.
pub const MOST_MEMBERS: u64 = 5_000;

/// Whom a wave or a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// What they are on the day; of employees only those who work.
    pub kind: Kind,
    /// Only who leads a unit on the day.
    pub leads: bool,
    /// These units and all below; none means every unit and those who belong to none.
    pub units: Vec<UnitId>,
    /// None means every role.
    pub roles: Vec<RoleId>,
    /// None means everyone.
    pub attributes: Vec<Segment>,
}

/// Whom a segment attribute singles out: those with any of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub key: String,
    pub values: Vec<String>,
}

/// A person as the member of an audience on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: PersonId,
    pub unit: Option<UnitId>,
    pub role: Option<RoleId>,
    /// The person's own; none takes the tenant's.
    pub language: Option<String>,
    /// The person's own; none takes the tenant's.
    pub time_zone: Option<String>,
    pub email: String,
    pub display_name: String,
    pub external_id: Option<String>,
}
