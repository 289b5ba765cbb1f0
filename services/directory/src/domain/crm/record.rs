//! How new what was applied of a key of a source is.
//!
//! A batch tells of a record as a whole: what is older than the last is stale. A webhook tells of some properties: the
//! newest of each stays, as it came, so that the same events make the same record in whichever order they come and
//! however often (a map of last-writer-wins registers).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Change, Fields, Told};

/// When a source says that something was so. Of the same time, the order of the source decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    #[serde(rename = "t", with = "chrono::serde::ts_microseconds")]
    pub time: DateTime<Utc>,
    /// Sorts as the source counts; empty where it doesn't.
    #[serde(rename = "o", default, skip_serializing_if = "String::is_empty")]
    pub order: String,
}

impl Stamp {
    /// A time without an order.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self { time, order: String::new() }
    }

    /// Before everything that a source tells.
    pub(super) fn least() -> Self {
        Self::at(DateTime::UNIX_EPOCH)
    }
}

/// Why a record must be read in its source again. Of two of the same time the greater stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RereadReason {
    Incomplete,
    NoValues,
    Truncated,
    Gap,
    Deleted,
}

impl RereadReason {
    const ALL: [Self; 5] = [Self::Incomplete, Self::NoValues, Self::Truncated, Self::Gap, Self::Deleted];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::NoValues => "no_values",
            Self::Truncated => "truncated",
            Self::Gap => "gap",
            Self::Deleted => "deleted",
        }
    }

    /// The reason that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What is remembered of a key of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Of the newest that was applied.
    pub stamp: Option<Stamp>,
    /// Of the newest that a batch told, by field.
    pub fields: BTreeMap<String, Stamp>,
    /// The newest value of each property that came by webhook, as it came.
    pub properties: BTreeMap<String, (String, Stamp)>,
    /// Whether the source has deleted it, and since when it says so.
    pub deleted: Option<(bool, Stamp)>,
    pub reread: Option<(DateTime<Utc>, RereadReason)>,
}

impl Record {
    /// Takes an item of a batch, and gives the fields to apply; none where it is stale.
    pub(super) fn admit(&mut self, told: &Told) -> Option<Fields> {
        let Told { external_id: _, fields, stamp } = told;
        let Some(stamp) = stamp else {
            self.reread = None;
            return Some(fields.clone());
        };
        if self.stamp.as_ref().is_some_and(|newest| stamp.time < newest.time) {
            return None;
        }
        for field in fields.keys() {
            let newest = self.fields.entry(field.clone()).or_insert_with(|| stamp.clone());
            *newest = newest.clone().max(stamp.clone());
        }
        self.rise(stamp);
        if self.reread.is_some_and(|(since, _)| since <= stamp.time) {
            self.reread = None;
        }
        Some(fields.clone())
    }

    /// Takes what a webhook told, and tells whether any of it was new.
    pub(super) fn merge(&mut self, change: &Change) -> bool {
        let before = self.clone();
        let Change { properties, deleted, reread, stamp, .. } = change;
        for (name, value) in properties {
            let told = (value.clone(), stamp.clone());
            let newest = self.properties.entry(name.clone()).or_insert_with(|| told.clone());
            if (&told.1, &told.0) > (&newest.1, &newest.0) {
                *newest = told;
            }
        }
        if let Some(deleted) = deleted {
            let told = (*deleted, stamp.clone());
            if self.deleted.as_ref().is_none_or(|newest| (&told.1, told.0) > (&newest.1, newest.0)) {
                self.deleted = Some(told);
            }
        }
        if let Some(reason) = reread {
            self.mark(stamp.time, *reason);
        }
        self.rise(stamp);
        *self != before
    }

    /// Notes that it must be read again.
    pub(super) fn mark(&mut self, since: DateTime<Utc>, reason: RereadReason) {
        self.reread = Some(self.reread.map_or((since, reason), |mark| mark.max((since, reason))));
    }

    /// Notes whether enough was told to make something of it.
    pub(super) fn complete(&mut self, is_complete: bool) {
        let is_marked = self.reread.is_some_and(|(_, reason)| reason == RereadReason::Incomplete);
        if is_complete && is_marked {
            self.reread = None;
        } else if !is_complete && (is_marked || self.reread.is_none()) {
            let since = self.stamp.as_ref().map_or(DateTime::UNIX_EPOCH, |stamp| stamp.time);
            self.reread = Some((since, RereadReason::Incomplete));
        }
    }

    /// Whether a value of a field that came by webhook is as new as what a batch told of it.
    pub(super) fn takes(&self, field: &str, stamp: &Stamp) -> bool {
        self.fields.get(field).is_none_or(|newest| newest <= stamp)
    }

    fn rise(&mut self, stamp: &Stamp) {
        if self.stamp.as_ref().is_none_or(|newest| newest < stamp) {
            self.stamp = Some(stamp.clone());
        }
    }
}
