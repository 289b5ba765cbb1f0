//! The record of who read and changed what: a chain in which each entry's hash covers the hash before it.
//!
//! What is hashed is the entry as JSON without spaces, keys in the order of the alphabet, in ASCII alone, so that
//! anybody can compute it again. It holds the tenant and the place in the log, so that no entry fits anywhere else.

use arki_ids::TenantId;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A link of the chain.
pub type Hash = [u8; 32];

/// What stands before the first entry.
pub const GENESIS: Hash = [0; 32];

/// Most resources that are kept of one call.
pub const MOST_RESOURCES: usize = 20;

/// Longest text of an entry, in characters.
const LONGEST: usize = 200;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Allowed,
    Denied,
    NotFound,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Allowed, Self::Denied, Self::NotFound];

    /// The word that is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
        }
    }

    /// Reads a stored word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// What happened. It names things by their resource names, never by what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub time: DateTime<Utc>,
    pub subject: String,
    /// `<service>.<Rpc>`.
    pub action: String,
    pub resources: Vec<String>,
    pub outcome: Outcome,
    /// Of a refusal; else empty.
    pub reason: String,
    pub request_id: String,
    pub trace_id: String,
    /// How many calls alike it stands for.
    pub count: i64,
}

impl Fact {
    /// The fact with nothing in it that would not be hashed alike everywhere: ASCII without spaces, in bounds.
    #[must_use]
    pub fn clean(self) -> Self {
        let plain =
            |text: String| -> String { text.chars().filter(char::is_ascii_graphic).take(LONGEST).collect() };
        let Self { time, subject, action, resources, outcome, reason, request_id, trace_id, count } = self;
        Self {
            time,
            subject: plain(subject),
            action: plain(action),
            resources: resources.into_iter().take(MOST_RESOURCES).map(plain).collect(),
            outcome,
            reason: plain(reason),
            request_id: plain(request_id),
            trace_id: plain(trace_id),
            count: count.max(1),
        }
    }
}

/// A fact in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tenant: TenantId,
    /// From 1, without gaps.
    pub sequence: i64,
    pub fact: Fact,
    pub hash: Hash,
}

/// The end of a chain, to which the next entry is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub sequence: i64,
    pub hash: Hash,
}

/// Where a chain begins.
pub const BEGINNING: Head = Head { sequence: 0, hash: GENESIS };

/// The fields in the order of the alphabet, which is the order in which they are hashed.
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    count: i64,
    outcome: Outcome,
    reason: &'a str,
    request_id: &'a str,
    resources: &'a [String],
    sequence: i64,
    subject: &'a str,
    tenant: String,
    time: String,
    trace_id: &'a str,
}

impl Entry {
    /// The fact as the next entry after `head`.
    pub fn after(head: Head, tenant: TenantId, fact: Fact) -> Self {
        let mut entry = Self { tenant, sequence: head.sequence + 1, fact, hash: GENESIS };
        entry.hash = entry.linked_to(&head.hash);
        entry
    }

    /// Its end of the chain.
    pub fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash }
    }

    /// What is hashed.
    pub fn content(&self) -> String {
        let Self { tenant, sequence, fact, hash: _ } = self;
        let Fact { time, subject, action, resources, outcome, reason, request_id, trace_id, count } = fact;
        let canonical = Canonical {
            action,
            count: *count,
            outcome: *outcome,
            reason,
            request_id,
            resources,
            sequence: *sequence,
            subject,
            tenant: tenant.name(),
            time: time.to_rfc3339_opts(SecondsFormat::Micros, true),
            trace_id,
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&canonical).unwrap_or_default()
    }

    /// The hash that the entry has after `previous`.
    pub fn linked_to(&self, previous: &Hash) -> Hash {
        Sha256::new().chain_update(previous).chain_update(self.content()).finalize().into()
    }
}

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The entry is not as it was written.
    Changed,
    /// The entry is not there.
    Missing,
    /// There is an entry behind the end of the log.
    NotTheLast,
}

impl Problem {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::NotTheLast => "not the last",
        }
    }
}

/// A walk along a chain. It stops at the first entry that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The last entry that was right.
    pub at: Head,
    pub entries: i64,
    /// The first broken entry and what is wrong with it.
    pub broken: Option<(i64, Problem)>,
}

impl Walk {
    /// A walk that begins after `start`.
    pub fn from(start: Head) -> Self {
        Self { at: start, entries: 0, broken: None }
    }

    /// Looks at the next entry.
    pub fn step(&mut self, entry: &Entry) {
        if self.broken.is_some() {
            return;
        }
        let expected = self.at.sequence + 1;
        if entry.sequence != expected {
            self.broken = Some((expected, Problem::Missing));
        } else if entry.linked_to(&self.at.hash) != entry.hash {
            self.broken = Some((expected, Problem::Changed));
        } else {
            self.at = entry.head();
            self.entries += 1;
        }
    }

    /// Compares where the walk ended with where the log should end.
    #[must_use]
    pub fn end(mut self, head: Head) -> Self {
        if self.broken.is_none() && self.at != head {
            self.broken = Some(match self.at.sequence.cmp(&head.sequence) {
                std::cmp::Ordering::Less => (self.at.sequence + 1, Problem::Missing),
                std::cmp::Ordering::Equal => (head.sequence, Problem::Changed),
                std::cmp::Ordering::Greater => (head.sequence + 1, Problem::NotTheLast),
            });
        }
        self
    }
}

/// A hash in hexadecimal digits.
pub fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
