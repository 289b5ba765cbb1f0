//! Many people at once, by what others know them by.

use arki_ids::{PersonId, TenantId};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

use super::super::entity::person;
use super::super::{CHUNK, Error};
use super::load;
use crate::domain::Person;

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
    for chunk in values.chunks(CHUNK) {
        let select = person::Entity::in_tenant(tenant).filter(column.is_in(chunk.iter().map(String::as_str)));
        people.extend(load(db, tenant, select).await?);
    }
    Ok(people)
}
