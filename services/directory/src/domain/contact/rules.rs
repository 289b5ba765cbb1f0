use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::consent::Purpose;
use super::super::person::Kind;

/// On what a contact rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Allowed until the person says no.
    LegitimateInterest,
    /// Refused until the person says yes.
    Consent,
}

/// The rules for people of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindRules {
    /// In any window; 0 is no limit.
    pub max_contacts: u32,
    pub window_days: u32,
    /// Between two surveys; 0 is none.
    pub quarantine_days: u32,
    /// Between two surveys of the whole relationship; 0 is none.
    pub relational_quarantine_days: u32,
    pub survey: Basis,
    pub communication: Basis,
    pub story: Basis,
}

impl KindRules {
    /// The length of a window where nothing else is said, in days.
    pub const WINDOW_DAYS: u32 = 30;

    const EMPLOYEES: Self = Self {
        max_contacts: 0,
        window_days: Self::WINDOW_DAYS,
        quarantine_days: 0,
        relational_quarantine_days: 0,
        survey: Basis::LegitimateInterest,
        communication: Basis::LegitimateInterest,
        story: Basis::LegitimateInterest,
    };

    const CUSTOMERS: Self =
        Self { max_contacts: 4, quarantine_days: 30, relational_quarantine_days: 90, ..Self::EMPLOYEES };

    const PROSPECTS: Self = Self {
        survey: Basis::Consent,
        communication: Basis::Consent,
        story: Basis::Consent,
        ..Self::CUSTOMERS
    };

    /// On what contacts for a purpose rest.
    pub fn basis(&self, purpose: Purpose) -> Basis {
        match purpose {
            Purpose::Survey => self.survey,
            Purpose::Communication => self.communication,
            Purpose::Story => self.story,
        }
    }
}

/// Whom a tenant contacts, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub employees: KindRules,
    pub customers: KindRules,
    /// Also former customers and candidates.
    pub prospects: KindRules,
    /// 0 while they are the defaults.
    pub revision: i64,
    pub update_time: Option<DateTime<Utc>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            employees: KindRules::EMPLOYEES,
            customers: KindRules::CUSTOMERS,
            prospects: KindRules::PROSPECTS,
            revision: 0,
            update_time: None,
        }
    }
}

/// What an update changes; none stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub employees: Option<KindRules>,
    pub customers: Option<KindRules>,
    pub prospects: Option<KindRules>,
}

/// A basis that the law does not leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} can't be that: {why}")]
pub struct BasisRefused {
    pub field: &'static str,
    pub why: &'static str,
}

impl Rules {
    /// The rules for people of a kind.
    pub fn of(&self, kind: Kind) -> &KindRules {
        match kind {
            Kind::Employee | Kind::Leaver => &self.employees,
            Kind::Customer => &self.customers,
            Kind::Prospect | Kind::FormerCustomer | Kind::Candidate => &self.prospects,
        }
    }

    /// The rules after a change. A change of nothing keeps the revision.
    ///
    /// Employees are never asked for consent, since it would not be free (Act 759/2004, section 3). Others than customers
    /// are told things only with it, since that is marketing (Act 917/2014, section 200).
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Result<Self, BasisRefused> {
        let Change { employees, customers, prospects } = change;
        let changed = Self {
            employees: employees.unwrap_or(self.employees),
            customers: customers.unwrap_or(self.customers),
            prospects: prospects.unwrap_or(self.prospects),
            ..self.clone()
        };
        let not_free = "consent is not free in employment, leave it at legitimate interest";
        let marketing = "messages to people who are not customers need consent, leave it at consent";
        for (field, basis, wanted, why) in [
            ("employees.survey_basis", changed.employees.survey, Basis::LegitimateInterest, not_free),
            (
                "employees.communication_basis",
                changed.employees.communication,
                Basis::LegitimateInterest,
                not_free,
            ),
            ("employees.story_basis", changed.employees.story, Basis::LegitimateInterest, not_free),
            ("prospects.communication_basis", changed.prospects.communication, Basis::Consent, marketing),
            ("prospects.story_basis", changed.prospects.story, Basis::Consent, marketing),
        ] {
            if basis != wanted {
                return Err(BasisRefused { field, why });
            }
        }
        if changed == *self {
            return Ok(changed);
        }
        Ok(Self { revision: self.revision + 1, update_time: Some(now), ..changed })
    }
}
