//! The part of a filter that an index answers.

use arki_scim::AttributePath;
use arki_scim::filter::{Filter, Literal, Operator};

use super::super::person::email_key;
use super::folded;

/// What an index knows a resource by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Id(String),
    /// `userName` of a user, `displayName` of a group; letter case aside.
    Name(String),
    ExternalId(String),
    /// An address of a user; letter case aside.
    Email(String),
    /// A member of a group.
    Member(String),
}

/// Keys of which a resource must have one to meet the filter; none where the filter can't be narrowed so, and every
/// resource has to be looked at. The filter is still to be evaluated on what the keys find. `name` is the attribute
/// that holds the unique name.
pub fn keys(filter: &Filter, name: &str) -> Option<Vec<Key>> {
    match filter {
        Filter::Compare { path, operator: Operator::Eq, value: Literal::Text(text) } => {
            key(path, text, name).map(|key| vec![key])
        }
        Filter::And(parts) => parts.iter().find_map(|part| keys(part, name)),
        Filter::Or(parts) => {
            let keys: Option<Vec<Vec<Key>>> = parts.iter().map(|part| keys(part, name)).collect();
            keys.map(|keys| keys.into_iter().flatten().collect())
        }
        Filter::Element { path, filter } => element(path, filter),
        Filter::Not(_) | Filter::Present(_) | Filter::Compare { .. } => None,
    }
}

fn key(path: &AttributePath, text: &str, name: &str) -> Option<Key> {
    let is = |wanted: &str| path.attribute.eq_ignore_ascii_case(wanted);
    let is_value = path.sub.as_deref().is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
    if is("emails") && is_value {
        return Some(Key::Email(email_key(text).unwrap_or_default()));
    }
    if is("members") && is_value {
        return Some(Key::Member(text.to_owned()));
    }
    match path.sub {
        Some(_) => None,
        None if is("id") => Some(Key::Id(text.to_owned())),
        None if is("externalId") => Some(Key::ExternalId(text.to_owned())),
        None if is(name) => Some(Key::Name(folded(text))),
        None => None,
    }
}

/// One element must meet the whole filter, so one that holds the `value` is enough to look for.
fn element(path: &AttributePath, filter: &Filter) -> Option<Vec<Key>> {
    match filter {
        Filter::Compare { path: part, operator: Operator::Eq, value: Literal::Text(text) }
            if part.attribute.eq_ignore_ascii_case("value") && part.sub.is_none() =>
        {
            key(&AttributePath::with_sub(&path.attribute, "value"), text, "").map(|key| vec![key])
        }
        Filter::And(parts) => parts.iter().find_map(|part| element(path, part)),
        Filter::Or(parts) => {
            let keys: Option<Vec<Vec<Key>>> = parts.iter().map(|part| element(path, part)).collect();
            keys.map(|keys| keys.into_iter().flatten().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(filter: &str) -> Option<Vec<Key>> {
        keys(&filter.parse().unwrap(), "userName")
    }

    #[test]
    fn equality_on_what_is_indexed_narrows() {
        let name = |text: &str| Key::Name(text.to_owned());
        let email = || Key::Email("a@example.com".to_owned());
        for (filter, expected) in [
            (r#"USERNAME eq "Ann""#, Some(vec![name("ann")])),
            (r#"externalId eq "X" and active eq true"#, Some(vec![Key::ExternalId("X".to_owned())])),
            (
                r#"active eq true and (userName eq "A" or id eq "per_1")"#,
                Some(vec![name("a"), Key::Id("per_1".to_owned())]),
            ),
            (r#"emails[type eq "work" and value eq "A@example.com"]"#, Some(vec![email()])),
            (r#"emails[type eq "work"].value eq "A@example.com""#, Some(vec![email()])),
            (r#"emails.value eq "A@example.com""#, Some(vec![email()])),
            (r#"emails eq "A@example.com""#, Some(vec![email()])),
            (r#"members eq "per_1""#, Some(vec![Key::Member("per_1".to_owned())])),
            (r#"userName eq "a" or title eq "b""#, None),
            (r#"not (userName eq "a")"#, None),
            (r#"userName ne "a""#, None),
            (r#"emails.type eq "work""#, None),
            (r#"name.familyName eq "a""#, None),
            (r#"phoneNumbers[value eq "1"]"#, None),
        ] {
            assert_eq!(narrowed(filter), expected, "{filter}");
        }
    }
}
