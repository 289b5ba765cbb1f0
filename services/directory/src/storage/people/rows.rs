//! Between people and their rows.

use std::collections::HashMap;

use arki_ids::TenantId;

use super::super::entity::{membership, person};
use super::super::{Error, corrupt, id, optional, parsed, text, word};
use crate::domain::Person;
use crate::domain::duplicate::name_key;
use crate::domain::history::Period;
use crate::domain::person::{Employment, Kind, Memberships, Place, Profile, email_key};

/// The places of people, by the person.
pub(super) type Places = HashMap<String, Vec<Period<Place>>>;

pub(super) fn row(tenant: TenantId, person: &Person) -> person::Model {
    let Person { id, profile, memberships: _, revision, create_time, update_time } = person;
    let Profile {
        kind,
        display_name,
        email,
        language,
        time_zone,
        employment,
        manager,
        account,
        external_id,
        source,
        attributes,
    } = profile;
    person::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        kind: kind.word().to_owned(),
        display_name: display_name.clone(),
        email: email.clone(),
        email_key: email_key(email),
        name_key: Some(name_key(display_name)),
        language: language.clone(),
        time_zone: time_zone.map(|zone| zone.name().to_owned()),
        employment: employment.map(|state| state.word().to_owned()),
        manager_id: text(*manager),
        account_id: text(*account),
        external_id: external_id.clone(),
        source: source.clone(),
        attributes: attributes
            .iter()
            .map(|(key, value)| (key.clone(), serde_json::Value::from(value.as_str())))
            .collect(),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

pub(super) fn places(tenant: TenantId, person: &Person) -> Vec<membership::Model> {
    let place = |Period { from, to, value }: Period<Place>| {
        let Place { unit, role } = value;
        membership::Model {
            tenant_id: tenant.to_string(),
            person_id: person.id.to_string(),
            valid_from: from,
            valid_to: to,
            unit_id: unit.to_string(),
            role_id: text(role),
        }
    };
    person.memberships.periods().into_iter().map(place).collect()
}

pub(super) fn sort_in(rows: Vec<membership::Model>, places: &mut Places) -> Result<(), Error> {
    for row in rows {
        let membership::Model { tenant_id: _, person_id, valid_from, valid_to, unit_id, role_id } = row;
        let value = Place { unit: id(&unit_id)?, role: optional(role_id.as_deref())? };
        places.entry(person_id).or_default().push(Period { from: valid_from, to: valid_to, value });
    }
    Ok(())
}

pub(super) fn put_together(row: person::Model, places: &mut Places) -> Result<Person, Error> {
    let person::Model {
        tenant_id: _,
        id: key,
        kind,
        display_name,
        email,
        email_key: _,
        name_key: _,
        language,
        time_zone,
        employment,
        manager_id,
        account_id,
        external_id,
        source,
        attributes,
        revision,
        create_time,
        update_time,
    } = row;
    let profile = Profile {
        kind: word(&kind, Kind::of_word)?,
        display_name,
        email,
        language,
        time_zone: time_zone.as_deref().map(parsed).transpose()?,
        employment: employment.map(|state| word(&state, Employment::of_word)).transpose()?,
        manager: optional(manager_id.as_deref())?,
        account: optional(account_id.as_deref())?,
        external_id,
        source,
        attributes: serde_json::from_value(attributes).map_err(corrupt)?,
    };
    let memberships = Memberships::from_periods(places.remove(&key).unwrap_or_default()).map_err(corrupt)?;
    Ok(Person { id: id(&key)?, profile, memberships, revision, create_time, update_time })
}
