//! One run through all services, in which goes what was kept long enough: who has purged what, and the report that
//! proves it.

use std::collections::BTreeMap;

use arki_ids::{PurgeId, TenantId};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audit::{Hash, hex};
use super::erasure::SERVICES;
use super::retention::Cutoffs;

/// How long after a purge of a tenant, or after the tenant was made, the next one begins by itself.
const EVERY: TimeDelta = TimeDelta::days(1);

/// A part that a service has purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub service: String,
    /// Counted from 0 in each service.
    pub part: i32,
    /// How many rows of each kind.
    pub counts: BTreeMap<String, u64>,
    /// Whether nothing was left after it.
    pub is_done: bool,
    pub confirm_time: DateTime<Utc>,
}

/// One run through all services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    pub id: PurgeId,
    pub cutoffs: Cutoffs,
    pub create_time: DateTime<Utc>,
    pub complete_time: Option<DateTime<Utc>>,
    pub report_hash: Option<String>,
    /// In any order.
    pub parts: Vec<Part>,
}

/// What one service says of a purge so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// When its last part was heard of; none while one is missing.
    pub confirm_time: Option<DateTime<Utc>>,
    /// How many rows of each kind.
    pub counts: BTreeMap<String, u64>,
    pub parts: i32,
}

impl Purge {
    /// What a service has said.
    pub fn confirmation(&self, service: &str) -> Confirmation {
        let mut said = Confirmation::default();
        let mut last: Option<i32> = None;
        let mut newest: Option<DateTime<Utc>> = None;
        for part in self.parts.iter().filter(|part| part.service == service) {
            said.parts += 1;
            for (kind, rows) in &part.counts {
                *said.counts.entry(kind.clone()).or_default() += rows;
            }
            if part.is_done {
                last = Some(part.part);
            }
            newest = newest.max(Some(part.confirm_time));
        }
        // Parts are heard of in any order, so the last one alone says nothing of those before.
        if last.is_some_and(|last| said.parts == last + 1) {
            said.confirm_time = newest;
        }
        said
    }

    /// Whether nothing is left in any service.
    pub fn is_confirmed(&self) -> bool {
        SERVICES.iter().all(|service| self.confirmation(service).confirm_time.is_some())
    }

    /// The report as it is hashed: JSON without spaces, keys in the order of the alphabet, services too.
    pub fn report(&self, tenant: TenantId) -> String {
        let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let confirmations = SERVICES
            .iter()
            .map(|service| {
                let Confirmation { confirm_time, counts, parts: _ } = self.confirmation(service);
                let confirm_time = confirm_time.as_ref().map(time).unwrap_or_default();
                (*service, Reported { confirm_time, counts })
            })
            .collect();
        let Cutoffs { link_time, answer_time, comment_time, contact_time, delivery_time } = &self.cutoffs;
        let cutoffs = BTreeMap::from([
            ("answer_time", time(answer_time)),
            ("comment_time", time(comment_time)),
            ("contact_time", time(contact_time)),
            ("delivery_time", time(delivery_time)),
            ("link_time", time(link_time)),
        ]);
        let report = Report {
            confirmations,
            create_time: time(&self.create_time),
            cutoffs,
            purge: self.id.name(),
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
struct Report {
    confirmations: BTreeMap<&'static str, Reported>,
    create_time: String,
    cutoffs: BTreeMap<&'static str, String>,
    purge: String,
    tenant: String,
}

#[derive(Serialize)]
struct Reported {
    confirm_time: String,
    counts: BTreeMap<String, u64>,
}

/// Whether the daily purge of a tenant is due, by when the newest one began. One that runs is not overtaken.
pub fn is_due(tenant_create_time: DateTime<Utc>, newest: Option<&Purge>, now: DateTime<Utc>) -> bool {
    let runs = newest.is_some_and(|newest| newest.complete_time.is_none());
    let last = newest.map_or(tenant_create_time, |newest| newest.create_time);
    !runs && last + EVERY <= now
}

/// Whether a purge runs for so long that somebody should look at the services that have not confirmed.
pub fn is_stuck(purge: &Purge, now: DateTime<Utc>) -> bool {
    purge.complete_time.is_none() && purge.create_time + EVERY <= now
}

#[cfg(test)]
mod tests;
