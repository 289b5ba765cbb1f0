//! Reading a request: every field that is not as it should be is found before any is refused.

use std::fmt::Display;

use arki_ids::{Id, Kind};
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::{Failure, Violation, mask};
use arki_words::Words;
use prost_types::FieldMask;

/// How many characters a title has at most, in each language.
pub(super) const TITLE: usize = 200;
/// How many characters a short text has at most, in each language.
pub(super) const SHORT: usize = 500;
/// How many characters a longer text has at most, in each language.
pub(super) const LONG: usize = 2_000;
/// How many characters everyday words have at most, in each language, as much as the lint takes.
pub(super) const EVERYDAY: usize = 4_000;

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

    /// A name that must be there.
    pub(super) fn id<K: Kind>(&mut self, field: &str, name: &str) -> Option<Id<K>> {
        Id::from_name(name).map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// A name that may be empty.
    pub(super) fn optional_id<K: Kind>(&mut self, field: &str, name: &str) -> Option<Id<K>> {
        if name.is_empty() { None } else { self.id(field, name) }
    }

    /// Words by language.
    pub(super) fn words(&mut self, field: &str, text: Option<LocalizedText>, longest: usize) -> Words {
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
        by_language.into()
    }

    /// Words that must be there in one language at least.
    pub(super) fn some_words(&mut self, field: &str, text: Option<LocalizedText>, longest: usize) -> Words {
        let words = self.words(field, text, longest);
        if words.is_empty() {
            self.refuse(field, "must be given in at least one language");
        }
        words
    }

    /// A list of words by language, none of them empty.
    pub(super) fn list(&mut self, field: &str, texts: Vec<LocalizedText>) -> Vec<Words> {
        let each = |(index, text)| self.some_words(&format!("{field}[{index}]"), Some(text), SHORT);
        texts.into_iter().enumerate().map(each).collect()
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
    selected: Option<std::collections::BTreeSet<String>>,
}

/// Fields that the service sets: a mask may name them, and they stay as they are.
const OUTPUT_ONLY: [&str; 5] = ["name", "state", "create_time", "update_time", "etag"];

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
        for tag in [
            "",
            "f",
            "FI",
            "finnish",
            "fi_FI",
            "fi-",
            "fi-x",
            "fi-\u{e4}\u{e4}",
            &format!("fi{}", "-abc".repeat(9)),
        ] {
            assert!(!is_tag(tag), "{tag}");
        }
    }

    #[test]
    fn every_wrong_field_is_found_at_once() {
        let mut input = Input::default();
        let text = LocalizedText { by_language: [("Finnish".to_owned(), "x".repeat(201))].into() };
        input.words("goal.title", Some(text), TITLE);
        input.some_words("goal.everyday_text", None, EVERYDAY);
        input.optional_id::<arki_ids::kinds::Unit>("goal.unit", "units/17");
        let failure = input.finish(Some(())).unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "goal.title.by_language.Finnish",
                "goal.title.by_language.Finnish",
                "goal.everyday_text",
                "goal.unit"
            ]
        );
    }

    #[test]
    fn a_mask_picks_its_fields_and_none_picks_all() {
        let mask = |paths: &[&str]| FieldMask { paths: paths.iter().map(ToString::to_string).collect() };
        let picked = Mask::read(Some(&mask(&["title", "etag"])), &["title", "weight"]).unwrap();
        assert_eq!((picked.pick("title", || 1), picked.pick("weight", || 2)), (Some(1), None));
        let all = Mask::read(Some(&mask(&[])), &["title"]).unwrap();
        assert_eq!(all.pick("title", || 1), Some(1));
        assert!(Mask::read(Some(&mask(&["colour"])), &["title"]).is_err());
    }
}
