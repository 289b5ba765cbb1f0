//! Many people at once, by what others know them by.

use arki_database::rows::MOST_ROWS;
use arki_ids::{PersonId, TenantId};
use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};

use super::super::entity::person;
use super::super::{Error, among, id};
use super::load;
use crate::domain::Person;
use crate::domain::person::Kind;

/// The people with these ids, as far as they are there.
pub async fn of_ids(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    ids: &[PersonId],
) -> Result<Vec<Person>, Error> {
    let ids: Vec<String> = ids.iter().map(PersonId::to_string).collect();
    with_any(db, tenant, person::Column::Id, &ids).await
}

/// The people who have one of these keys, of whichever source.
pub async fn with_any_key(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    keys: &[String],
) -> Result<Vec<Person>, Error> {
    with_any(db, tenant, person::Column::ExternalId, keys).await
}

/// The people who have one of these addresses, each as it is looked for.
pub async fn with_emails(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    email_keys: &[String],
) -> Result<Vec<Person>, Error> {
    with_any(db, tenant, person::Column::EmailKey, email_keys).await
}

async fn with_any(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    column: person::Column,
    values: &[String],
) -> Result<Vec<Person>, Error> {
    let mut people = Vec::new();
    for chunk in values.chunks(MOST_ROWS) {
        let select = person::Entity::in_tenant(tenant).filter(among(db, column, chunk));
        people.extend(load(db, tenant, select).await?);
    }
    Ok(people)
}

/// The keys of everybody of a source.
pub async fn keys_of_source(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
) -> Result<Vec<(String, PersonId)>, Error> {
    let rows: Vec<(String, String)> = person::Entity::in_tenant(tenant)
        .select_only()
        .columns([person::Column::ExternalId, person::Column::Id])
        .filter(person::Column::Source.eq(source))
        .filter(person::Column::ExternalId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter().map(|(key, person)| Ok((key, id(&person)?))).collect()
}

/// How many employees have a key of a source.
pub async fn count_employees(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
) -> Result<u64, Error> {
    Ok(employees_of(tenant, source).count(db).await?)
}

/// Which of these addresses, each as it is looked for, employees of a source have.
pub async fn employees_with_emails(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
    email_keys: &[String],
) -> Result<Vec<String>, Error> {
    if email_keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = employees_of(tenant, source)
        .select_only()
        .column(person::Column::EmailKey)
        .filter(among(db, person::Column::EmailKey, email_keys))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found)
}

fn employees_of(tenant: TenantId, source: &str) -> Select<person::Entity> {
    person::Entity::in_tenant(tenant)
        .filter(person::Column::Source.eq(source))
        .filter(person::Column::ExternalId.is_not_null())
        .filter(person::Column::Kind.eq(Kind::Employee.word()))
}
