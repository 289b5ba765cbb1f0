//! Leaving out whoever was erased.

use std::collections::BTreeSet;

use super::super::erasure::Key;
use super::super::person::{ExternalId, email_key};
use super::{crm, hr};

/// The keys of each line of an HR file, with which it might bring back somebody who was erased. The address of a person
/// who is there already is no news.
pub fn hr_keys(file: &hr::File, state: &hr::State, source: &str) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for row in &file.people {
        keys.insert(external_id(source, &row.external_id));
        keys.extend(row.email.as_deref().and_then(email_key).map(Key::Email));
    }
    for person in &state.people {
        for known in Key::of_person(person) {
            keys.remove(&known);
        }
    }
    keys
}

/// The file without these keys, and the lines that are left out.
pub fn without_hr(file: &hr::File, erased: &BTreeSet<Key>, source: &str) -> (hr::File, Vec<u64>) {
    let mut kept = file.clone();
    let mut lines = Vec::new();
    let mut gone = BTreeSet::new();
    kept.people.retain(|row| {
        let by_email = row.email.as_deref().and_then(email_key).map(Key::Email);
        let is_erased = erased.contains(&external_id(source, &row.external_id))
            || by_email.is_some_and(|key| erased.contains(&key));
        if is_erased {
            lines.push(row.line);
            gone.insert(row.external_id.clone());
        }
        !is_erased
    });
    for row in &mut kept.people {
        let manager = row.manager.as_ref().and_then(Option::as_ref);
        // Whether the manager has a line here or not: nobody is managed by somebody who was erased.
        let is_gone = |key: &String| gone.contains(key) || erased.contains(&external_id(source, key));
        if manager.is_some_and(is_gone) {
            row.manager = Some(None);
        }
    }
    (kept, lines)
}

/// As [`hr_keys`], of a CRM file.
pub fn crm_keys(file: &crm::File, state: &crm::State, source: &str) -> BTreeSet<Key> {
    let mut keys: BTreeSet<Key> = file.people.keys().map(|key| external_id(source, key)).collect();
    let emails = file.people.values().filter_map(|row| email_key(&row.email.as_ref()?.value));
    keys.extend(emails.map(Key::Email));
    keys.extend(file.outcomes.iter().map(|row| Key::Outcome(row.external_id.clone())));
    for person in &state.people {
        for known in Key::of_person(person) {
            keys.remove(&known);
        }
    }
    keys
}

/// As [`without_hr`], of a CRM file.
pub fn without_crm(file: &crm::File, erased: &BTreeSet<Key>, source: &str) -> (crm::File, Vec<u64>) {
    let mut kept = file.clone();
    let mut lines = Vec::new();
    kept.people.retain(|key, row| {
        let by_email = row.email.as_ref().and_then(|email| email_key(&email.value)).map(Key::Email);
        let is_erased =
            erased.contains(&external_id(source, key)) || by_email.is_some_and(|key| erased.contains(&key));
        if is_erased {
            lines.push(row.line);
        }
        !is_erased
    });
    kept.outcomes.retain(|row| {
        let is_erased = erased.contains(&Key::Outcome(row.external_id.clone()));
        if is_erased {
            lines.push(row.line);
        }
        !is_erased
    });
    lines.sort_unstable();
    lines.dedup();
    (kept, lines)
}

fn external_id(source: &str, key: &str) -> Key {
    Key::ExternalId(ExternalId { source: source.to_owned(), external_id: key.to_owned() })
}
