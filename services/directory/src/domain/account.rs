//! Customer organisations and households.

use arki_ids::{AccountId, UnitId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A customer organisation or household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub details: Details,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What is known of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub display_name: String,
    /// The key in the CRM.
    pub external_id: Option<String>,
    /// Under which external ids are unique; empty where none is named.
    pub source: String,
    /// Empty where none is known.
    pub segment: String,
    /// The unit that serves the account.
    pub unit: Option<UnitId>,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub display_name: Option<String>,
    pub external_id: Option<Option<String>>,
    pub source: Option<String>,
    pub segment: Option<String>,
    pub unit: Option<Option<UnitId>>,
}

impl Account {
    /// A new account.
    pub fn create(id: AccountId, details: Details, now: DateTime<Utc>) -> Self {
        Self { id, details, revision: 1, create_time: now, update_time: now }
    }

    /// The account after a change.
    #[must_use]
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Self {
        let Change { display_name, external_id, source, segment, unit } = change;
        let old = self.details.clone();
        let details = Details {
            display_name: display_name.unwrap_or(old.display_name),
            external_id: external_id.unwrap_or(old.external_id),
            source: source.unwrap_or(old.source),
            segment: segment.unwrap_or(old.segment),
            unit: unit.unwrap_or(old.unit),
        };
        self.with(details, now)
    }

    /// The account with other details. The same details keep the revision.
    #[must_use]
    pub fn with(&self, details: Details, now: DateTime<Utc>) -> Self {
        if details == self.details {
            return self.clone();
        }
        Self { details, revision: self.revision + 1, update_time: now, ..self.clone() }
    }
}
