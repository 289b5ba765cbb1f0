//! Writing people, with everything that is found by other tables.
//!
//! A few wide statements for any number of people, and for each table only the rows that are not as they should be. Whoever
//! has their first revision has nothing stored yet, so nothing is read nor removed for them.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::rows::{self, Columns, Type};
use arki_ids::TenantId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::super::entity::membership;
use super::super::{Error, among, attributes, employments, identities, ids_of, pending_managers, tenants};
use super::rows::{places, row};
use crate::domain::Person;

const PERSON: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("id", Type::Text),
    ("kind", Type::Text),
    ("display_name", Type::Text),
    ("email", Type::Text),
    ("email_key", Type::Text),
    ("name_key", Type::Text),
    ("language", Type::Text),
    ("time_zone", Type::Text),
    ("employment", Type::Text),
    ("manager_id", Type::Text),
    ("account_id", Type::Text),
    ("external_id", Type::Text),
    ("source", Type::Text),
    ("attributes", Type::Json),
    ("revision", Type::Integer),
    ("create_time", Type::Time),
    ("update_time", Type::Time),
]);

const MEMBERSHIP: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("person_id", Type::Text),
    ("valid_from", Type::Date),
    ("valid_to", Type::Date),
    ("unit_id", Type::Text),
    ("role_id", Type::Text),
]);

/// People in one round of statements: what it holds in memory at once.
const ROUND: usize = 4_000;

/// Whether nothing of a person can be stored yet.
pub(in super::super) fn is_new(person: &Person) -> bool {
    person.revision == 1
}

/// Writes people, new or changed, with all their places.
pub async fn save(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    let upsert = PERSON.upsert(backend, "person", &["tenant_id", "id"], &["create_time"]);
    for round in people.chunks(ROUND) {
        let rows: Vec<_> = round.iter().map(|person| row(tenant, person)).collect();
        rows::execute(tx, &upsert, &rows, &[]).await?;
        follow_places(tx, tenant, round).await?;
        identities::follow(tx, tenant, round).await?;
        attributes::index(tx, tenant, round).await?;
        // A day is counted where the tenant is. People are written at one time, so the newest tells the day for all.
        let written = round.iter().map(|person| person.update_time).max();
        if let (Some(time), Some(tenant)) = (written, tenants::find(tx, tenant).await?) {
            employments::follow(tx, tenant.id, round, tenant.day_of(time)).await?;
        }
        pending_managers::resolve(tx, tenant, round).await?;
    }
    Ok(())
}

async fn follow_places(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<(), Error> {
    let mut stored: HashMap<String, Vec<membership::Model>> = HashMap::new();
    let known = ids_of(people.iter().filter(|person| !is_new(person)));
    if !known.is_empty() {
        let found = membership::Entity::in_tenant(tenant)
            .filter(among(tx, membership::Column::PersonId, &known))
            .all(tx)
            .await?;
        for row in found {
            stored.entry(row.person_id.clone()).or_default().push(row);
        }
    }
    let (mut stale, mut fresh) = (Vec::new(), Vec::new());
    for person in people {
        let wanted = places(tenant, person);
        if let Some(mut before) = stored.remove(&person.id.to_string()) {
            before.sort_unstable_by_key(|row| row.valid_from);
            if before == wanted {
                continue;
            }
            stale.push(person.id.to_string());
        }
        fresh.extend(wanted);
    }
    if !stale.is_empty() {
        membership::Entity::delete_many()
            .filter(membership::Column::TenantId.eq(tenant.to_string()))
            .filter(among(tx, membership::Column::PersonId, &stale))
            .exec(tx)
            .await?;
    }
    rows::execute(tx, &MEMBERSHIP.insert(tx.get_database_backend(), "membership"), &fresh, &[]).await?;
    Ok(())
}
