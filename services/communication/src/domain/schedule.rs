//! When a campaign comes: local times, the same in every zone.
//!
//! An occurrence is a local date and time, not an instant: nine o'clock is one occurrence, however many zones the
//! recipients live in. So its text is a key, and "once per recipient and occurrence" is a unique key of a table.
//! What comes at most once a local day stays in order in every zone, save where a zone skips a whole day.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDateTime, Timelike};
use rrule::{RRule, RRuleSet, Tz, Validated};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Violation, recurrence};

/// Years in which a schedule may lie. Beyond, zones are unknown and an expansion would only cost time.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// A date and a time of day, of whichever zone. Its text sorts as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LocalTime(NaiveDateTime);

impl LocalTime {
    /// To the full second: what is finer is dropped.
    pub(crate) fn new(time: NaiveDateTime) -> Self {
        Self(time.with_nanosecond(0).unwrap_or(time))
    }

    pub(crate) fn naive(self) -> NaiveDateTime {
        self.0
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S"))
    }
}

/// A text that is not a local date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a local date and time such as 2026-11-23T09:00")]
pub(crate) struct ParseLocalTimeError(String);

impl FromStr for LocalTime {
    type Err = ParseLocalTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let format = match text.len() {
            16 => "%Y-%m-%dT%H:%M",
            _ => "%Y-%m-%dT%H:%M:%S",
        };
        let time = NaiveDateTime::parse_from_str(text, format)
            .map_err(|_| ParseLocalTimeError(text.chars().take(40).collect()))?;
        Ok(Self::new(time))
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Once, or by a rule that is known to come to something.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    start: LocalTime,
    rrule: String,
    rule: Option<RRule<Validated>>,
}

impl Schedule {
    /// Reads a start and a recurrence rule by RFC 5545; an empty rule means once. `field` is the path of the
    /// schedule in what is told to be wrong.
    pub(crate) fn parse(local_start: &str, rrule: &str, field: &str) -> Result<Self, Vec<Violation>> {
        let start = local_start
            .parse::<LocalTime>()
            .map_err(|error| vec![Violation::new(format!("{field}.local_start"), error.to_string())])?;
        if !YEARS.contains(&start.0.year()) {
            let description = format!("must lie in the years {} to {}", YEARS.start(), YEARS.end());
            return Err(vec![Violation::new(format!("{field}.local_start"), description)]);
        }
        let wrong = |description: String| vec![Violation::new(format!("{field}.rrule"), description)];
        let rrule = rrule.trim();
        let rule =
            if rrule.is_empty() { None } else { Some(recurrence::parse(rrule, start).map_err(wrong)?) };
        let schedule = Self { start, rrule: rrule.to_owned(), rule };
        if schedule.occurrences().next().is_none() {
            return Err(wrong("never occurs: no day is as the rule says".to_owned()));
        }
        Ok(schedule)
    }

    pub(crate) fn start(&self) -> LocalTime {
        self.start
    }

    pub(crate) fn rrule(&self) -> &str {
        &self.rrule
    }

    /// All occurrences, in order; without an end where the rule has none. The start itself is one only where the
    /// rule says so.
    pub(crate) fn occurrences(&self) -> Box<dyn Iterator<Item = LocalTime> + Send + '_> {
        let Some(rule) = &self.rule else { return Box::new(std::iter::once(self.start)) };
        let start = self.start.0.and_utc().with_timezone(&Tz::UTC);
        let set = RRuleSet::new(start).limit().rrule(rule.clone());
        let within = |time: &LocalTime| time.0.year() <= *YEARS.end();
        Box::new((&set).into_iter().map(|time| LocalTime::new(time.naive_utc())).take_while(within))
    }

    /// The occurrences after a time, or all of them.
    pub(crate) fn after(&self, time: Option<LocalTime>) -> impl Iterator<Item = LocalTime> + Send + '_ {
        self.occurrences().skip_while(move |occurrence| time.is_some_and(|time| *occurrence <= time))
    }

    pub(crate) fn contains(&self, time: LocalTime) -> bool {
        self.occurrences().take_while(|occurrence| *occurrence <= time).any(|occurrence| occurrence == time)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        (self.start, &self.rrule) == (other.start, &other.rrule)
    }
}

impl Eq for Schedule {}

/// Stored as it was given, and read again with the same rules.
#[derive(Serialize, Deserialize)]
struct Text {
    local_start: LocalTime,
    rrule: String,
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Text { local_start: self.start, rrule: self.rrule.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text { local_start, rrule } = Text::deserialize(deserializer)?;
        Self::parse(&local_start.to_string(), &rrule, "schedule").map_err(|violations| {
            let told: Vec<_> = violations.into_iter().map(|violation| violation.description).collect();
            serde::de::Error::custom(told.join("; "))
        })
    }
}

#[cfg(test)]
mod tests;
