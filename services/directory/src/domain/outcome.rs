//! What customers did: the business side of experience.

use arki_ids::{AccountId, OutcomeId, PersonId, UnitId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;

/// What a customer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Purchase,
    Renewal,
    Churn,
    Upsell,
    Complaint,
    SupportCase,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Purchase, Self::Renewal, Self::Churn, Self::Upsell, Self::Complaint, Self::SupportCase];

    /// The word for it in storage, in files and in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Renewal => "renewal",
            Self::Churn => "churn",
            Self::Upsell => "upsell",
            Self::Complaint => "complaint",
            Self::SupportCase => "support_case",
        }
    }

    /// The kind that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Something that a customer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub id: OutcomeId,
    pub facts: Facts,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What is known of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub kind: Kind,
    pub time: DateTime<Utc>,
    pub person: Option<PersonId>,
    pub account: Option<AccountId>,
    /// The unit that served; none takes the account's when the outcome is written.
    pub unit: Option<UnitId>,
    /// In minor units of the currency, such as cents; negative for a refund.
    pub amount_minor: i64,
    /// ISO 4217 code; empty only where there is no amount.
    pub currency: String,
    /// The key in the CRM.
    pub external_id: Option<String>,
    /// Under which external ids are unique; empty where none is named.
    pub source: String,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub kind: Option<Kind>,
    pub time: Option<DateTime<Utc>>,
    pub person: Option<Option<PersonId>>,
    pub account: Option<Option<AccountId>>,
    pub unit: Option<Option<UnitId>>,
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
    pub external_id: Option<Option<String>>,
    pub source: Option<String>,
}

impl Facts {
    /// Refuses an amount of no currency.
    pub fn check(&self) -> Result<(), Refused> {
        if self.amount_minor != 0 && self.currency.is_empty() {
            return Err(Refused::new("currency", "must be given where there is an amount"));
        }
        Ok(())
    }

    /// The facts after a change.
    #[must_use]
    pub fn change(&self, change: Change) -> Self {
        let Change { kind, time, person, account, unit, amount_minor, currency, external_id, source } =
            change;
        let old = self.clone();
        Self {
            kind: kind.unwrap_or(old.kind),
            time: time.unwrap_or(old.time),
            person: person.unwrap_or(old.person),
            account: account.unwrap_or(old.account),
            unit: unit.unwrap_or(old.unit),
            amount_minor: amount_minor.unwrap_or(old.amount_minor),
            currency: currency.unwrap_or(old.currency),
            external_id: external_id.unwrap_or(old.external_id),
            source: source.unwrap_or(old.source),
        }
    }
}

impl Outcome {
    /// A new outcome.
    pub fn create(id: OutcomeId, facts: Facts, now: DateTime<Utc>) -> Self {
        Self { id, facts, revision: 1, create_time: now, update_time: now }
    }

    /// The outcome with other facts. The same facts keep the revision.
    #[must_use]
    pub fn with(&self, facts: Facts, now: DateTime<Utc>) -> Self {
        if facts == self.facts {
            return self.clone();
        }
        Self { facts, revision: self.revision + 1, update_time: now, ..self.clone() }
    }
}
