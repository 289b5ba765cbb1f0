//! Reading the fields of a request: every one that is not as it should be is found before any is refused.

use std::collections::BTreeMap;
use std::fmt::Display;

use arki_ids::{Id, Kind};
use arki_proto::google::r#type::Date;
use arki_proto::r#type::v1::LocalizedText;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use prost_types::Timestamp;

use crate::{Failure, Violation, time};

/// In how many languages a text may be.
const LANGUAGES: usize = 50;

/// How long a language tag may be (RFC 5646, section 4.4.1).
const LONGEST_TAG: usize = 35;

/// What was found wrong in a request so far.
#[derive(Debug, Default)]
pub struct Input {
    violations: Vec<Violation>,
}

impl Input {
    /// Notes that a field is wrong.
    pub fn refuse(&mut self, field: impl Display, description: impl Into<String>) {
        self.violations.push(Violation { field: field.to_string(), description: description.into() });
    }

    /// What was read, if nothing was wrong. A value is none only where something was.
    ///
    /// # Errors
    /// `INVALID_FIELDS` with all that was wrong.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(Failure::invalid(self.violations)),
        }
    }

    /// As [`Self::finish`], where what was read is kept elsewhere.
    ///
    /// # Errors
    /// `INVALID_FIELDS` with all that was wrong.
    pub fn done(self) -> Result<(), Failure> {
        self.finish(Some(()))
    }

    /// A value that must be there; the bounds of the contract have mostly seen to it.
    pub fn given<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(field, "must be given");
        }
        value
    }

    /// A name that must be there.
    pub fn id<K: Kind>(&mut self, field: &str, name: &str) -> Option<Id<K>> {
        Id::from_name(name).map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// A name that may be empty.
    pub fn optional_id<K: Kind>(&mut self, field: &str, name: &str) -> Option<Id<K>> {
        if name.is_empty() { None } else { self.id(field, name) }
    }

    /// A day that must be there.
    pub fn day(&mut self, field: &str, date: Option<Date>) -> Option<NaiveDate> {
        let date = self.given(field, date)?;
        self.keep(time::from_date(date, field))
    }

    /// A day that may be missing.
    pub fn optional_day(&mut self, field: &str, date: Option<Date>) -> Option<NaiveDate> {
        self.keep(time::from_date(date?, field))
    }

    /// A time that may be missing, no finer than the microseconds that every database keeps.
    pub fn optional_time(&mut self, field: &str, timestamp: Option<Timestamp>) -> Option<DateTime<Utc>> {
        self.keep(time::from_timestamp(timestamp?, field)).map(|time| time.trunc_subsecs(6))
    }

    /// Texts by language, each of at most `longest` characters. There may be none.
    pub fn texts(
        &mut self,
        field: &str,
        text: Option<LocalizedText>,
        longest: usize,
    ) -> BTreeMap<String, String> {
        let LocalizedText { by_language } = text.unwrap_or_default();
        if by_language.len() > LANGUAGES {
            self.refuse(
                field,
                format!("must be in at most {LANGUAGES} languages, is in {}", by_language.len()),
            );
        }
        for (language, text) in &by_language {
            let at = format!("{field}.by_language.{language}");
            if !is_tag(language) {
                self.refuse(&at, "must be under a BCP 47 tag such as fi, sv-FI or en");
            }
            let length = text.chars().count();
            if length > longest {
                self.refuse(&at, format!("must have at most {longest} characters, has {length}"));
            }
            if text.contains('\0') {
                self.refuse(&at, "must not contain the character U+0000");
            }
        }
        by_language
    }

    fn keep<T>(&mut self, read: Result<T, Failure>) -> Option<T> {
        read.map_err(|failure| self.violations.extend(failure.into_parts().violations)).ok()
    }
}

fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
        && tag.len() <= LONGEST_TAG
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_lower_case_languages_with_further_parts() {
        for tag in ["fi", "sv-FI", "smn", "zh-Hans-CN"] {
            assert!(is_tag(tag), "{tag}");
        }
        let longer = format!("fi{}", "-abc".repeat(9));
        for tag in ["", "f", "FI", "finnish", "fi_FI", "fi-", "fi-x", "fi-\u{e4}\u{e4}", &longer] {
            assert!(!is_tag(tag), "{tag}");
        }
    }

    #[test]
    fn every_wrong_field_is_found_at_once() {
        let mut input = Input::default();
        let text = LocalizedText { by_language: [("Finnish".to_owned(), "x".repeat(201))].into() };
        input.texts("goal.title", Some(text), 200);
        input.given("goal.kind", None::<i32>);
        input.day("goal.begin", Some(Date { year: 2026, month: 2, day: 30 }));
        input.optional_time("goal.end", Some(Timestamp { seconds: 0, nanos: -1 }));
        input.optional_id::<arki_ids::kinds::Unit>("goal.unit", "units/17");
        let failure = input.finish(Some(())).unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        let title = "goal.title.by_language.Finnish";
        assert_eq!(fields, [title, title, "goal.kind", "goal.begin", "goal.end", "goal.unit"]);
    }

    #[test]
    fn what_may_be_missing_is_no_fault() {
        let mut input = Input::default();
        assert!(input.texts("goal.title", None, 200).is_empty());
        assert_eq!(input.optional_day("goal.begin", None), None);
        assert_eq!(input.optional_time("goal.end", None), None);
        assert_eq!(input.optional_id::<arki_ids::kinds::Unit>("goal.unit", ""), None);
        input.done().unwrap();
    }
}
