//! Forms that the contract tells in words and a service checks: time zones, days of the calendar, page tokens.
//!
//! The edge knows them by the names that fields have throughout the contract. What is here is what a request should
//! look like; a service may take more, such as the rarer parts of a recurrence rule.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::contract::{Access, Contract};
use crate::rest::PAGE_TOKEN;

/// The component that lists the time zones.
pub(super) const TIME_ZONE: &str = "TimeZone";

/// Text without U+0000, which no database keeps.
pub(super) const TEXT: &str = "^[^\\x00]*$";

/// The component of words that must say something.
pub(super) const WORDS: &str = "Words";

/// A language tag.
const LANGUAGE: &str = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$";

/// Text of which something can be read.
const WRITTEN: &str = "^[^\\x00]*[^\\s\\x00][^\\x00]*$";

/// A local date and time of the years in which a schedule may lie, with the lengths of the months.
const LOCAL_TIME: &str = "^(2[01][0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)\
    |02-(0[1-9]|1[0-9]|2[0-8]))|(20([02468][048]|[13579][26])|21(0[48]|[2468][048]|[13579][26]))-02-29)\
    T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$";

/// The recurrences that always come to something, whatever the start.
const RECURRENCE: &str = "^(|FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;INTERVAL=[1-9])?\
    (;BYDAY=(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU)){0,6})?(;COUNT=[1-9][0-9]{0,2})?)$";

/// The forms that fields of a request have by their names.
pub(super) struct Forms {
    scopes: String,
}

impl Forms {
    pub(super) fn of(contract: &Contract) -> Self {
        Self { scopes: scopes(contract) }
    }

    /// Narrows the schema of a text field to the form that its name stands for.
    pub(super) fn narrow(&self, name: &str, is_required: bool, schema: &mut Value) {
        let pattern = match name {
            "time_zone" => {
                let zone = json!({"$ref": format!("#/components/schemas/{TIME_ZONE}")});
                *schema = if is_required { zone } else { json!({"anyOf": [zone, {"const": ""}]}) };
                return;
            }
            "by_language" => {
                schema["propertyNames"] = json!({"pattern": LANGUAGE});
                return;
            }
            "attributes" => {
                schema["propertyNames"] = json!({"pattern": TEXT, "minLength": 1, "maxLength": 64});
                return;
            }
            "page_token" => PAGE_TOKEN,
            "local_start" => LOCAL_TIME,
            "rrule" => RECURRENCE,
            "scopes" => {
                schema["items"]["pattern"] = self.scopes.as_str().into();
                return;
            }
            _ => return,
        };
        schema["pattern"] = pattern.into();
    }
}

/// Every scope that an RPC asks for, the three of each service, and what holds all.
fn scopes(contract: &Contract) -> String {
    let mut words: BTreeSet<String> = ["admin", "scim"].map(str::to_owned).into();
    for method in contract.methods() {
        if let Access::Scope(scope) = &method.access {
            words.insert(scope.to_string());
        }
        if let Some(service) = method.package.split('.').nth(1) {
            words.extend(["admin", "read", "write"].map(|word| format!("{service}.{word}")));
        }
    }
    let words: Vec<_> = words.iter().map(|word| word.replace('.', "\\.")).collect();
    format!("^({})$", words.join("|"))
}

/// Every time zone. A pattern and no enum, since tools that try every value of an enum would try six hundred.
pub(super) fn time_zone() -> Value {
    let names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().replace('+', "\\+")).collect();
    json!({
        "type": "string",
        "pattern": format!("^({})$", names.join("|")),
        "description": "A time zone by its IANA name.",
        "examples": ["Europe/Helsinki"],
    })
}

/// A day, in the only combinations of year, month and day that the calendar has.
pub(super) fn date() -> Value {
    let thirty = json!({"month": {"not": {"const": 2}}, "day": {"maximum": 30}});
    let thirty_one = json!({"month": {"enum": [1, 3, 5, 7, 8, 10, 12]}});
    let leap = |year: Value| json!({"year": year, "month": {"const": 2}, "day": {"const": 29}});
    let combinations: Vec<_> = [
        json!({"day": {"maximum": 28}}),
        thirty,
        thirty_one,
        leap(json!({"multipleOf": 4, "not": {"multipleOf": 100}})),
        leap(json!({"multipleOf": 400})),
    ]
    .into_iter()
    .map(|properties| json!({"properties": properties}))
    .collect();
    json!({
        "type": "object",
        "description": "A day in the Gregorian calendar, without time and zone.",
        "required": ["year", "month", "day"],
        "additionalProperties": false,
        "properties": {
            "year": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 9999},
            "month": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 12},
            "day": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 31},
        },
        "anyOf": combinations,
        "examples": [{"year": 2026, "month": 1, "day": 31}],
    })
}

/// Words that must say something.
pub(super) fn words() -> Value {
    json!({
        "type": "object",
        "required": ["byLanguage"],
        "additionalProperties": false,
        "properties": {
            "byLanguage": {
                "type": "object",
                "description": "Text by BCP 47 language tag, such as \"fi\", \"sv\" or \"en\".",
                "minProperties": 1,
                "propertyNames": {"pattern": LANGUAGE},
                "additionalProperties": {"type": "string", "pattern": WRITTEN},
            },
        },
    })
}

/// Fields of which one decides whether another is needed.
pub(super) fn condition(message: &str) -> Option<Value> {
    match message {
        "arki.survey.v1.Answer" => Some(json!({
            "anyOf": [
                {"required": ["number"]},
                {"required": ["choice"]},
                {"required": ["feelings"]},
                {"required": ["text"]},
            ],
        })),
        "arki.directory.v1.Outcome" => Some(json!({
            "anyOf": [
                {"properties": {"amountMinor": {"enum": [0, "0"]}}},
                {"required": ["currency"], "properties": {"currency": {"minLength": 3}}},
            ],
        })),
        "arki.scorecard.v1.ReviewMetricRequest" => Some(json!({
            "anyOf": [
                {"properties": {"verdict": {"const": "REVIEW_VERDICT_RETIRE"}}},
                {"required": ["nextReviewDay"]},
            ],
        })),
        _ => None,
    }
}

/// A mask over the fields that can be cleared: what must be given can't be, and need not be named to be changed.
pub(super) fn mask(paths: &[String]) -> Value {
    let Some(first) = paths.first() else { return json!({"type": "string", "maxLength": 0}) };
    let one = paths.join("|");
    json!({
        "type": "string",
        "pattern": format!("^({one})(,({one}))*$"),
        "description": "Paths of the fields to change, separated by commas; needed only to clear fields.",
        "examples": [first],
    })
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn local_times_have_the_days_of_their_month() {
        let form = Regex::new(LOCAL_TIME).unwrap();
        for good in ["2026-11-23T09:00", "2000-02-29T00:00:59", "2024-02-29T23:59", "2104-02-29T00:00"] {
            assert!(form.is_match(good), "{good}");
        }
        for bad in [
            "1999-01-01T00:00",
            "2026-02-29T00:00",
            "2100-02-29T00:00",
            "2026-04-31T00:00",
            "2026-13-01T00:00",
        ] {
            assert!(!form.is_match(bad), "{bad}");
        }
    }

    #[test]
    fn words_hold_more_than_blanks() {
        let form = Regex::new(WRITTEN).unwrap();
        assert!(form.is_match(" hyvää päivää "));
        assert!(!form.is_match(" \n ") && !form.is_match("") && !form.is_match("a\0"));
    }
}
