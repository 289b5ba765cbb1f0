//! What a user's resource tells of the person.
//!
//! A change of the resource changes of the person what it speaks of, and nothing else: what an HR file or a hand wrote
//! stays until the provider says otherwise. So each fact is read from the resource before and after, and counts where
//! the two differ. A value that Arki can't use, such as a language that is none, is kept in the resource and is no
//! fact.

use std::collections::BTreeMap;

use arki_scim::schema::{ARKI_USER, ENTERPRISE_USER};
use chrono_tz::Tz;
use serde_json::Value;

use super::super::attribute::{LONGEST_VALUE, MOST_ATTRIBUTES};
use super::super::person::{Change, Employment, Kind, Profile};
use super::text;

/// The longest name of a person, in characters.
const LONGEST_NAME: usize = 200;

/// Facts that become attributes of the person, under the name that the schema gives them: with the object that holds
/// them, none for the resource itself.
const ATTRIBUTES: [(Option<&str>, &str); 11] = [
    (None, "title"),
    (None, "userType"),
    (Some(ENTERPRISE_USER), "employeeNumber"),
    (Some(ENTERPRISE_USER), "costCenter"),
    (Some(ENTERPRISE_USER), "organization"),
    (Some(ENTERPRISE_USER), "division"),
    (Some(ENTERPRISE_USER), "department"),
    (Some(ARKI_USER), "hireDate"),
    (Some(ARKI_USER), "jobLevel"),
    (Some(ARKI_USER), "location"),
    (Some(ARKI_USER), "surveyOptOut"),
];

/// Where a user is said to belong, in the provider's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'r> {
    /// `unit` of Arki's extension.
    pub unit: Option<&'r str>,
    /// `department` of the enterprise extension.
    pub department: Option<&'r str>,
    /// `role` of Arki's extension.
    pub role: Option<&'r str>,
}

/// What changes of a person when the resource was `before` (none: the user is new) and is `after`, apart from the
/// manager and the place, which have to be looked up.
pub fn change(before: Option<&Value>, after: &Value, profile: &Profile) -> Change {
    let nothing = Value::Null;
    let old = before.unwrap_or(&nothing);
    let mut change = Change::default();
    if before.is_none() || employment(old) != employment(after) {
        // Whoever had left returns before anything else.
        let state = match (profile.employment, employment(after)) {
            (Some(Employment::Left), Employment::LongLeave) => Employment::Active,
            (_, state) => state,
        };
        change.kind = Some(if state == Employment::Left { Kind::Leaver } else { Kind::Employee });
        change.employment = Some(Some(state));
    }
    let name = name(after);
    if self::name(old) != name && !name.is_empty() {
        change.display_name = Some(name);
    }
    if email(old) != email(after) {
        change.email = Some(email(after).unwrap_or_default().to_owned());
    }
    if language(old) != language(after) {
        change.language = Some(language(after).map(str::to_owned));
    }
    if time_zone(old) != time_zone(after) {
        change.time_zone = Some(time_zone(after));
    }
    let attributes = attributes(old, after, &profile.attributes);
    change.attributes = (attributes != profile.attributes).then_some(attributes);
    change
}

/// Whether the user objects to being asked.
pub fn opts_out(resource: &Value) -> bool {
    let own = resource.get(ARKI_USER).and_then(|parts| parts.get("surveyOptOut"));
    own == Some(&Value::Bool(true))
}

/// Whom the user reports to, in the provider's words.
pub fn manager(resource: &Value) -> Option<&str> {
    text(resource.get(ENTERPRISE_USER)?.get("manager")?, "value")
}

/// The number in the personnel system.
pub fn employee_number(resource: &Value) -> Option<&str> {
    text(resource.get(ENTERPRISE_USER)?, "employeeNumber")
}

/// Where the user is said to belong.
pub fn place(resource: &Value) -> Place<'_> {
    let own = |name| resource.get(ARKI_USER).and_then(|parts| text(parts, name));
    let department = resource.get(ENTERPRISE_USER).and_then(|parts| text(parts, "department"));
    Place { unit: own("unit"), department, role: own("role") }
}

/// `active` decides; `employmentState` says more of those who are.
fn employment(resource: &Value) -> Employment {
    let state = resource.get(ARKI_USER).and_then(|parts| text(parts, "employmentState"));
    match (resource.get("active"), state) {
        (Some(Value::Bool(false)), _) | (_, Some("left")) => Employment::Left,
        (_, Some("longLeave")) => Employment::LongLeave,
        _ => Employment::Active,
    }
}

/// The best name that there is: `userName` is required, so there is one.
fn name(resource: &Value) -> String {
    let parts = resource.get("name");
    let part = |name| parts.and_then(|parts| text(parts, name)).map(str::trim).unwrap_or_default();
    let joined = format!("{} {}", part("givenName"), part("familyName"));
    let user_name = text(resource, "userName").unwrap_or_default();
    let display_name = text(resource, "displayName").unwrap_or_default();
    let candidates = [display_name, part("formatted"), &joined, user_name];
    let best = candidates.into_iter().map(str::trim).find(|name| !name.is_empty()).unwrap_or_default();
    best.chars().take(LONGEST_NAME).collect()
}

/// The address that mail is sent to: the primary one, else the one of work, else the first.
fn email(resource: &Value) -> Option<&str> {
    let emails = resource.get("emails")?.as_array()?;
    let primary = emails.iter().find(|email| email.get("primary") == Some(&Value::Bool(true)));
    let work = || emails.iter().find(|email| text(email, "type").is_some_and(|kind| kind == "work"));
    let chosen = primary.or_else(work).or_else(|| emails.first())?;
    text(chosen, "value").map(str::trim).filter(|address| is_address(address))
}

fn is_address(address: &str) -> bool {
    let sound = |part: &str, most: usize| {
        (1..=most).contains(&part.chars().count()) && !part.contains(|c: char| c.is_whitespace() || c == '@')
    };
    address.split_once('@').is_some_and(|(local, domain)| sound(local, 64) && sound(domain, 190))
}

/// What the person reads; where that is not said, how dates are written for them.
fn language(resource: &Value) -> Option<&str> {
    let tag = |name| text(resource, name).filter(|tag| is_language(tag));
    tag("preferredLanguage").or_else(|| tag("locale"))
}

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let is_first = (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_lowercase());
    is_first
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn time_zone(resource: &Value) -> Option<Tz> {
    text(resource, "timezone")?.parse().ok()
}

fn attributes(before: &Value, after: &Value, stored: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut attributes = stored.clone();
    for (holder, name) in ATTRIBUTES {
        let (old, new) = (attribute(before, holder, name), attribute(after, holder, name));
        if old == new {
            continue;
        }
        match new {
            Some(value) if attributes.len() < MOST_ATTRIBUTES || attributes.contains_key(name) => {
                attributes.insert(name.to_owned(), value);
            }
            Some(_) => {}
            None => {
                attributes.remove(name);
            }
        }
    }
    attributes
}

fn attribute(resource: &Value, holder: Option<&str>, name: &str) -> Option<String> {
    let parts = match holder {
        Some(urn) => resource.get(urn)?,
        None => resource,
    };
    let value = match parts.get(name)? {
        Value::Bool(truth) => truth.to_string(),
        other => other.as_str()?.to_owned(),
    };
    Some(value).filter(|value| !value.is_empty() && value.chars().count() <= LONGEST_VALUE)
}

#[cfg(test)]
mod tests;
