//! Reading a request: every field that is not as it should be is found before any is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use arki_ids::{Id, Kind};
use arki_proto::google::r#type::Date;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::{Failure, Violation, mask, time};
use arki_words::Words;
use chrono::NaiveDate;
use prost_types::FieldMask;

use crate::domain::metric::QuestionBinding;

/// How many characters a text has at most, in each language.
const LONGEST: usize = 2_000;

/// In how many languages a text may be.
const LANGUAGES: usize = 50;

/// What was found wrong in a request so far.
#[derive(Default)]
pub(super) struct Input {
    violations: Vec<Violation>,
}

impl Input {
    pub(super) fn refuse(&mut self, field: impl Display, description: impl Into<String>) {
        self.violations.push(Violation { field: field.to_string(), description: description.into() });
    }

    /// What was read, if nothing was wrong. A value is none only where something was.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(Failure::invalid(self.violations)),
        }
    }

    /// A value that must be there; the bounds of the contract have mostly seen to it.
    pub(super) fn given<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(field, "must be given");
        }
        value
    }

    /// A name that must be there.
    pub(super) fn id<K: Kind>(&mut self, field: &str, name: &str) -> Option<Id<K>> {
        Id::from_name(name).map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// A name that may be empty.
    pub(super) fn optional_id<K: Kind>(&mut self, field: &str, name: &str) -> Option<Id<K>> {
        if name.is_empty() { None } else { self.id(field, name) }
    }

    /// The name of a question.
    pub(super) fn question(&mut self, field: &str, name: &str) -> Option<QuestionBinding> {
        name.parse()
            .map_err(|error: crate::domain::metric::NotAQuestion| self.refuse(field, error.to_string()))
            .ok()
    }

    /// A day that must be there.
    pub(super) fn day(&mut self, field: &str, date: Option<Date>) -> Option<NaiveDate> {
        let date = self.given(field, date)?;
        time::from_date(date, field)
            .map_err(|failure| self.violations.extend(failure.into_parts().violations))
            .ok()
    }

    /// A day that may be missing.
    pub(super) fn optional_day(&mut self, field: &str, date: Option<Date>) -> Option<NaiveDate> {
        date.and_then(|date| self.day(field, Some(date)))
    }

    /// Words by language; that there must be some is the domain's to say.
    pub(super) fn words(&mut self, field: &str, text: Option<LocalizedText>) -> BTreeMap<String, String> {
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
            if length > LONGEST {
                self.refuse(&at, format!("must have at most {LONGEST} characters, has {length}"));
            }
            if text.contains('\0') {
                self.refuse(&at, "must not contain the character U+0000");
            }
        }
        Words::from(by_language).into()
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
        && tag.len() <= 35
}

/// Which fields an update changes. No mask means every field.
pub(super) struct Mask {
    selected: Option<BTreeSet<String>>,
}

/// Fields that the service sets: a mask may name them, and they stay as they are.
const OUTPUT_ONLY: [&str; 6] = ["name", "version", "state", "create_time", "update_time", "etag"];

impl Mask {
    /// # Errors
    /// `UPDATE_MASK_INVALID` when the mask names anything but one of `fields`.
    pub(super) fn read(mask: Option<&FieldMask>, fields: &[&str]) -> Result<Self, Failure> {
        if mask.is_none_or(|mask| mask.paths.is_empty()) {
            return Ok(Self { selected: None });
        }
        let known = [fields, &OUTPUT_ONLY].concat();
        Ok(Self { selected: Some(mask::paths(mask, &known)?) })
    }

    /// The value, where its field is changed.
    pub(super) fn pick<T>(&self, field: &str, value: impl FnOnce() -> T) -> Option<T> {
        let is_selected = self.selected.as_ref().is_none_or(|selected| selected.contains(field));
        is_selected.then(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_lower_case_languages_with_further_parts() {
        for tag in ["fi", "sv-FI", "smn", "zh-Hans-CN"] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", "f", "FI", "finnish", "fi_FI", "fi-", "fi-x", &format!("fi{}", "-abc".repeat(9))] {
            assert!(!is_tag(tag), "{tag}");
        }
    }

    #[test]
    fn every_wrong_field_is_found_at_once() {
        let mut input = Input::default();
        let text = LocalizedText { by_language: [("Finnish".to_owned(), "x".repeat(2_001))].into() };
        input.words("metric.meanings[0].words", Some(text));
        input.day("metric.review_day", Some(Date { year: 2026, month: 2, day: 30 }));
        input.question("metric.question", "questions/heard");
        input.optional_id::<arki_ids::kinds::TargetProfile>("metric.target_profile", "targetProfiles/17");
        let failure = input.finish(Some(())).unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "metric.meanings[0].words.by_language.Finnish",
                "metric.meanings[0].words.by_language.Finnish",
                "metric.review_day",
                "metric.question",
                "metric.target_profile",
            ]
        );
    }

    #[test]
    fn a_mask_picks_its_fields_and_none_picks_all() {
        let mask = |paths: &[&str]| FieldMask { paths: paths.iter().map(ToString::to_string).collect() };
        let picked = Mask::read(Some(&mask(&["owner", "etag"])), &["owner", "headline"]).unwrap();
        assert_eq!((picked.pick("owner", || 1), picked.pick("headline", || 2)), (Some(1), None));
        let all = Mask::read(Some(&mask(&[])), &["owner"]).unwrap();
        assert_eq!(all.pick("owner", || 1), Some(1));
        assert!(Mask::read(Some(&mask(&["colour"])), &["owner"]).is_err());
    }
}
