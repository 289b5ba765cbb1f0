//! From a local time to an instant.

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::LocalTime;

/// No zone is further ahead of UTC than Kiritimati.
const FURTHEST_AHEAD: TimeDelta = TimeDelta::hours(14);

/// No zone is further behind UTC than Baker Island.
const FURTHEST_BEHIND: TimeDelta = TimeDelta::hours(12);

/// No clock was ever set forward by more hours than this at once: crossing the date line skips a day.
const LONGEST_GAP: i64 = 25;

/// Reads an IANA name such as `Europe/Helsinki`.
pub(crate) fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// When it is that time in `zone`. A time that a clock change skips is read with the offset before the change; of
/// one that comes twice it is the first.
pub(crate) fn instant(local: LocalTime, zone: Tz) -> DateTime<Utc> {
    let local = local.naive();
    match zone.from_local_datetime(&local).earliest() {
        Some(time) => time.to_utc(),
        None => (local - offset_before(local, zone)).and_utc(),
    }
}

/// The offset that was in force before the gap that holds `local`.
fn offset_before(local: NaiveDateTime, zone: Tz) -> TimeDelta {
    let seconds = (1..=LONGEST_GAP)
        .filter_map(|hours| zone.from_local_datetime(&(local - TimeDelta::hours(hours))).latest())
        .map(|time| time.offset().fix().local_minus_utc())
        .next()
        .unwrap_or_default();
    TimeDelta::seconds(i64::from(seconds))
}

/// When it is first that time anywhere.
pub(crate) fn earliest(local: LocalTime) -> DateTime<Utc> {
    (local.naive() - FURTHEST_AHEAD).and_utc()
}

/// When it is last that time anywhere.
pub(crate) fn latest(local: LocalTime) -> DateTime<Utc> {
    (local.naive() + FURTHEST_BEHIND).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(local: &str, name: &str) -> String {
        let time = instant(local.parse().unwrap(), zone(name).unwrap());
        time.format("%Y-%m-%dT%H:%MZ").to_string()
    }

    #[test]
    fn a_local_time_is_read_in_its_zone() {
        let table = [
            ("2026-11-23T09:00", "Europe/Helsinki", "2026-11-23T07:00Z"),
            ("2026-07-23T09:00", "Europe/Helsinki", "2026-07-23T06:00Z"),
            ("2026-11-23T09:00", "America/New_York", "2026-11-23T14:00Z"),
            ("2026-11-23T09:00", "Asia/Tokyo", "2026-11-23T00:00Z"),
            ("2026-11-23T09:00", "Pacific/Kiritimati", "2026-11-22T19:00Z"),
            ("2026-11-23T09:00", "Asia/Kathmandu", "2026-11-23T03:15Z"),
            // Spring: 03:00 becomes 04:00 in Helsinki, 02:00 becomes 03:00 in New York.
            ("2027-03-28T02:59", "Europe/Helsinki", "2027-03-28T00:59Z"),
            ("2027-03-28T03:30", "Europe/Helsinki", "2027-03-28T01:30Z"),
            ("2027-03-28T04:00", "Europe/Helsinki", "2027-03-28T01:00Z"),
            ("2027-03-14T02:30", "America/New_York", "2027-03-14T07:30Z"),
            // Autumn: 03:00 to 04:00 comes twice in Helsinki, 01:00 to 02:00 in New York.
            ("2026-10-25T03:30", "Europe/Helsinki", "2026-10-25T00:30Z"),
            ("2026-10-25T04:00", "Europe/Helsinki", "2026-10-25T02:00Z"),
            ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30Z"),
            // Half an hour only.
            ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45Z"),
            // A whole day left out, when Samoa crossed the date line.
            ("2011-12-30T09:00", "Pacific/Apia", "2011-12-30T19:00Z"),
        ];
        for (local, name, expected) in table {
            assert_eq!(at(local, name), expected, "{local} in {name}");
        }
    }

    #[test]
    fn no_zone_lies_outside_the_bounds_of_a_local_time() {
        for local in ["2026-01-15T00:00", "2026-07-15T12:00", "2040-02-29T23:59"] {
            let local: LocalTime = local.parse().unwrap();
            for zone in chrono_tz::TZ_VARIANTS {
                let time = instant(local, zone);
                assert!(earliest(local) <= time && time <= latest(local), "{local} in {zone}");
            }
        }
    }

    #[test]
    fn a_name_that_is_no_zone_is_none() {
        assert!(zone("Europe/Atlantis").is_none());
        assert!(zone("").is_none());
    }
}
