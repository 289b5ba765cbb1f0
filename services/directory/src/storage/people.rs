//! People and where they belong.

mod lookup;
mod rows;
mod select;

use std::collections::HashMap;

use arki_database::Tx;
use arki_ids::{PersonId, TenantId, UnitId};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::entity::{membership, person};
use super::{CHUNK, Error, id};
use crate::domain::Person;
use crate::domain::person::{Employment, Kind};

pub use lookup::{of_ids, with_any_key, with_emails};
pub use select::{Filter, UnitFilter, audience, list};

/// One person.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
) -> Result<Option<Person>, Error> {
    let select = person::Entity::in_tenant(tenant).filter(person::Column::Id.eq(person.to_string()));
    Ok(load(db, tenant, select).await?.pop())
}

/// Everybody whose key is of a source.
pub async fn of_source(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
) -> Result<Vec<Person>, Error> {
    let select = person::Entity::in_tenant(tenant)
        .filter(person::Column::Source.eq(source))
        .filter(person::Column::ExternalId.is_not_null());
    load(db, tenant, select).await
}

/// The people who have one of these keys of a source.
pub async fn with_keys(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
    keys: &[&str],
) -> Result<Vec<Person>, Error> {
    let mut people = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let select = person::Entity::in_tenant(tenant)
            .filter(person::Column::Source.eq(source))
            .filter(person::Column::ExternalId.is_in(chunk.iter().copied()));
        people.extend(load(db, tenant, select).await?);
    }
    Ok(people)
}

/// Who reports to whom.
pub async fn managers(
    db: &impl ConnectionTrait,
    tenant: TenantId,
) -> Result<HashMap<PersonId, PersonId>, Error> {
    let rows: Vec<(String, String)> = person::Entity::in_tenant(tenant)
        .select_only()
        .columns([person::Column::Id, person::Column::ManagerId])
        .filter(person::Column::ManagerId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter().map(|(person, manager)| Ok((id(&person)?, id(&manager)?))).collect()
}

/// The manager of a person; none inside where there is the person but no manager.
pub async fn find_manager(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
) -> Result<Option<Option<PersonId>>, Error> {
    let row: Option<Option<String>> = person::Entity::in_tenant(tenant)
        .select_only()
        .column(person::Column::ManagerId)
        .filter(person::Column::Id.eq(person.to_string()))
        .into_tuple()
        .one(db)
        .await?;
    row.map(|manager| manager.map(|manager| id(&manager)).transpose()).transpose()
}

/// How many active employees belong to a unit on `day` or on a later one.
pub async fn count_active_in(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    unit: UnitId,
    day: NaiveDate,
) -> Result<u64, Error> {
    let people: Vec<String> = active_members(tenant)
        .select_only()
        .column(membership::Column::PersonId)
        .distinct()
        .filter(membership::Column::UnitId.eq(unit.to_string()))
        .filter(select::lasts_beyond(day))
        .into_tuple()
        .all(db)
        .await?;
    Ok(people.len() as u64)
}

/// How many active employees belong to each unit on a day.
pub async fn count_active_by_unit(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    day: NaiveDate,
) -> Result<HashMap<UnitId, u64>, Error> {
    let rows: Vec<(String, i64)> = active_members(tenant)
        .select_only()
        .column(membership::Column::UnitId)
        .column_as(Expr::col((membership::Entity, membership::Column::PersonId)).count(), "people")
        .filter(select::valid_on(day))
        .group_by(membership::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter().map(|(unit, count)| Ok((id(&unit)?, count.unsigned_abs()))).collect()
}

/// Writes people, new or changed, with all their places.
pub async fn save(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<(), Error> {
    for chunk in people.chunks(CHUNK) {
        let rows = chunk.iter().map(|person| rows::row(tenant, person).into_active_model().reset_all());
        let everything_else = OnConflict::columns([person::Column::TenantId, person::Column::Id])
            .update_columns([
                person::Column::Kind,
                person::Column::DisplayName,
                person::Column::Email,
                person::Column::EmailKey,
                person::Column::Language,
                person::Column::TimeZone,
                person::Column::Employment,
                person::Column::ManagerId,
                person::Column::AccountId,
                person::Column::ExternalId,
                person::Column::Source,
                person::Column::Attributes,
                person::Column::Revision,
                person::Column::UpdateTime,
            ])
            .to_owned();
        person::Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
        membership::Entity::delete_many()
            .filter(membership::Column::TenantId.eq(tenant.to_string()))
            .filter(membership::Column::PersonId.is_in(chunk.iter().map(|person| person.id.to_string())))
            .exec(tx)
            .await?;
    }
    let places: Vec<_> = people.iter().flat_map(|person| rows::places(tenant, person)).collect();
    for chunk in places.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        membership::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Places of employees who work, with the person beside each.
fn active_members(tenant: TenantId) -> Select<membership::Entity> {
    select::with_person(membership::Entity::in_tenant(tenant))
        .filter(person::Column::Kind.eq(Kind::Employee.word()))
        .filter(person::Column::Employment.eq(Employment::Active.word()))
}

/// The people of a query with their places, in the order of their ids.
async fn load(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    select: Select<person::Entity>,
) -> Result<Vec<Person>, Error> {
    let people = select.order_by_asc(person::Column::Id).all(db).await?;
    let mut places = HashMap::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        let ids = chunk.iter().map(|person| person.id.as_str());
        let found = membership::Entity::in_tenant(tenant)
            .filter(membership::Column::PersonId.is_in(ids))
            .all(db)
            .await?;
        rows::sort_in(found, &mut places)?;
    }
    people.into_iter().map(|row| rows::put_together(row, &mut places)).collect()
}
