//! Times and days between the wire and the domain.

use arki_proto::google::r#type::Date;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use prost_types::Timestamp;

use crate::{Failure, Violation};

/// A point in time, as the wire says it.
pub fn timestamp(time: DateTime<Utc>) -> Timestamp {
    // The subsecond part is below a thousand million, or two thousand million within a leap second.
    let nanos = i32::try_from(time.timestamp_subsec_nanos().min(999_999_999)).unwrap_or_default();
    Timestamp { seconds: time.timestamp(), nanos }
}

/// A point in time that the wire said.
///
/// # Errors
/// `INVALID_FIELDS` naming `field` when there is no such time.
pub fn from_timestamp(time: Timestamp, field: &str) -> Result<DateTime<Utc>, Failure> {
    u32::try_from(time.nanos)
        .ok()
        .and_then(|nanos| DateTime::from_timestamp(time.seconds, nanos))
        .ok_or_else(|| refuse(field, "must be a time of the years 1 to 9999"))
}

/// A day, as the wire says it.
pub fn date(day: NaiveDate) -> Date {
    let part = |value: u32| i32::try_from(value).unwrap_or_default();
    Date { year: day.year(), month: part(day.month()), day: part(day.day()) }
}

/// A day that the wire said.
///
/// # Errors
/// `INVALID_FIELDS` naming `field` when the calendar has no such day.
pub fn from_date(date: Date, field: &str) -> Result<NaiveDate, Failure> {
    let part = |value: i32| u32::try_from(value).unwrap_or_default();
    NaiveDate::from_ymd_opt(date.year, part(date.month), part(date.day))
        .ok_or_else(|| refuse(field, "must be a day of the calendar"))
}

fn refuse(field: &str, description: &str) -> Failure {
    Failure::invalid(vec![Violation { field: field.to_owned(), description: description.to_owned() }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_come_back_as_they_went() {
        let day = NaiveDate::from_ymd_opt(2028, 2, 29).unwrap();
        assert_eq!(from_date(date(day), "day").unwrap(), day);
        let time = DateTime::from_timestamp(1_800_000_000, 5).unwrap();
        assert_eq!(from_timestamp(timestamp(time), "time").unwrap(), time);
    }

    #[test]
    fn a_day_that_is_not_in_the_calendar_is_refused_by_name() {
        let failure = from_date(Date { year: 2026, month: 2, day: 29 }, "wave.results_day").unwrap_err();
        assert_eq!(failure.violations[0].field, "wave.results_day");
    }
}
