//! Checks of the bounds that the contract declares with `buf.validate` options. The build script writes
//! `impl Bounds` for every message; what is here are the checks that it calls.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost_types::{FieldMask, Timestamp};
use regex::Regex;

use crate::r#type::v1::LocalizedText;

/// A field that is out of its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field from the request down, such as `goal.title` or `answers[2].question`.
    pub field: String,
    /// What is wrong and what would be right.
    pub description: String,
}

/// A message whose fields have declared bounds.
pub trait Bounds {
    /// Appends every violation of this message to `out`; `at` is the path of the message, empty for a request.
    fn violations(&self, at: &str, out: &mut Vec<Violation>);
}

/// The path of the field `name` of the message at `at`; an empty name is the message itself.
pub fn join(at: &str, name: &str) -> String {
    match (at.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => at.to_owned(),
        _ => format!("{at}.{name}"),
    }
}

pub(crate) fn index(at: &str, name: &str, index: usize) -> String {
    format!("{}[{index}]", join(at, name))
}

fn add(at: &str, name: &str, description: impl Into<String>, out: &mut Vec<Violation>) {
    out.push(Violation { field: join(at, name), description: description.into() });
}

pub(crate) fn missing(at: &str, name: &str, out: &mut Vec<Violation>) {
    add(at, name, "must be given", out);
}

pub(crate) fn words(value: Option<&LocalizedText>, at: &str, name: &str, out: &mut Vec<Violation>) {
    let texts = value.map(|words| &words.by_language).filter(|texts| !texts.is_empty());
    match texts {
        None => missing(at, name, out),
        Some(texts) if texts.values().any(|text| text.trim().is_empty()) => {
            add(at, name, "says nothing in one of its languages, leave that language out", out);
        }
        Some(_) => {}
    }
}

pub(crate) fn length(value: &str, min: u64, max: u64, at: &str, name: &str, out: &mut Vec<Violation>) {
    let characters = value.chars().count() as u64;
    if characters == 0 && min > 0 {
        missing(at, name, out);
    } else if characters < min || characters > max {
        add(at, name, format!("must have {min} to {max} characters, has {characters}"), out);
    } else if value.contains('\0') {
        add(at, name, NO_NUL, out);
    }
}

/// No database keeps it in a text.
const NO_NUL: &str = "must not contain the character U+0000";

pub(crate) fn texts(map: &BTreeMap<String, String>, at: &str, name: &str, out: &mut Vec<Violation>) {
    if map.iter().any(|(key, text)| key.contains('\0') || text.contains('\0')) {
        add(at, name, NO_NUL, out);
    }
}

/// What is longer is shown cut: whoever sends megabytes does not get them back.
const LONGEST_TAG: usize = 35;

/// Text by language, in tags of the form that the contract has everywhere.
pub(crate) fn languages(map: &BTreeMap<String, String>, at: &str, name: &str, out: &mut Vec<Violation>) {
    static TAG: Pattern = Pattern::new("^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$");
    for unknown in map.keys().filter(|key| !TAG.matches(key)).take(8) {
        let shown: String = unknown.chars().take(LONGEST_TAG).collect();
        add(at, &join(name, &shown), "is no language tag, write it like fi or sv-FI", out);
    }
}

pub(crate) fn bytes(length: usize, min: u64, max: u64, at: &str, name: &str, out: &mut Vec<Violation>) {
    if (length as u64) < min || length as u64 > max {
        add(at, name, format!("must have {min} to {max} bytes, has {length}"), out);
    }
}

pub(crate) fn items(count: usize, min: u64, max: u64, at: &str, name: &str, out: &mut Vec<Violation>) {
    if (count as u64) < min || count as u64 > max {
        add(at, name, format!("must have {min} to {max} items, has {count}"), out);
    }
}

pub(crate) fn range(value: f64, low: f64, high: f64, at: &str, name: &str, out: &mut Vec<Violation>) {
    if !(low..=high).contains(&value) {
        add(at, name, format!("must be {low} to {high}, is {value}"), out);
    }
}

pub(crate) fn known(
    value: i32,
    is_declared: bool,
    required: bool,
    at: &str,
    name: &str,
    out: &mut Vec<Violation>,
) {
    if value == 0 && required {
        missing(at, name, out);
    } else if !is_declared {
        add(at, name, format!("is {value}, which is not a value of its enum"), out);
    }
}

pub(crate) fn date(year: i32, month: i32, day: i32, at: &str, name: &str, out: &mut Vec<Violation>) {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=days).contains(&day) {
        add(at, name, format!("must be a day of the calendar, is {year}-{month}-{day}"), out);
    }
}

pub(crate) fn timestamp(value: &Timestamp, at: &str, name: &str, out: &mut Vec<Violation>) {
    // RFC 3339 as proto JSON writes it reaches from year 1 to 9999.
    let seconds = -62_135_596_800..=253_402_300_799;
    if !seconds.contains(&value.seconds) || !(0..1_000_000_000).contains(&value.nanos) {
        add(at, name, "must be a time of the years 1 to 9999 with 0 to 999999999 nanoseconds", out);
    }
}

/// Checks of a resource in an update: only what the mask names, or everything where there is no mask.
pub(crate) fn masked(
    value: &impl Bounds,
    mask: Option<&FieldMask>,
    at: &str,
    name: &str,
    out: &mut Vec<Violation>,
) {
    let here = join(at, name);
    let mut all = Vec::new();
    value.violations(&here, &mut all);
    if let Some(mask) = mask.filter(|m| !m.paths.is_empty()) {
        all.retain(|violation| {
            let inside = violation.field[here.len()..].trim_start_matches('.');
            let first = inside.split(['.', '[']).next().unwrap_or_default();
            mask.paths.iter().any(|path| path.split('.').next() == Some(first))
        });
    }
    out.append(&mut all);
}

/// A declared pattern, compiled when it is first needed.
pub(crate) struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    fn matches(&self, value: &str) -> bool {
        let pattern = self.compiled.get_or_init(|| Regex::new(self.source).ok());
        pattern.as_ref().is_some_and(|pattern| pattern.is_match(value))
    }

    pub(crate) fn check(&self, value: &str, at: &str, name: &str, out: &mut Vec<Violation>) {
        if !self.matches(value) {
            add(at, name, format!("must match {}", self.source), out);
        } else if value.contains('\0') {
            add(at, name, NO_NUL, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directory::v1 as directory, google};

    fn fields(message: &impl Bounds) -> Vec<String> {
        let mut out = Vec::new();
        message.violations("", &mut out);
        out.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn names_every_field_that_is_out_of_bounds() {
        let request = directory::CreateUnitRequest {
            unit: Some(directory::Unit {
                parent: "units/17".to_owned(),
                external_id: "x".repeat(201),
                valid_from: Some(google::r#type::Date { year: 2026, month: 2, day: 29 }),
                ..Default::default()
            }),
            request_id: "r".repeat(65),
        };
        assert_eq!(
            fields(&request),
            ["unit.display_name", "unit.parent", "unit.valid_from", "unit.external_id", "request_id"]
        );
        assert_eq!(fields(&directory::CreateUnitRequest::default()), ["unit"]);
    }

    #[test]
    fn an_update_checks_only_what_it_changes() {
        let mut request = directory::UpdateUnitRequest {
            unit: Some(directory::Unit { external_id: "x".repeat(201), ..Default::default() }),
            update_mask: Some(FieldMask { paths: vec!["leader".to_owned()] }),
            ..Default::default()
        };
        assert!(fields(&request).is_empty());
        request.update_mask = Some(FieldMask { paths: vec!["external_id".to_owned()] });
        assert_eq!(fields(&request), ["unit.external_id"]);
        request.update_mask = None;
        assert_eq!(fields(&request), ["unit.display_name", "unit.external_id"]);
    }

    #[test]
    fn words_that_say_nothing_are_missing() {
        let mut vision =
            crate::goal::v1::Vision { statement: Some(LocalizedText::default()), ..Default::default() };
        assert_eq!(fields(&vision), ["statement"]);
        let words = [("en".to_owned(), "Nobody is left alone".to_owned())];
        vision.statement = Some(LocalizedText { by_language: words.into() });
        assert!(fields(&vision).is_empty());
    }

    #[test]
    fn words_say_something_in_each_language_that_they_name() {
        let vision = |language: &str, text: &str| {
            let words = LocalizedText { by_language: [(language.to_owned(), text.to_owned())].into() };
            crate::goal::v1::Vision { statement: Some(words), ..Default::default() }
        };
        assert!(fields(&vision("sv-FI", "Tid för var och en")).is_empty());
        assert_eq!(fields(&vision("en", " ")), ["statement"]);
        assert_eq!(fields(&vision("", "Time")), ["statement.by_language"]);
        assert_eq!(fields(&vision("english", "Time")), ["statement.by_language.english"]);
    }

    #[test]
    fn no_text_holds_what_no_database_keeps() {
        let words = [("en".to_owned(), "a\0b".to_owned())];
        let person = directory::Person {
            kind: 1,
            display_name: "Testi Henkilö".to_owned(),
            email: "a\0@example.test".to_owned(),
            attributes: words.clone().into(),
            ..Default::default()
        };
        assert_eq!(fields(&person), ["email", "attributes"]);
        let words = LocalizedText { by_language: words.into() };
        assert_eq!(fields(&words), ["by_language"]);
    }

    #[test]
    fn counts_characters_and_not_bytes() {
        let mut role = directory::Role { display_name: "ä".repeat(200), ..Default::default() };
        assert!(fields(&role).is_empty());
        role.display_name.push('ä');
        assert_eq!(fields(&role), ["display_name"]);
    }

    #[test]
    fn refuses_an_undeclared_or_missing_enum_value() {
        let mut person =
            directory::Person { kind: 99, display_name: "Testi Henkilö".to_owned(), ..Default::default() };
        assert_eq!(fields(&person), ["kind"]);
        person.kind = 0;
        assert_eq!(fields(&person), ["kind"]);
        person.kind = 1;
        assert!(fields(&person).is_empty());
    }
}
