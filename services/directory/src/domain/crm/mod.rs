//! Bringing people, accounts and outcomes to what a CRM tells of them, whatever the order in which it tells.
//!
//! What is told is text by field ([`Told`]), from a batch or from a webhook. A [`Record`] remembers, for each key of a
//! source, how new the last is that was applied, as a whole and field by field. [`shelf::Shelf`] takes one item after
//! the other, and says of each what became of it. Nothing here waits: what is stored is loaded before, for all items
//! at once, and what changed is written after.

mod account;
mod change;
mod outcome;
mod person;
mod record;
pub mod shelf;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use change::{Change, FIELDS_OF, Mapping, Object, Properties};
pub use record::{Record, RereadReason, Stamp};
pub use shelf::{Known, Noun, Shelf};

/// The longest key of a source and the longest name, in characters.
pub const LONGEST: usize = 200;

/// Fields by the name that the contract has for them. An empty text takes a value away.
pub type Fields = BTreeMap<String, String>;

/// What a record of a CRM became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Person,
    Account,
    Outcome,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Person, Self::Account, Self::Outcome];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Account => "account",
            Self::Outcome => "outcome",
        }
    }

    /// The kind that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// An item of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub external_id: String,
    pub fields: Fields,
    /// When the source says that it was so.
    pub stamp: Option<Stamp>,
}

/// Why an item could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub reason: Reason,
    pub field: String,
    pub problem: String,
}

/// The reasons of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    InvalidFields,
    PersonNotFound,
    AccountNotFound,
    UnitNotFound,
    AttributeValueTaken,
    PersonErased,
    GroupTooSmall,
}

impl Reason {
    /// The reason as the contract has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InvalidFields => "INVALID_FIELDS",
            Self::PersonNotFound => "PERSON_NOT_FOUND",
            Self::AccountNotFound => "ACCOUNT_NOT_FOUND",
            Self::UnitNotFound => "UNIT_NOT_FOUND",
            Self::AttributeValueTaken => "ATTRIBUTE_VALUE_TAKEN",
            Self::PersonErased => "PERSON_ERASED",
            Self::GroupTooSmall => "GROUP_TOO_SMALL",
        }
    }
}

impl Fault {
    fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { reason: Reason::InvalidFields, field: field.into(), problem: problem.into() }
    }

    fn erased(field: &str) -> Self {
        let problem = "is of somebody who was erased, leave the item out".to_owned();
        Self { reason: Reason::PersonErased, field: field.to_owned(), problem }
    }

    fn missing(reason: Reason, field: &str, key: &str) -> Self {
        let problem = format!("nothing has the key {key:?} in this source, send that first");
        Self { reason, field: field.to_owned(), problem }
    }
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub external_id: String,
    pub state: State,
    /// The resource name; empty where there is none.
    pub name: String,
    pub fault: Option<Fault>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Created,
    Updated,
    Unchanged,
    Stale,
    Failed,
}

/// A text within its bounds.
fn text<'a>(field: &str, value: &'a str, least: usize, most: usize) -> Result<&'a str, Fault> {
    let length = value.chars().count();
    if length < least || length > most {
        return Err(Fault::invalid(field, format!("must have {least} to {most} characters, has {length}")));
    }
    if value.contains('\0') {
        return Err(Fault::invalid(field, "must not contain the character U+0000"));
    }
    Ok(value)
}

/// A value that is not taken away.
fn filled(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests;
