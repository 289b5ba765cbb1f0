//! A value through time, day by day.
//!
//! A history begins on a day and holds exactly one value on every day from then on, until its end if it has one.
//! That there are no overlaps and no gaps follows from how it is stored: by the first day of each version alone.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A value that holds during a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period<T> {
    /// The first day.
    pub from: NaiveDate,
    /// The day after the last; none while it goes on.
    pub to: Option<NaiveDate>,
    /// What holds.
    pub value: T,
}

impl<T> Period<T> {
    fn contains(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// A day on which a history can't be changed: before its first day, or after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{day} lies outside of the time from {first} on in which this holds")]
pub struct Conflict {
    /// The day that was asked for.
    pub day: NaiveDate,
    /// The first day of the history.
    pub first: NaiveDate,
}

/// Periods that are no history: none at all, or with an overlap or a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the periods do not follow each other without overlap and gap")]
pub struct Broken;

/// A value through time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History<T> {
    /// The first day and value of each version, oldest first; never empty.
    versions: Vec<(NaiveDate, T)>,
    /// The day after the last day of the last version.
    end: Option<NaiveDate>,
}

impl<T: Clone + PartialEq> History<T> {
    /// A history of one value from a day on.
    pub fn starting(first: NaiveDate, value: T) -> Self {
        Self { versions: vec![(first, value)], end: None }
    }

    /// Reads back what [`History::periods`] gave, in any order.
    pub fn from_periods(mut periods: Vec<Period<T>>) -> Result<Self, Broken> {
        periods.sort_by_key(|period| period.from);
        let follow = periods.windows(2).all(|pair| pair[0].to == Some(pair[1].from));
        let end = periods.last().ok_or(Broken)?.to;
        if !follow || periods.iter().any(|period| period.to.is_some_and(|to| to <= period.from)) {
            return Err(Broken);
        }
        let versions = periods.into_iter().map(|Period { from, to: _, value }| (from, value)).collect();
        Ok(Self { versions, end })
    }

    /// Every version with its period, oldest first.
    pub fn periods(&self) -> impl DoubleEndedIterator<Item = Period<&T>> + ExactSizeIterator {
        self.versions.iter().enumerate().map(|(index, (from, value))| Period {
            from: *from,
            to: self.until(index),
            value,
        })
    }

    fn until(&self, index: usize) -> Option<NaiveDate> {
        self.versions.get(index + 1).map(|(from, _)| *from).or(self.end)
    }

    /// The first day.
    pub fn first_day(&self) -> NaiveDate {
        self.versions[0].0
    }

    /// The day after the last; none while it goes on.
    pub fn end(&self) -> Option<NaiveDate> {
        self.end
    }

    /// The version of a day.
    pub fn on(&self, day: NaiveDate) -> Option<Period<&T>> {
        // Histories are short and mostly asked for today, so the newest version comes first.
        self.periods().rev().find(|period| period.contains(day))
    }

    /// The version of a day, else the one closest to it: a reader of something that has ended or not yet begun is
    /// shown how it was or will be.
    pub fn nearest(&self, day: NaiveDate) -> Period<&T> {
        let index =
            self.index_of(day).unwrap_or(if day < self.first_day() { 0 } else { self.versions.len() - 1 });
        let (from, value) = &self.versions[index];
        Period { from: *from, to: self.until(index), value }
    }

    /// The days on which something changes, from `day` on, `day` itself first.
    pub fn changes_from(&self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let later = self.versions.iter().map(|(from, _)| *from).filter(move |from| *from > day);
        std::iter::once(day).chain(later)
    }

    /// Whether the history holds on every day of a period.
    pub fn covers(&self, from: NaiveDate, to: Option<NaiveDate>) -> bool {
        let lasts = match (self.end, to) {
            (None, _) => true,
            (Some(end), Some(to)) => to <= end,
            (Some(_), None) => false,
        };
        self.first_day() <= from && lasts && self.end.is_none_or(|end| from < end)
    }

    /// Puts a value in the place of whatever holds on `day`, from that day until the version ends that held. Later
    /// versions stay. Returns the day after the last that changed.
    pub fn put(&mut self, day: NaiveDate, value: T) -> Result<Option<NaiveDate>, Conflict> {
        let index = self.split(day)?;
        self.versions[index].1 = value;
        let until = self.until(index);
        self.merge();
        Ok(until)
    }

    /// Sets one part of the value from `day` on, for as long as that part would have stayed what it is on `day`:
    /// versions that differ in other parts are changed too, a later change of the same part stays. Returns the day
    /// after the last that changed.
    pub fn set<P: PartialEq + Clone>(
        &mut self,
        day: NaiveDate,
        part: impl Fn(&mut T) -> &mut P,
        value: P,
    ) -> Result<Option<NaiveDate>, Conflict> {
        let mut index = self.split(day)?;
        let old = part(&mut self.versions[index].1).clone();
        while index < self.versions.len() && *part(&mut self.versions[index].1) == old {
            *part(&mut self.versions[index].1) = value.clone();
            index += 1;
        }
        let until = self.until(index - 1);
        self.merge();
        Ok(until)
    }

    /// Changes every value that holds on `day` or later.
    pub fn change_from(&mut self, day: NaiveDate, mut change: impl FnMut(&mut T)) {
        let first = match self.split(day) {
            Ok(index) => index,
            // Not begun yet, or over already.
            Err(_) if day < self.first_day() => 0,
            Err(_) => return,
        };
        self.versions[first..].iter_mut().for_each(|(_, value)| change(value));
        self.merge();
    }

    /// Ends the history: `day` is the first on which nothing holds. Planned versions after it are dropped. An end
    /// that is there already can be brought forward, not put off.
    pub fn close(&mut self, day: NaiveDate) -> Result<(), Conflict> {
        if day <= self.first_day() || self.end.is_some_and(|end| end < day) {
            return Err(self.conflict(day));
        }
        self.versions.retain(|(from, _)| *from < day);
        self.end = Some(day);
        Ok(())
    }

    fn index_of(&self, day: NaiveDate) -> Option<usize> {
        if self.end.is_some_and(|end| end <= day) {
            return None;
        }
        self.versions.iter().rposition(|(from, _)| *from <= day)
    }

    fn conflict(&self, day: NaiveDate) -> Conflict {
        Conflict { day, first: self.first_day() }
    }

    /// Makes a version begin on `day`, with the value that holds then, and returns its index.
    fn split(&mut self, day: NaiveDate) -> Result<usize, Conflict> {
        let index = self.index_of(day).ok_or_else(|| self.conflict(day))?;
        let (from, value) = &self.versions[index];
        if *from == day {
            return Ok(index);
        }
        let value = value.clone();
        self.versions.insert(index + 1, (day, value));
        Ok(index + 1)
    }

    /// Equal neighbours are one version: that makes a change that changes nothing leave no trace.
    fn merge(&mut self) {
        self.versions.dedup_by(|later, earlier| later.1 == earlier.1);
    }
}

#[cfg(test)]
mod tests;
