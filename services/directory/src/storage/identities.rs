//! By which keys people are known.
//!
//! The primary pair of a person is with the person and lies here too, beside the further ones: one unique index holds
//! that a pair is one person's, and one look finds who has it. [`follow`] keeps the two alike with every write of a
//! person.

use std::collections::{BTreeSet, HashMap};

use arki_database::Tx;
use arki_database::rows::{self, Columns, Type};
use arki_ids::{PersonId, TenantId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::entity::person_identity::{Column, Entity, Model};
use super::{Error, among, id};
use crate::domain::Person;
use crate::domain::person::ExternalId;

const COLUMNS: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("person_id", Type::Text),
    ("source", Type::Text),
    ("external_id", Type::Text),
    ("is_primary", Type::Boolean),
]);

/// Who has a pair.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    pair: &ExternalId,
) -> Result<Option<PersonId>, Error> {
    let row: Option<String> = Entity::in_tenant(tenant)
        .select_only()
        .column(Column::PersonId)
        .filter(Column::Source.eq(pair.source.as_str()))
        .filter(Column::ExternalId.eq(pair.external_id.as_str()))
        .into_tuple()
        .one(db)
        .await?;
    row.map(|person| id(&person)).transpose()
}

/// The further pairs of a person, besides the primary one.
pub async fn further(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
) -> Result<BTreeSet<ExternalId>, Error> {
    let rows = Entity::in_tenant(tenant)
        .filter(Column::PersonId.eq(person.to_string()))
        .filter(Column::IsPrimary.eq(false))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(pair).collect())
}

/// Writes a further pair of a person.
pub async fn insert(tx: &Tx, tenant: TenantId, person: PersonId, pair: &ExternalId) -> Result<(), Error> {
    let row = row(tenant, person, pair.clone(), false).into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Removes a pair of a person.
pub async fn delete(tx: &Tx, tenant: TenantId, person: PersonId, pair: &ExternalId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::PersonId.eq(person.to_string()))
        .filter(Column::Source.eq(pair.source.as_str()))
        .filter(Column::ExternalId.eq(pair.external_id.as_str()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Brings the primary pairs of people to what they have. `known` are the ids of those who were stored before.
pub(super) async fn follow(
    tx: &Tx,
    tenant: TenantId,
    people: &[Person],
    known: &[String],
) -> Result<(), Error> {
    let mut stored: HashMap<String, Vec<Model>> = HashMap::new();
    if !known.is_empty() {
        for row in Entity::in_tenant(tenant).filter(among(tx, Column::PersonId, known)).all(tx).await? {
            stored.entry(row.person_id.clone()).or_default().push(row);
        }
    }
    let (mut stale, mut fresh) = (Vec::new(), Vec::new());
    for person in people {
        let primary = person.profile.primary();
        let before = stored.remove(&person.id.to_string()).unwrap_or_default();
        let was = before.iter().find(|row| row.is_primary).cloned().map(pair);
        if was == primary {
            continue;
        }
        if !before.is_empty() {
            stale.push(person.id.to_string());
        }
        let kept = before.into_iter().filter(|row| !row.is_primary);
        fresh.extend(kept.filter(|row| Some(pair(row.clone())) != primary));
        fresh.extend(primary.map(|primary| row(tenant, person.id, primary, true)));
    }
    if !stale.is_empty() {
        Entity::delete_many()
            .filter(Column::TenantId.eq(tenant.to_string()))
            .filter(among(tx, Column::PersonId, &stale))
            .exec(tx)
            .await?;
    }
    let insert = COLUMNS.insert(tx.get_database_backend(), "person_identity");
    rows::execute(tx, &insert, &fresh, &[]).await?;
    Ok(())
}

fn pair(row: Model) -> ExternalId {
    ExternalId { source: row.source, external_id: row.external_id }
}

fn row(tenant: TenantId, person: PersonId, pair: ExternalId, is_primary: bool) -> Model {
    let ExternalId { source, external_id } = pair;
    Model { tenant_id: tenant.to_string(), person_id: person.to_string(), source, external_id, is_primary }
}
