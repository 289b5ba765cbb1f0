//! Files of HR systems: units, roles and employees.

mod brake;
mod leavers;
mod people;
pub mod plan;
pub mod read;
mod units;

pub use brake::{Limits, name};
pub use plan::{Content, Plan, Planner, State, plan};
pub use read::{File, PersonRow, Reader, read};
pub use units::Units;

/// The fields that a column can be mapped to, besides `attribute:KEY`.
pub const FIELDS: [&str; 17] = [
    field::PERSON_ID,
    field::NAME,
    field::FIRST_NAME,
    field::LAST_NAME,
    field::EMAIL,
    field::UNIT_ID,
    field::UNIT_NAME,
    field::PARENT_UNIT_ID,
    field::PARENT_UNIT_NAME,
    field::UNIT_PATH,
    field::UNIT_LEADER,
    field::ROLE,
    field::MANAGER_ID,
    field::LANGUAGE,
    field::TIME_ZONE,
    field::STATE,
    field::START_DATE,
];

/// The names of the fields.
pub(super) mod field {
    pub(crate) const PERSON_ID: &str = "person_id";
    pub(crate) const NAME: &str = "name";
    pub(crate) const FIRST_NAME: &str = "first_name";
    pub(crate) const LAST_NAME: &str = "last_name";
    pub(crate) const EMAIL: &str = "email";
    pub(crate) const UNIT_ID: &str = "unit_id";
    pub(crate) const UNIT_NAME: &str = "unit_name";
    pub(crate) const PARENT_UNIT_ID: &str = "parent_unit_id";
    pub(crate) const PARENT_UNIT_NAME: &str = "parent_unit_name";
    pub(crate) const UNIT_PATH: &str = "unit_path";
    pub(crate) const UNIT_LEADER: &str = "unit_leader";
    pub(crate) const ROLE: &str = "role";
    pub(crate) const MANAGER_ID: &str = "manager_id";
    pub(crate) const LANGUAGE: &str = "language";
    pub(crate) const TIME_ZONE: &str = "time_zone";
    pub(crate) const STATE: &str = "state";
    pub(crate) const START_DATE: &str = "start_date";
}

/// The longest key of the source system and the longest name, in characters; the same as the contract's.
pub(super) const LONGEST: usize = 200;

#[cfg(test)]
mod tests;
