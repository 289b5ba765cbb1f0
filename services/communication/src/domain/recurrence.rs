//! The part of RFC 5545 that a schedule understands: days, not hours.
//!
//! The grammar and its limits are checked here, so that a refusal names the part and says what would be right;
//! the expansion itself is left to the library.

use rrule::{RRule, Tz, Unvalidated, Validated};

use super::LocalTime;

/// Occurrences at most when a rule says how many.
pub(super) const MOST: u32 = 1_000;

/// Steps between two occurrences at most, in units of the frequency.
const LONGEST_INTERVAL: u32 = 999;

/// Values in one list at most: as many as there are days in a year.
const LONGEST_LIST: usize = 366;

const FREQUENCIES: [&str; 4] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// Reads a rule. What is wrong is said in words for the field `rrule`.
pub(super) fn parse(text: &str, start: LocalTime) -> Result<RRule<Validated>, String> {
    let upper = text.to_ascii_uppercase();
    let mut parts: Vec<(&str, String)> = Vec::new();
    for part in upper.split(';') {
        let (name, value) = part
            .split_once('=')
            .filter(|(_, value)| !value.is_empty())
            .ok_or_else(|| format!("{part:?} is not NAME=VALUE, as in FREQ=WEEKLY;BYDAY=MO"))?;
        if parts.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name} is given twice, give it once"));
        }
        parts.push((name, check(name, value)?));
    }
    combine(&parts)?;
    let rule: Vec<_> = parts.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let rule: RRule<Unvalidated> =
        rule.join(";").parse().map_err(|error| format!("can't be read: {error}"))?;
    // Expanded as if in UTC: a day without clock changes, so that every zone has the same occurrences.
    let start = start.naive().and_utc().with_timezone(&Tz::UTC);
    rule.validate(start).map_err(|error| match error {
        rrule::RRuleError::ValidationError(rrule::ValidationError::UntilBeforeStart { .. }) => {
            "UNTIL is before local_start, so nothing ever comes of it".to_owned()
        }
        error => format!("can't be used: {error}"),
    })
}

/// Checks one part and gives its value in the form that the library reads.
fn check(name: &str, value: &str) -> Result<String, String> {
    match name {
        "FREQ" if FREQUENCIES.contains(&value) => Ok(value.to_owned()),
        "FREQ" => Err(format!("FREQ={value} is not one of {}", FREQUENCIES.join(", "))),
        "INTERVAL" => number(name, value, LONGEST_INTERVAL),
        "COUNT" => number(name, value, MOST),
        "UNTIL" => until(value),
        "BYMONTH" => list(name, value, 12, false),
        "BYMONTHDAY" => list(name, value, 31, true),
        "BYYEARDAY" | "BYSETPOS" => list(name, value, 366, true),
        "BYWEEKNO" => list(name, value, 53, true),
        "BYDAY" => days(value),
        "WKST" if WEEKDAYS.contains(&value) => Ok(value.to_owned()),
        "WKST" => Err(format!("WKST={value} is not one of {}", WEEKDAYS.join(", "))),
        "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
            Err(format!("{name} is not supported: the time of day is that of local_start"))
        }
        _ => Err(format!("{name} is not a part of a recurrence rule, leave it out")),
    }
}

fn number(name: &str, value: &str, most: u32) -> Result<String, String> {
    match value.parse::<u32>() {
        Ok(number) if (1..=most).contains(&number) => Ok(number.to_string()),
        _ => Err(format!("{name}={value} is not a number from 1 to {most}")),
    }
}

/// The last moment is a local one, like the start: were it in UTC, zones would differ in how often it comes.
fn until(value: &str) -> Result<String, String> {
    if value.ends_with('Z') {
        return Err(format!(
            "UNTIL={value} is in UTC, give a local time such as {}",
            value.trim_end_matches('Z')
        ));
    }
    let date = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y%m%d").is_ok() && text.len() == 8;
    let time =
        |text: &str| chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").is_ok() && text.len() == 15;
    if date(value) {
        // A day is meant to its end.
        Ok(format!("{value}T235959Z"))
    } else if time(value) {
        Ok(format!("{value}Z"))
    } else {
        Err(format!(
            "UNTIL={value} is neither a day such as 20261231 nor a local time such as 20261231T090000"
        ))
    }
}

fn list(name: &str, value: &str, most: i32, from_end: bool) -> Result<String, String> {
    let items: Vec<&str> = value.split(',').collect();
    if items.len() > LONGEST_LIST {
        return Err(format!("{name} has {} values, give at most {LONGEST_LIST}", items.len()));
    }
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let number: i32 = item.parse().unwrap_or_default();
        let fits = (1..=most).contains(&number.abs()) && (number > 0 || from_end);
        if !fits {
            let range =
                if from_end { format!("1 to {most} or -1 to -{most}") } else { format!("1 to {most}") };
            return Err(format!("{name} has {item:?}, which is not a number from {range}"));
        }
        read.push(number.to_string());
    }
    Ok(read.join(","))
}

fn days(value: &str) -> Result<String, String> {
    let mut read = Vec::new();
    for item in value.split(',') {
        let place = item.len().saturating_sub(2);
        let wrong = || format!("BYDAY has {item:?}, which is not a weekday such as MO, 1MO or -1FR");
        let (ordinal, day) = item.split_at_checked(place).ok_or_else(wrong)?;
        let number: i32 = if ordinal.is_empty() { 0 } else { ordinal.parse().map_err(|_| wrong())? };
        if !WEEKDAYS.contains(&day) || number.abs() > 53 || (number == 0 && !ordinal.is_empty()) {
            return Err(wrong());
        }
        read.push(if number == 0 { day.to_owned() } else { format!("{number}{day}") });
    }
    Ok(read.join(","))
}

/// Checks what parts may stand together (RFC 5545, section 3.3.10).
fn combine(parts: &[(&str, String)]) -> Result<(), String> {
    let of = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let freq = of("FREQ").ok_or("FREQ is missing, as in FREQ=WEEKLY;BYDAY=MO")?;
    if of("COUNT").is_some() && of("UNTIL").is_some() {
        return Err("COUNT and UNTIL exclude each other, give one of them".to_owned());
    }
    let ordinals = of("BYDAY").is_some_and(|days| days.bytes().any(|byte| byte.is_ascii_digit()));
    if ordinals && (!matches!(freq, "MONTHLY" | "YEARLY") || of("BYWEEKNO").is_some()) {
        return Err(format!("BYDAY with a number such as 1MO does not go with FREQ={freq} or BYWEEKNO"));
    }
    for (part, allowed) in [
        ("BYMONTHDAY", &["DAILY", "MONTHLY", "YEARLY"][..]),
        ("BYYEARDAY", &["YEARLY"]),
        ("BYWEEKNO", &["YEARLY"]),
    ] {
        if of(part).is_some() && !allowed.contains(&freq) {
            return Err(format!("{part} does not go with FREQ={freq}, only with {}", allowed.join(", ")));
        }
    }
    let selects = parts.iter().any(|(name, _)| name.starts_with("BY") && *name != "BYSETPOS");
    if of("BYSETPOS").is_some() && !selects {
        return Err("BYSETPOS needs another BY part to choose from".to_owned());
    }
    Ok(())
}
