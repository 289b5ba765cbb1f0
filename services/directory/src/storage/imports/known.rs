//! What is stored and bears on an HR file.

use std::collections::{HashMap, HashSet};

use arki_ids::{PersonId, TenantId};
use sea_orm::ConnectionTrait;

use super::super::{Error, attributes, pending_managers, people, roles, units};
use crate::domain::import::hr;
use crate::domain::person::Kind;

/// What is stored and bears on an HR file, without its people.
pub async fn structure(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
) -> Result<hr::State, Error> {
    Ok(hr::State {
        units: units::all(db, tenant).await?,
        roles: roles::all(db, tenant).await?,
        people: Vec::new(),
        managers: people::managers(db, tenant).await?,
        pending: pending_managers::of_source(db, tenant, source).await?,
        elsewhere: HashMap::new(),
        schema: attributes::schema(db, tenant).await?,
    })
}

/// The employees of other sources who have one of these keys, where it is one person's.
pub async fn elsewhere(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    keys: &HashSet<&str>,
) -> Result<HashMap<String, PersonId>, Error> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let mut found: HashMap<String, Vec<PersonId>> = HashMap::new();
    for person in people::with_any_key(db, tenant, &keys).await? {
        if let (Kind::Employee, Some(key)) = (person.profile.kind, person.profile.external_id) {
            found.entry(key).or_default().push(person.id);
        }
    }
    let one = |(key, people): (String, Vec<PersonId>)| match people.as_slice() {
        [person] => Some((key, *person)),
        _ => None,
    };
    Ok(found.into_iter().filter_map(one).collect())
}
