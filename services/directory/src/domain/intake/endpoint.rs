//! An address to which a system tells what happened in it.

use arki_ids::IntakeEndpointId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::Refused;
use crate::domain::crm::Mapping;

/// How many secrets are live at most.
const SECRETS: usize = 2;

/// How a system tells, and how it proves that it is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Hubspot,
    SalesforceOutbound,
    SalesforceCdc,
    Dynamics,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 4] = [Self::Hubspot, Self::SalesforceOutbound, Self::SalesforceCdc, Self::Dynamics];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hubspot => "hubspot",
            Self::SalesforceOutbound => "salesforce_outbound",
            Self::SalesforceCdc => "salesforce_cdc",
            Self::Dynamics => "dynamics",
        }
    }

    /// The provider that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.word() == word)
    }
}

/// An address to which a system tells what happened in it. Its secrets are not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub id: IntakeEndpointId,
    pub provider: Provider,
    pub source: String,
    pub terms: Terms,
    pub previous_secret_expire_time: Option<DateTime<Utc>>,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What may change about an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub description: String,
    /// Empty where none is asked for.
    pub organisation_id: String,
    pub mapping: Mapping,
    pub is_disabled: bool,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub description: Option<String>,
    pub organisation_id: Option<String>,
    pub mapping: Option<Mapping>,
    pub is_disabled: Option<bool>,
}

impl Endpoint {
    /// A new endpoint.
    pub fn create(
        id: IntakeEndpointId,
        provider: Provider,
        source: String,
        terms: Terms,
        now: DateTime<Utc>,
    ) -> Self {
        let previous_secret_expire_time = None;
        Self {
            id,
            provider,
            source,
            terms,
            previous_secret_expire_time,
            revision: 1,
            create_time: now,
            update_time: now,
        }
    }

    /// What is wrong with it.
    pub fn refused(&self) -> Vec<Refused> {
        let mut refused = self.terms.mapping.refused();
        if self.provider == Provider::SalesforceOutbound && self.terms.organisation_id.is_empty() {
            let problem = "must be given: outbound messages are proven by it together with the secret";
            refused.push(Refused::new("organisation_id", problem));
        }
        refused
    }

    /// The endpoint after a change. A change of nothing keeps the revision.
    #[must_use]
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Self {
        let Change { description, organisation_id, mapping, is_disabled } = change;
        let old = self.terms.clone();
        let terms = Terms {
            description: description.unwrap_or(old.description),
            organisation_id: organisation_id.unwrap_or(old.organisation_id),
            mapping: mapping.unwrap_or(old.mapping),
            is_disabled: is_disabled.unwrap_or(old.is_disabled),
        };
        if terms == self.terms {
            return self.clone();
        }
        Self { terms, revision: self.revision + 1, update_time: now, ..self.clone() }
    }

    /// The endpoint with a new secret.
    #[must_use]
    pub fn with_secrets(&self, secrets: &Secrets, now: DateTime<Utc>) -> Self {
        let previous_secret_expire_time = secrets.0.iter().filter_map(|secret| secret.expire_time).max();
        Self { previous_secret_expire_time, revision: self.revision + 1, update_time: now, ..self.clone() }
    }

    /// Whether what names these organisations is for it. Salesforce writes ids with 15 or, with a check, 18 characters.
    pub fn is_of(&self, organisations: &[String]) -> bool {
        let wanted = self.terms.organisation_id.as_str();
        let is_same = |given: &String| {
            given.eq_ignore_ascii_case(wanted)
                || (self.provider == Provider::SalesforceOutbound
                    && given.len().min(wanted.len()) == 15
                    && given.get(..15) == wanted.get(..15))
        };
        let must_name = self.provider == Provider::SalesforceOutbound;
        wanted.is_empty() || (organisations.iter().all(is_same) && !(must_name && organisations.is_empty()))
    }
}

/// The secrets of an endpoint, newest first. Only what is sealed of it is stored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Secrets(pub Vec<LiveSecret>);

/// A secret and its end.
#[derive(Clone, Serialize, Deserialize)]
pub struct LiveSecret {
    pub secret: String,
    /// None for the newest.
    pub expire_time: Option<DateTime<Utc>>,
}

impl Secrets {
    /// A new secret before the one that is live, which ends after `overlap`, or when it would have anyway.
    #[must_use]
    pub fn rotated(self, secret: String, overlap: TimeDelta, now: DateTime<Utc>) -> Self {
        let end = now + overlap;
        let before = self.0.into_iter().map(|old| {
            let expire_time = Some(old.expire_time.unwrap_or(end).min(end));
            LiveSecret { expire_time, ..old }
        });
        let newest = LiveSecret { secret, expire_time: None };
        let all = std::iter::once(newest).chain(before).filter(|secret| secret.is_live(now));
        Self(all.take(SECRETS).collect())
    }

    /// Those that prove now, newest first.
    pub fn live(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |secret| secret.is_live(now)).map(|secret| secret.secret.as_str())
    }
}

impl LiveSecret {
    fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.expire_time.is_none_or(|end| now < end)
    }
}
