//! Numbers of HR and recruiting by unit and month, so that experience can be held against them.
//!
//! They are numbers of groups, never of persons: absence is health data. A figure tells of its unit alone, and nothing is
//! added up along the tree. [`Ledger`] takes one reported figure after the other; what is stored is loaded before, for all
//! of them at once, and what changed is written after.

mod ledger;

use arki_ids::{UnitId, WorkforceFigureId};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use super::Refused;

pub use ledger::{Changed, Ledger, Reported, Terms, Units};

/// The largest number that is taken, as a count or as a base.
pub const MOST: f64 = 1_000_000_000.0;

/// What is counted, and out of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Out of the average headcount of the month.
    Leavers,
    /// For the average headcount of the month.
    NewHires,
    /// Out of the days that should have been worked.
    AbsenceDays,
    /// For the openings that they applied for.
    Applicants,
    /// Out of all offers.
    OffersAccepted,
}

/// Which group must not be too small for a number of employees to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The base, which is a headcount.
    Base,
    /// The employees of the unit on the first day of the month, as the directory knows them: the base is no headcount.
    Members,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Leavers, Self::NewHires, Self::AbsenceDays, Self::Applicants, Self::OffersAccepted];

    /// The word for it in storage and in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leavers => "leavers",
            Self::NewHires => "new_hires",
            Self::AbsenceDays => "absence_days",
            Self::Applicants => "applicants",
            Self::OffersAccepted => "offers_accepted",
        }
    }

    /// The kind that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whose group must not be too small; none where the number tells of no employees.
    pub fn group(self) -> Option<Group> {
        match self {
            Self::Leavers | Self::NewHires => Some(Group::Base),
            Self::AbsenceDays => Some(Group::Members),
            Self::Applicants | Self::OffersAccepted => None,
        }
    }

    /// Whether what is counted is a part of the base.
    fn is_share(self) -> bool {
        match self {
            Self::Leavers | Self::AbsenceDays | Self::OffersAccepted => true,
            Self::NewHires | Self::Applicants => false,
        }
    }

    /// Whether the count is whole: people and offers are, days are not.
    fn counts_whole(self) -> bool {
        self != Self::AbsenceDays
    }

    /// Whether the base is whole: openings and offers are, averages and days are not.
    fn has_whole_base(self) -> bool {
        matches!(self, Self::Applicants | Self::OffersAccepted)
    }
}

/// How many out of how many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    /// From 0 to [`MOST`].
    pub count: f64,
    /// Above 0, at most [`MOST`].
    pub base: f64,
}

impl Numbers {
    /// The numbers of a kind as they were told.
    ///
    /// # Errors
    /// The first that is missing, out of range, in parts where the kind has wholes, or larger than what it is a part of.
    pub fn read(kind: Kind, count: Option<f64>, base: Option<f64>) -> Result<Self, Refused> {
        let given =
            |field: &str, number: Option<f64>| number.ok_or_else(|| Refused::new(field, "must be given"));
        let (count, base) = (given("count", count)?, given("base", base)?);
        // What is no number at all is in no range.
        if !(0.0..=MOST).contains(&count) {
            return Err(Refused::new("count", format!("must be 0 to {MOST}, is {count}")));
        }
        let is_in_range = base > 0.0 && base <= MOST;
        if !is_in_range {
            return Err(Refused::new("base", format!("must be above 0 and at most {MOST}, is {base}")));
        }
        let words = kind.word();
        if kind.counts_whole() && count.fract() != 0.0 {
            return Err(Refused::new("count", format!("must be a whole number of {words}, is {count}")));
        }
        if kind.has_whole_base() && base.fract() != 0.0 {
            return Err(Refused::new("base", format!("must be a whole number for {words}, is {base}")));
        }
        if kind.is_share() && count > base {
            let problem = format!("must not be more than base, {base}: {words} are a part of it, is {count}");
            return Err(Refused::new("count", problem));
        }
        // A negative zero is written as what it is.
        Ok(Self { count: count.abs(), base })
    }

    /// The count for each one of the base: a share from 0 to 1 of leavers, days of absence and accepted offers, and how
    /// many for each, from 0 on, of the others.
    pub fn rate(self) -> f64 {
        self.count / self.base
    }
}

/// Of what there is one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Itself alone.
    pub unit: UnitId,
    /// Its first day.
    pub month: NaiveDate,
    pub kind: Kind,
}

/// A number of a unit and a month.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub id: WorkforceFigureId,
    pub key: Key,
    pub numbers: Numbers,
    /// The system that told it last.
    pub source: String,
    /// When that was so, as the newest that was applied says; none where none said it.
    pub source_time: Option<DateTime<Utc>>,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl Figure {
    /// Whether what a source says of a time is older than what was applied.
    pub fn is_newer_than(&self, told: Option<DateTime<Utc>>) -> bool {
        told.zip(self.source_time).is_some_and(|(told, newest)| told < newest)
    }

    /// The figure after a source told it again. The same numbers of the same source keep the revision.
    #[must_use]
    pub fn told(
        &self,
        numbers: Numbers,
        source: &str,
        time: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let known = Self { source_time: time.max(self.source_time), ..self.clone() };
        if numbers == self.numbers && source == self.source {
            return known;
        }
        Self { numbers, source: source.to_owned(), revision: self.revision + 1, update_time: now, ..known }
    }
}

/// A month by its first day.
///
/// # Errors
/// Any other day of it.
pub fn month(field: &str, day: NaiveDate) -> Result<NaiveDate, Refused> {
    if day.day() == 1 {
        Ok(day)
    } else {
        Err(Refused::new(field, format!("must be the first day of a month, is {day}")))
    }
}

#[cfg(test)]
mod tests;
