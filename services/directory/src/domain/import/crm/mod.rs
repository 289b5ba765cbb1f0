//! Files of CRM systems: accounts, customers and what they did.

pub mod plan;
pub mod read;

pub use plan::{Plan, State, plan};
pub use read::{File, read};

/// The fields that a column can be mapped to.
pub const FIELDS: [&str; 14] = [
    field::ACCOUNT_ID,
    field::ACCOUNT_NAME,
    field::SEGMENT,
    field::ACCOUNT_UNIT_ID,
    field::UNIT_ID,
    field::PERSON_ID,
    field::NAME,
    field::EMAIL,
    field::LANGUAGE,
    field::OUTCOME_ID,
    field::OUTCOME_KIND,
    field::OUTCOME_TIME,
    field::AMOUNT,
    field::CURRENCY,
];

/// The names of the fields.
pub(super) mod field {
    pub(crate) const ACCOUNT_ID: &str = "account_id";
    pub(crate) const ACCOUNT_NAME: &str = "account_name";
    pub(crate) const SEGMENT: &str = "segment";
    pub(crate) const ACCOUNT_UNIT_ID: &str = "account_unit_id";
    pub(crate) const UNIT_ID: &str = "unit_id";
    pub(crate) const PERSON_ID: &str = "person_id";
    pub(crate) const NAME: &str = "name";
    pub(crate) const EMAIL: &str = "email";
    pub(crate) const LANGUAGE: &str = "language";
    pub(crate) const OUTCOME_ID: &str = "outcome_id";
    pub(crate) const OUTCOME_KIND: &str = "outcome_kind";
    pub(crate) const OUTCOME_TIME: &str = "outcome_time";
    pub(crate) const AMOUNT: &str = "amount";
    pub(crate) const CURRENCY: &str = "currency";
}

/// The longest key and the longest name, in characters; the same as the contract's.
pub(super) const LONGEST: usize = 200;
/// The longest segment, in characters; the same as the contract's.
pub(super) const LONGEST_SEGMENT: usize = 64;

#[cfg(test)]
mod tests;
