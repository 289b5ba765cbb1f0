//! People and where they belong.

mod lookup;
mod reports;
mod rows;
mod save;
mod select;

use std::collections::{BTreeSet, HashMap};

use arki_database::rows::MOST_ROWS;
use arki_ids::{PersonId, TenantId, UnitId};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use super::entity::{membership, person};
use super::{Error, among, employments, id};
use crate::domain::Person;
use crate::domain::person::{Employment, Kind};

pub use lookup::{count_employees, employees_with_emails, keys_of_source, of_ids, with_any_key, with_emails};
pub use reports::{above, reports};
pub use save::save;
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
    for chunk in keys.chunks(MOST_ROWS) {
        let select = person::Entity::in_tenant(tenant)
            .filter(person::Column::Source.eq(source))
            .filter(among(db, person::Column::ExternalId, chunk));
        people.extend(load(db, tenant, select).await?);
    }
    Ok(people)
}

/// The people who report to any of these.
pub async fn managed_by(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    managers: &[PersonId],
) -> Result<Vec<Person>, Error> {
    let report = person::Column::ManagerId.is_in(managers.iter().map(ToString::to_string));
    load(db, tenant, person::Entity::in_tenant(tenant).filter(report)).await
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

/// The employees who belong to a unit on `day` or on a later one, on leave or not.
pub async fn employees_in(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    unit: UnitId,
    day: NaiveDate,
) -> Result<Vec<PersonId>, Error> {
    let people: Vec<String> = select::with_person(membership::Entity::in_tenant(tenant))
        .filter(person::Column::Kind.eq(Kind::Employee.word()))
        .filter(person::Column::Employment.ne(Employment::Left.word()))
        .select_only()
        .column(membership::Column::PersonId)
        .distinct()
        .filter(membership::Column::UnitId.eq(unit.to_string()))
        .filter(select::lasts_beyond(day))
        .order_by_asc(membership::Column::PersonId)
        .into_tuple()
        .all(db)
        .await?;
    people.iter().map(|person| id(person)).collect()
}

/// Everybody who belongs to one of these units on `day` or on a later one.
pub async fn in_units(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    units: &BTreeSet<UnitId>,
    day: NaiveDate,
) -> Result<Vec<Person>, Error> {
    let members = membership::Entity::in_tenant(tenant)
        .select_only()
        .column(membership::Column::PersonId)
        .filter(membership::Column::UnitId.is_in(units.iter().map(ToString::to_string)))
        .filter(select::lasts_beyond(day))
        .into_query();
    load(db, tenant, person::Entity::in_tenant(tenant).filter(person::Column::Id.in_subquery(members))).await
}

/// How many active employees belong to each unit on a day.
pub async fn count_active_by_unit(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    day: NaiveDate,
) -> Result<HashMap<UnitId, u64>, Error> {
    let rows: Vec<(String, i64)> = select::with_employment(membership::Entity::in_tenant(tenant))
        .filter(employments::stands(&Employment::WORKING, day))
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

/// The people of a query with their places, in the order of their ids.
async fn load(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    select: Select<person::Entity>,
) -> Result<Vec<Person>, Error> {
    let people = select.order_by_asc(person::Column::Id).all(db).await?;
    let mut places = HashMap::with_capacity(people.len());
    for chunk in people.chunks(MOST_ROWS) {
        let ids: Vec<&str> = chunk.iter().map(|person| person.id.as_str()).collect();
        let found = membership::Entity::in_tenant(tenant)
            .filter(among(db, membership::Column::PersonId, &ids))
            .all(db)
            .await?;
        rows::sort_in(found, &mut places)?;
    }
    people.into_iter().map(|row| rows::put_together(row, &mut places)).collect()
}
