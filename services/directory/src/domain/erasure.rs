//! Forgetting a person: the keys that must not come back, who has confirmed, and the report that proves it.

use std::collections::{BTreeMap, BTreeSet};

use arki_ids::{ErasureId, PersonId, TenantId};
use chrono::{DateTime, SecondsFormat, Utc};
use ring::hmac;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Person;
use super::audit::{Hash, hex};
use super::person::{ExternalId, Kind, email_key};

/// The service that erases first, in the transaction of the request.
pub const FIRST: &str = "directory";

/// Every service that holds anything of people. An erasure is complete when all have confirmed.
pub const SERVICES: [&str; 5] = [FIRST, "survey", "scorecard", "goal", "communication"];

/// Why something was not erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    AnonymousResponses,
}

impl Limit {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AnonymousResponses => "anonymous_responses",
        }
    }

    /// Reads a word.
    pub fn of_word(word: &str) -> Option<Self> {
        (word == Self::AnonymousResponses.word()).then_some(Self::AnonymousResponses)
    }
}

/// Why a person was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody asked for it: nobody brings the person back.
    #[default]
    Request,
    /// There was no contact for too long: who comes back is welcome.
    Retention,
}

impl Reason {
    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Retention => "retention",
        }
    }

    /// The reason that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Request, Self::Retention].into_iter().find(|reason| reason.word() == word)
    }
}

/// What one service confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub service: String,
    pub confirm_time: DateTime<Utc>,
    /// How many rows of each kind.
    pub counts: BTreeMap<String, u64>,
    pub limits: BTreeSet<Limit>,
}

/// The erasure of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub id: ErasureId,
    pub person: PersonId,
    /// Answers that were kept before there was more than one reason name none.
    #[serde(default)]
    pub reason: Reason,
    /// Who had been merged into the person.
    pub merged: Vec<PersonId>,
    pub create_time: DateTime<Utc>,
    pub complete_time: Option<DateTime<Utc>>,
    pub report_hash: Option<String>,
    pub lift_time: Option<DateTime<Utc>>,
    /// By the order of [`SERVICES`], those that there are.
    pub confirmations: Vec<Confirmation>,
}

impl Erasure {
    /// Everybody whose rows go.
    pub fn people(&self) -> Vec<PersonId> {
        std::iter::once(self.person).chain(self.merged.iter().copied()).collect()
    }

    /// Whether every service has confirmed.
    pub fn is_confirmed(&self) -> bool {
        SERVICES.iter().all(|service| self.confirmations.iter().any(|one| one.service == *service))
    }

    /// What could not be erased.
    pub fn limits(&self) -> BTreeSet<Limit> {
        self.confirmations.iter().flat_map(|one| one.limits.iter().copied()).collect()
    }

    /// The report as it is hashed: JSON without spaces, keys in the order of the alphabet, services too.
    pub fn report(&self, tenant: TenantId) -> String {
        let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let confirmations: BTreeMap<&str, Reported<'_>> = self
            .confirmations
            .iter()
            .map(|one| {
                let Confirmation { service, confirm_time, counts, limits: _ } = one;
                (service.as_str(), Reported { confirm_time: time(confirm_time), counts })
            })
            .collect();
        let report = Report {
            confirmations,
            create_time: time(&self.create_time),
            erasure: self.id.name(),
            limits: self.limits().into_iter().map(Limit::word).collect(),
            person: self.person.name(),
            tenant: tenant.name(),
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&report).unwrap_or_default()
    }

    /// The SHA-256 of the report, in hexadecimal digits.
    pub fn report_hash(&self, tenant: TenantId) -> String {
        let hash: Hash = Sha256::digest(self.report(tenant)).into();
        hex(&hash)
    }
}

#[derive(Serialize)]
struct Report<'a> {
    confirmations: BTreeMap<&'a str, Reported<'a>>,
    create_time: String,
    erasure: String,
    limits: Vec<&'static str>,
    person: String,
    tenant: String,
}

#[derive(Serialize)]
struct Reported<'a> {
    confirm_time: String,
    counts: &'a BTreeMap<String, u64>,
}

/// By what a system may bring an erased person back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A key of a source system.
    ExternalId(ExternalId),
    /// A key of somebody who worked here, of whatever system: an identity provider often has that of the HR system.
    OfStaff(String),
    /// An address, or a user name that looks like one, as it is looked for.
    Email(String),
    /// The key of something that the person did.
    Outcome(String),
}

impl Key {
    /// The hash that is kept of it, in hexadecimal digits. Without the secret of the tenant nobody can try out who was
    /// erased.
    pub fn hash(&self, secret: &[u8]) -> String {
        let parts: [&str; 3] = match self {
            Self::ExternalId(ExternalId { source, external_id }) => ["external_id", source, external_id],
            Self::OfStaff(key) => ["staff", "", key],
            Self::Email(key) => ["email", "", key],
            Self::Outcome(key) => ["outcome", "", key],
        };
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
        for part in parts {
            // With its length before it no part runs into the next.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The keys by which a person is known in their profile.
    pub fn of_person(person: &Person) -> Vec<Self> {
        let email = email_key(&person.profile.email).map(Self::Email);
        let external_id = person.profile.primary().map(Self::ExternalId);
        email.into_iter().chain(external_id).collect()
    }

    /// The keys of a person by which no other person was known before; all of a new one.
    pub fn new_in(before: Option<&Person>, after: &Person) -> Vec<Self> {
        let old = before.map(Self::of_person).unwrap_or_default();
        Self::of_person(after).into_iter().filter(|key| !old.contains(key)).collect()
    }
}

/// Whether an identity provider may make the person known again.
pub fn is_staff(kind: Kind) -> bool {
    matches!(kind, Kind::Employee | Kind::Candidate | Kind::Leaver)
}

#[cfg(test)]
mod tests;
