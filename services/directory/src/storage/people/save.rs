//! Writing people, with everything that is found by other tables.
//!
//! A few wide statements for any number of people, and for each table only the rows that are not as they should be. Of
//! whoever is not stored yet nothing is read nor removed.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::rows::{self, Columns, Type};
use arki_ids::TenantId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::super::entity::{membership, person};
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

/// Writes people, new or changed, with all their places.
pub async fn save(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    let upsert = PERSON.upsert(backend, "person", &["tenant_id", "id"], &["create_time"]);
    for round in people.chunks(ROUND) {
        let known = known(tx, tenant, round).await?;
        let rows: Vec<_> = round.iter().map(|person| row(tenant, person)).collect();
        rows::execute(tx, &upsert, &rows, &[]).await?;
        follow_places(tx, tenant, round, &known).await?;
        identities::follow(tx, tenant, round, &known).await?;
        attributes::index(tx, tenant, round, &known).await?;
        // A day is counted where the tenant is. People are written at one time, so the newest tells the day for all.
        let written = round.iter().map(|person| person.update_time).max();
        if let (Some(time), Some(tenant)) = (written, tenants::find(tx, tenant).await?) {
            employments::follow(tx, tenant.id, round, &known, tenant.day_of(time)).await?;
        }
        pending_managers::resolve(tx, tenant, round).await?;
    }
    Ok(())
}

/// The ids of those who are stored already. Only of a first revision it is not certain.
async fn known(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<Vec<String>, Error> {
    let (first, later): (Vec<&Person>, Vec<&Person>) = people.iter().partition(|person| person.revision == 1);
    let mut known = ids_of(later);
    if !first.is_empty() {
        let stored: Vec<String> = person::Entity::in_tenant(tenant)
            .select_only()
            .column(person::Column::Id)
            .filter(among(tx, person::Column::Id, &ids_of(first)))
            .into_tuple()
            .all(tx)
            .await?;
        known.extend(stored);
    }
    Ok(known)
}

async fn follow_places(tx: &Tx, tenant: TenantId, people: &[Person], known: &[String]) -> Result<(), Error> {
    let mut stored: HashMap<String, Vec<membership::Model>> = HashMap::new();
    if !known.is_empty() {
        let found = membership::Entity::in_tenant(tenant)
            .filter(among(tx, membership::Column::PersonId, known))
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
