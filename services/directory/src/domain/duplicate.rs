//! People who turn out to be one.
//!
//! What the survivor says of itself stands; what it leaves open is taken from the duplicates, in the order in which they
//! are given. On each day the survivor's own place counts, and where it has none, a duplicate's.

use arki_ids::PersonId;
use chrono::{DateTime, NaiveDate, Utc};

use super::person::{ExternalId, Kind, Profile};
use super::unit::Place;
use super::{Person, Refused, Unit};

/// How many duplicates are merged at once.
pub const MOST_DUPLICATES: usize = 20;

/// Refuses a merger that would lose what only employees have, or that names the survivor among its duplicates.
pub fn check(survivor: &Person, duplicates: &[Person]) -> Result<(), Refused> {
    let works = |person: &Person| matches!(person.profile.kind, Kind::Employee | Kind::Leaver);
    for duplicate in duplicates {
        let name = duplicate.id.name();
        if duplicate.id == survivor.id {
            let problem = format!("must not hold the survivor, {name}: name the others alone");
            return Err(Refused::new("duplicates", problem));
        }
        if works(duplicate) && !works(survivor) {
            let problem = format!(
                "must not hold {name}, an employee or leaver, as the survivor is none: let that one survive"
            );
            return Err(Refused::new("duplicates", problem));
        }
    }
    Ok(())
}

/// The survivor with what it takes from the duplicates.
#[must_use]
pub fn unite(survivor: &Person, duplicates: &[Person], now: DateTime<Utc>) -> Person {
    let mut united = survivor.clone();
    let gone = |person: &PersonId| *person == survivor.id || duplicates.iter().any(|gone| gone.id == *person);
    united.profile.manager = united.profile.manager.filter(|manager| !gone(manager));
    for duplicate in duplicates {
        let Profile {
            kind: _,
            display_name: _,
            email,
            language,
            time_zone,
            employment: _,
            manager,
            account,
            external_id,
            source,
            attributes,
        } = &duplicate.profile;
        let own = &mut united.profile;
        if own.email.is_empty() {
            own.email.clone_from(email);
        }
        own.language = own.language.take().or_else(|| language.clone());
        own.time_zone = own.time_zone.or(*time_zone);
        own.manager = own.manager.or(manager.filter(|manager| !gone(manager)));
        own.account = own.account.or(*account);
        if own.external_id.is_none() && external_id.is_some() {
            own.external_id.clone_from(external_id);
            own.source.clone_from(source);
        }
        for (key, value) in attributes {
            own.attributes.entry(key.clone()).or_insert_with(|| value.clone());
        }
        united.memberships.fill(&duplicate.memberships);
    }
    survivor.revised(united, now)
}

/// The further keys that the survivor has afterwards, of all that any of them had.
pub fn further(united: &Person, all: Vec<ExternalId>) -> Vec<ExternalId> {
    let primary = united.profile.primary();
    all.into_iter().filter(|pair| Some(pair) != primary.as_ref()).collect()
}

/// The units that people led or will lead, led by the survivor instead; by nobody where none survives.
pub fn units(units: &[Unit], survivor: Option<PersonId>, gone: &[PersonId], now: DateTime<Utc>) -> Vec<Unit> {
    let led = |unit: &Unit| {
        let mut changed = unit.clone();
        changed.history.change_from(NaiveDate::MIN, |place: &mut Place| {
            if place.leader.is_some_and(|leader| gone.contains(&leader)) {
                place.leader = survivor;
            }
        });
        let changed = unit.revised(changed, now);
        (changed != *unit).then_some(changed)
    };
    units.iter().filter_map(led).collect()
}

/// Why two people may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same address, letter case aside.
    Email,
    /// The same key in two source systems.
    ExternalId,
    /// The same name, letter case and spaces aside, and nothing that tells them apart.
    Name,
}

/// Why two people may be one, strongest first; empty where nothing speaks for it.
pub fn likeness(one: &Profile, other: &Profile) -> Vec<Likeness> {
    let key = |profile: &Profile| super::person::email_key(&profile.email);
    let mut likeness = Vec::new();
    if key(one).is_some() && key(one) == key(other) {
        likeness.push(Likeness::Email);
    }
    if one.external_id.is_some() && one.external_id == other.external_id && one.source != other.source {
        likeness.push(Likeness::ExternalId);
    }
    if name_key(&one.display_name) == name_key(&other.display_name) && !are_told_apart(one, other) {
        likeness.push(Likeness::Name);
    }
    likeness
}

/// A name as it is compared: letter case and spaces aside.
pub fn name_key(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Two keys of one source system, or two addresses, are two people's: namesakes.
fn are_told_apart(one: &Profile, other: &Profile) -> bool {
    let key = |profile: &Profile| super::person::email_key(&profile.email);
    let two_keys = one.source == other.source
        && one.external_id.is_some()
        && other.external_id.is_some()
        && one.external_id != other.external_id;
    let two_addresses = key(one).is_some() && key(other).is_some() && key(one) != key(other);
    two_keys || two_addresses
}

#[cfg(test)]
mod tests;
