//! What a tenant knows of its people beyond what every tenant knows: which attributes there are, and which values fit.
//!
//! A tenant that has defined none lets its people have any, as long as they keep within the bounds of
//! [`check_attributes`]. From the first definition on, also of a retired one, a value is taken only where it is
//! defined. What is stored already and not changed is never asked again: a definition may come later than the values.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;
use super::person::Kind;

/// How many attributes a person may have.
pub const MOST_ATTRIBUTES: usize = 50;
/// The longest key of an attribute, in characters.
pub const LONGEST_KEY: usize = 64;
/// The longest value of an attribute, in characters.
pub const LONGEST_VALUE: usize = 500;

/// How many values a choice may have.
pub const MOST_VALUES: usize = 200;

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    String,
    Number,
    Boolean,
    Date,
    Choice,
}

impl Type {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::String, Self::Number, Self::Boolean, Self::Date, Self::Choice];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Choice => "choice",
        }
    }

    /// The type that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.word() == word)
    }
}

/// An attribute that people may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub key: String,
    pub of: Type,
    pub terms: Terms,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What may change about a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// By language.
    pub display_name: BTreeMap<String, String>,
    /// Of a choice.
    pub allowed_values: Vec<String>,
    /// No two people have the same value.
    pub is_key: bool,
    pub is_personal_data: bool,
    /// Audiences may be chosen by it.
    pub is_segment: bool,
    /// Empty means every kind.
    pub kinds: Vec<Kind>,
    pub is_required: bool,
    pub is_retired: bool,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub display_name: Option<BTreeMap<String, String>>,
    pub allowed_values: Option<Vec<String>>,
    pub is_key: Option<bool>,
    pub is_personal_data: Option<bool>,
    pub is_segment: Option<bool>,
    pub kinds: Option<Vec<Kind>>,
    pub is_required: Option<bool>,
    pub is_retired: Option<bool>,
}

impl Definition {
    /// A new definition.
    pub fn create(key: String, of: Type, terms: Terms, now: DateTime<Utc>) -> Self {
        Self { key, of, terms, revision: 1, create_time: now, update_time: now }
    }

    /// What doesn't go together, if anything.
    pub fn check(&self) -> Vec<Refused> {
        let Terms { allowed_values, is_personal_data, is_segment, .. } = &self.terms;
        let mut refused = Vec::new();
        let is_choice = self.of == Type::Choice;
        if is_choice && allowed_values.is_empty() {
            refused.push(Refused::new("allowed_values", "must name at least one value of a choice"));
        }
        if !is_choice && !allowed_values.is_empty() {
            let problem = format!("are of a choice, leave them out of a {}", self.of.word());
            refused.push(Refused::new("allowed_values", problem));
        }
        for (index, value) in allowed_values.iter().enumerate() {
            if allowed_values[..index].contains(value) {
                refused.push(Refused::new("allowed_values", format!("must not have {value:?} twice")));
            }
        }
        if *is_personal_data && *is_segment {
            let problem = "must not be set together with is_personal_data: results are shown by segment";
            refused.push(Refused::new("is_segment", problem));
        }
        refused
    }

    /// The definition after a change. A change of nothing keeps the revision.
    #[must_use]
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Self {
        let Change {
            display_name,
            allowed_values,
            is_key,
            is_personal_data,
            is_segment,
            kinds,
            is_required,
            is_retired,
        } = change;
        let old = self.terms.clone();
        let terms = Terms {
            display_name: display_name.unwrap_or(old.display_name),
            allowed_values: allowed_values.unwrap_or(old.allowed_values),
            is_key: is_key.unwrap_or(old.is_key),
            is_personal_data: is_personal_data.unwrap_or(old.is_personal_data),
            is_segment: is_segment.unwrap_or(old.is_segment),
            kinds: kinds.unwrap_or(old.kinds),
            is_required: is_required.unwrap_or(old.is_required),
            is_retired: is_retired.unwrap_or(old.is_retired),
        };
        if terms == self.terms {
            return self.clone();
        }
        Self { terms, revision: self.revision + 1, update_time: now, ..self.clone() }
    }

    /// Whether people can be found by it.
    pub fn is_indexed(&self) -> bool {
        self.terms.is_key || self.terms.is_segment
    }

    fn applies_to(&self, kind: Kind) -> bool {
        self.terms.kinds.is_empty() || self.terms.kinds.contains(&kind)
    }

    /// What is wrong with a value, if anything.
    fn problem(&self, kind: Kind, value: &str) -> Option<String> {
        if self.terms.is_retired {
            return Some("is retired, leave it out".to_owned());
        }
        if !self.applies_to(kind) {
            let kinds: Vec<_> = self.terms.kinds.iter().map(|kind| kind.word()).collect();
            return Some(format!("is not of a {}, only of: {}", kind.word(), kinds.join(", ")));
        }
        let (fits, wanted) = match self.of {
            Type::String => (true, String::new()),
            Type::Number => (is_number(value), "a number such as -12.5".to_owned()),
            Type::Boolean => (matches!(value, "true" | "false"), "true or false".to_owned()),
            Type::Date => (is_day(value), "a day such as 2026-03-01".to_owned()),
            Type::Choice => {
                let allowed = &self.terms.allowed_values;
                (allowed.iter().any(|allowed| allowed == value), format!("one of: {}", allowed.join(", ")))
            }
        };
        (!fits).then(|| format!("must be {wanted}"))
    }
}

/// What a tenant has defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema(BTreeMap<String, Definition>);

impl FromIterator<Definition> for Schema {
    fn from_iter<I: IntoIterator<Item = Definition>>(definitions: I) -> Self {
        Self(definitions.into_iter().map(|definition| (definition.key.clone(), definition)).collect())
    }
}

impl Schema {
    /// The definition of a key.
    pub fn get(&self, key: &str) -> Option<&Definition> {
        self.0.get(key)
    }

    /// Why nobody can be chosen by a key, if so.
    pub fn refuse_segment(&self, key: &str) -> Option<Refused> {
        let problem = match self.0.get(key) {
            None => "is not defined, create an attribute definition for it or choose by another",
            Some(definition) if definition.terms.is_retired => "is retired, choose by another",
            Some(definition) if !definition.terms.is_segment => "is not marked is_segment, choose by another",
            Some(_) => return None,
        };
        Some(Refused::new(format!("attributes[{key:?}]"), problem))
    }

    /// Whether a person of a kind may have a value.
    pub fn takes(&self, kind: Kind, key: &str, value: &str) -> bool {
        self.0.is_empty()
            || self.0.get(key).is_some_and(|definition| definition.problem(kind, value).is_none())
    }

    /// What is wrong with the attributes that a person of a kind is to have, if anything. `before` is what the person
    /// has, with the kind that the person is: values that stay are not asked again. Whoever writes people asks this.
    pub fn check(
        &self,
        kind: Kind,
        before: Option<(Kind, &BTreeMap<String, String>)>,
        after: &BTreeMap<String, String>,
    ) -> Vec<Refused> {
        if self.0.is_empty() || before == Some((kind, after)) {
            return Vec::new();
        }
        let field = |key: &str| format!("attributes[{key:?}]");
        let stays = |key: &str, value: &str| {
            before.is_some_and(|(_, old)| old.get(key).is_some_and(|old| old == value))
        };
        let mut refused = Vec::new();
        for (key, value) in after.iter().filter(|(key, value)| !stays(key, value)) {
            match self.0.get(key) {
                None => {
                    let problem = "is not defined, create an attribute definition for it or leave it out";
                    refused.push(Refused::new(field(key), problem));
                }
                Some(definition) => {
                    refused.extend(
                        definition.problem(kind, value).map(|problem| Refused::new(field(key), problem)),
                    );
                }
            }
        }
        for definition in self.0.values() {
            let Definition { key, terms, .. } = definition;
            let is_missing = after.get(key).is_none_or(|value| value.trim().is_empty());
            if terms.is_required && !terms.is_retired && definition.applies_to(kind) && is_missing {
                refused.push(Refused::new(field(key), format!("must be given of a {}", kind.word())));
            }
        }
        refused
    }
}

/// A decimal with a point: an optional minus, digits, and optionally a point and digits.
fn is_number(value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = value.strip_prefix('-').unwrap_or(value);
    match value.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(value),
    }
}

fn is_day(value: &str) -> bool {
    value.len() == 10 && value.parse::<NaiveDate>().is_ok()
}

/// What is wrong with attributes, if anything.
pub fn check_attributes(attributes: &BTreeMap<String, String>) -> Vec<Refused> {
    let mut refused = Vec::new();
    if attributes.len() > MOST_ATTRIBUTES {
        let problem = format!("must have at most {MOST_ATTRIBUTES} keys, has {}", attributes.len());
        refused.push(Refused::new("attributes", problem));
    }
    for (key, value) in attributes {
        let field = || format!("attributes[{key:?}]");
        if key.trim().is_empty() || key.chars().count() > LONGEST_KEY {
            refused.push(Refused::new(field(), format!("must have a key of 1 to {LONGEST_KEY} characters")));
        } else if value.chars().count() > LONGEST_VALUE {
            refused.push(Refused::new(field(), format!("must have at most {LONGEST_VALUE} characters")));
        } else if key.contains('\0') || value.contains('\0') {
            refused.push(Refused::new(field(), "must not contain the character U+0000"));
        }
    }
    refused
}

#[cfg(test)]
mod tests;
