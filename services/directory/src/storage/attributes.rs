//! What a tenant has defined of its people, and the values by which people are found.
//!
//! The values of people are with the person. Those of keys and segments lie a second time in `person_attribute`, where
//! an index finds them; [`index`] keeps the two alike with every write of a person.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_database::rows::{self, Columns, Type as Holds};
use arki_ids::TenantId;
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};

use super::entity::attribute_definition::{Column, Entity, Model};
use super::entity::person_attribute;
use super::{Error, among, corrupt, word};
use crate::domain::Person;
use crate::domain::attribute::{Definition, Schema, Terms, Type};
use crate::domain::person::Kind;

const INDEXED: Columns = Columns(&[
    ("tenant_id", Holds::Text),
    ("person_id", Holds::Text),
    ("key", Holds::Text),
    ("value", Holds::Text),
    ("key_value", Holds::Text),
]);

/// One definition.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    key: &str,
) -> Result<Option<Definition>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Key.eq(key)).one(db).await?;
    row.map(Definition::try_from).transpose()
}

/// Everything that a tenant has defined.
pub async fn schema(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Schema, Error> {
    Entity::in_tenant(tenant).all(db).await?.into_iter().map(Definition::try_from).collect()
}

/// Definitions, by key.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Definition>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Key).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Key.gt(after.as_str()));
    }
    let rows = select.all(db).await?;
    let definitions = rows.into_iter().map(Definition::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(definitions, page, |last| vec![last.key.clone()]))
}

/// Writes a new definition; a key that is defined already is a conflict.
pub async fn insert(tx: &Tx, tenant: TenantId, definition: &Definition) -> Result<(), Error> {
    let row = row(tenant, definition)?.into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    reindex(tx, tenant, definition).await
}

/// Writes a changed definition.
pub async fn update(tx: &Tx, tenant: TenantId, definition: &Definition) -> Result<(), Error> {
    let row = row(tenant, definition)?.into_active_model().reset_all();
    let everything_else = OnConflict::columns([Column::TenantId, Column::Key])
        .update_columns([
            Column::DisplayName,
            Column::AllowedValues,
            Column::IsKey,
            Column::IsPersonalData,
            Column::IsSegment,
            Column::Kinds,
            Column::IsRequired,
            Column::IsRetired,
            Column::Revision,
            Column::UpdateTime,
        ])
        .to_owned();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    reindex(tx, tenant, definition).await
}

/// Removes a definition.
pub async fn delete(tx: &Tx, tenant: TenantId, key: &str) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Key.eq(key))
        .exec(tx)
        .await?;
    forget(tx, tenant, key).await
}

/// Whether anybody has a value of it.
pub async fn is_in_use(db: &impl ConnectionTrait, tenant: TenantId, key: &str) -> Result<bool, Error> {
    let backend = db.get_database_backend();
    let value = value_of_key(backend);
    let sql = format!("SELECT 1 AS found FROM person WHERE tenant_id = $1 AND {value} IS NOT NULL LIMIT 1");
    let values = [tenant.to_string().into(), key.into()];
    Ok(db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?.is_some())
}

/// Brings the indexed values of people to what they have. `known` are the ids of those who were stored before.
pub(super) async fn index(
    tx: &Tx,
    tenant: TenantId,
    people: &[Person],
    known: &[String],
) -> Result<(), Error> {
    let rows = Entity::in_tenant(tenant)
        .filter(Condition::any().add(Column::IsKey.eq(true)).add(Column::IsSegment.eq(true)))
        .all(tx)
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let indexed: HashMap<String, bool> = rows.into_iter().map(|row| (row.key, row.is_key)).collect();
    let mut stored: HashMap<String, Vec<person_attribute::Model>> = HashMap::new();
    if !known.is_empty() {
        let rows = person_attribute::Entity::in_tenant(tenant)
            .filter(among(tx, person_attribute::Column::PersonId, known))
            .all(tx)
            .await?;
        for row in rows {
            stored.entry(row.person_id.clone()).or_default().push(row);
        }
    }
    let (mut stale, mut fresh) = (Vec::new(), Vec::new());
    for person in people {
        let mut wanted = values(tenant, person, &indexed);
        wanted.sort_by(|a, b| a.key.cmp(&b.key));
        let mut before = stored.remove(&person.id.to_string()).unwrap_or_default();
        // The database's own order of texts may be another.
        before.sort_by(|a, b| a.key.cmp(&b.key));
        if before != wanted {
            if !before.is_empty() {
                stale.push(person.id.to_string());
            }
            fresh.extend(wanted);
        }
    }
    if !stale.is_empty() {
        person_attribute::Entity::delete_many()
            .filter(person_attribute::Column::TenantId.eq(tenant.to_string()))
            .filter(among(tx, person_attribute::Column::PersonId, &stale))
            .exec(tx)
            .await?;
    }
    let insert = INDEXED.insert(tx.get_database_backend(), "person_attribute");
    rows::execute(tx, &insert, &fresh, &[]).await?;
    Ok(())
}

fn values(
    tenant: TenantId,
    person: &Person,
    indexed: &HashMap<String, bool>,
) -> Vec<person_attribute::Model> {
    let value = |(key, value): (&String, &String)| {
        let is_key = indexed.get(key)?;
        Some(person_attribute::Model {
            tenant_id: tenant.to_string(),
            person_id: person.id.to_string(),
            key: key.clone(),
            value: value.clone(),
            key_value: is_key.then(|| value.clone()),
        })
    };
    person.profile.attributes.iter().filter_map(value).collect()
}

/// Indexes the values that there are of a definition anew, in one statement over all people.
async fn reindex(tx: &Tx, tenant: TenantId, definition: &Definition) -> Result<(), Error> {
    forget(tx, tenant, &definition.key).await?;
    if !definition.is_indexed() {
        return Ok(());
    }
    let backend = tx.get_database_backend();
    let value = value_of_key(backend);
    let key_value = if definition.terms.is_key { value } else { "NULL" };
    let sql = format!(
        "INSERT INTO person_attribute (tenant_id, person_id, key, value, key_value) \
         SELECT tenant_id, id, CAST($2 AS text), {value}, {key_value} FROM person \
         WHERE tenant_id = $1 AND {value} IS NOT NULL"
    );
    let values = [tenant.to_string().into(), definition.key.as_str().into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// The value of the key that is the second argument of the statement, of a row of `person`.
fn value_of_key(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => "json_extract(attributes, '$.\"' || $2 || '\"')",
        // The key of a definition holds no quotation mark, so that in SQLite it is one step of a path.
        _ => "(attributes ->> CAST($2 AS text))",
    }
}

async fn forget(tx: &Tx, tenant: TenantId, key: &str) -> Result<(), Error> {
    person_attribute::Entity::delete_many()
        .filter(person_attribute::Column::TenantId.eq(tenant.to_string()))
        .filter(person_attribute::Column::Key.eq(key))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(tenant: TenantId, definition: &Definition) -> Result<Model, Error> {
    let Definition { key, of, terms, revision, create_time, update_time } = definition;
    let Terms {
        display_name,
        allowed_values,
        is_key,
        is_personal_data,
        is_segment,
        kinds,
        is_required,
        is_retired,
    } = terms;
    Ok(Model {
        tenant_id: tenant.to_string(),
        key: key.clone(),
        of: of.word().to_owned(),
        display_name: serde_json::to_value(display_name).map_err(corrupt)?,
        allowed_values: serde_json::to_value(allowed_values).map_err(corrupt)?,
        is_key: *is_key,
        is_personal_data: *is_personal_data,
        is_segment: *is_segment,
        kinds: kinds.iter().map(|kind| kind.word()).collect(),
        is_required: *is_required,
        is_retired: *is_retired,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    })
}

impl TryFrom<Model> for Definition {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            key,
            of,
            display_name,
            allowed_values,
            is_key,
            is_personal_data,
            is_segment,
            kinds,
            is_required,
            is_retired,
            revision,
            create_time,
            update_time,
        } = row;
        let kinds: Vec<String> = serde_json::from_value(kinds).map_err(corrupt)?;
        let terms = Terms {
            display_name: serde_json::from_value(display_name).map_err(corrupt)?,
            allowed_values: serde_json::from_value(allowed_values).map_err(corrupt)?,
            is_key,
            is_personal_data,
            is_segment,
            kinds: kinds.iter().map(|kind| word(kind, Kind::of_word)).collect::<Result<_, _>>()?,
            is_required,
            is_retired,
        };
        Ok(Self { key, of: word(&of, Type::of_word)?, terms, revision, create_time, update_time })
    }
}
