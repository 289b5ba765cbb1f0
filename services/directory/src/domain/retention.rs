//! How long a tenant keeps what holds people.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;
use super::person::{Employment, Kind};

/// How long is kept what a tenant says nothing of.
const DEFAULT: Policy = Policy {
    link_days: 30,
    answer_months: 24,
    comment_months: 12,
    contact_months: 24,
    delivery_months: 24,
    revision: 0,
    update_time: None,
};

/// The shortest time for which people are kept with whom there is no relation any more: whoever asks rarely would lose
/// everybody between two surveys.
pub const LEAST_CONTACT_MONTHS: u32 = 6;

/// How long contacts by survey and message are kept at least, in months: longer than any rule looks back.
const LEDGER_MONTHS: u32 = 24;

/// How long a tenant keeps what holds people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Links, after the close of their wave.
    pub link_days: u32,
    /// Raw answers.
    pub answer_months: u32,
    /// Own words in answers.
    pub comment_months: u32,
    /// People, after the last contact.
    pub contact_months: u32,
    /// To whom messages were sent.
    pub delivery_months: u32,
    /// 0 while it is the default.
    pub revision: i64,
    pub update_time: Option<DateTime<Utc>>,
}

impl Default for Policy {
    fn default() -> Self {
        DEFAULT
    }
}

/// What an update changes; none stays as it is, and 0 becomes the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub link_days: Option<u32>,
    pub answer_months: Option<u32>,
    pub comment_months: Option<u32>,
    pub contact_months: Option<u32>,
    pub delivery_months: Option<u32>,
}

/// Up to when things are kept, reckoned once for a purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cutoffs {
    pub link_time: DateTime<Utc>,
    pub answer_time: DateTime<Utc>,
    pub comment_time: DateTime<Utc>,
    pub contact_time: DateTime<Utc>,
    pub delivery_time: DateTime<Utc>,
}

impl Policy {
    /// The policy after a change. A change of nothing keeps the revision.
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Result<Self, Refused> {
        let Change { link_days, answer_months, comment_months, contact_months, delivery_months } = change;
        let settle = |given: Option<u32>, stored: u32, default: u32| match given {
            None => stored,
            Some(0) => default,
            Some(given) => given,
        };
        let changed = Self {
            link_days: settle(link_days, self.link_days, DEFAULT.link_days),
            answer_months: settle(answer_months, self.answer_months, DEFAULT.answer_months),
            comment_months: settle(comment_months, self.comment_months, DEFAULT.comment_months),
            contact_months: settle(contact_months, self.contact_months, DEFAULT.contact_months),
            delivery_months: settle(delivery_months, self.delivery_months, DEFAULT.delivery_months),
            ..self.clone()
        };
        if changed.contact_months < LEAST_CONTACT_MONTHS {
            let problem = format!("must be 0, or {LEAST_CONTACT_MONTHS} or more");
            return Err(Refused::new("contact_months", problem));
        }
        if changed.comment_months > changed.answer_months {
            let most = changed.answer_months;
            let problem = format!("must not be more than answer_months, which is {most}: give at most that");
            return Err(Refused::new("comment_months", problem));
        }
        if changed == *self {
            return Ok(changed);
        }
        Ok(Self { revision: self.revision + 1, update_time: Some(now), ..changed })
    }

    /// Up to when things are kept at a time.
    pub fn cutoffs(&self, now: DateTime<Utc>) -> Cutoffs {
        let Self {
            link_days,
            answer_months,
            comment_months,
            contact_months,
            delivery_months,
            revision: _,
            update_time: _,
        } = self;
        Cutoffs {
            link_time: now - TimeDelta::days((*link_days).into()),
            answer_time: months_before(now, *answer_months),
            comment_time: months_before(now, *comment_months),
            contact_time: months_before(now, *contact_months),
            delivery_time: months_before(now, *delivery_months),
        }
    }
}

/// Calendar months before a time: the same day of the month, or the last one where the month is shorter.
pub fn months_before(time: DateTime<Utc>, months: u32) -> DateTime<Utc> {
    // Before the beginning of the calendar nothing was kept.
    time.checked_sub_months(Months::new(months)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Up to when contacts by survey and message are kept: as long as they tell how long ago the last one was, and at least
/// as long as any rule looks back.
pub fn ledger_cutoff(contact_time: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    contact_time.min(months_before(now, LEDGER_MONTHS))
}

/// Whether there is no relation with such a person any more. Customers and employees who are there never go by time.
pub fn is_past(kind: Kind, employment: Option<Employment>) -> bool {
    match kind {
        Kind::Prospect | Kind::FormerCustomer | Kind::Candidate | Kind::Leaver => true,
        Kind::Employee => employment == Some(Employment::Left),
        Kind::Customer => false,
    }
}

#[cfg(test)]
mod tests;
