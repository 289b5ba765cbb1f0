//! Managers who are not there yet.
//!
//! What do we store, and why: for each person whose manager an HR file names and nobody knows, the key of that manager.
//! Whoever arrives is looked for here by [`resolve`], with every write of people, so that it makes no difference by which
//! door they come.

use std::collections::{HashMap, HashSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_database::rows::{self, Columns, Type};
use arki_ids::{PersonId, TenantId};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;

use super::{Error, id, people};
use crate::domain::Person;
use crate::domain::import::report::Pending;
use crate::domain::person::awaited;

const COLUMNS: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("person_id", Type::Text),
    ("source", Type::Text),
    ("manager_key", Type::Text),
]);

#[derive(Serialize)]
struct Row<'a> {
    tenant_id: TenantId,
    person_id: PersonId,
    source: &'a str,
    manager_key: &'a str,
}

fn statement(db: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// For whom people of a source wait.
pub async fn of_source(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
) -> Result<HashMap<PersonId, String>, Error> {
    let sql = "SELECT person_id, manager_key FROM pending_manager WHERE tenant_id = $1 AND source = $2";
    let rows = db.query_all_raw(statement(db, sql, [tenant.to_string().into(), source.into()])).await?;
    rows.iter()
        .map(|row| Ok((id(&row.try_get::<String>("", "person_id")?)?, row.try_get("", "manager_key")?)))
        .collect()
}

/// A page of those who wait, in the order of their ids.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<(PersonId, Pending)>, Error> {
    let sql = format!(
        "SELECT w.person_id, w.manager_key, COALESCE(p.external_id, '') AS external_id FROM pending_manager w \
         JOIN person p ON p.tenant_id = w.tenant_id AND p.id = w.person_id \
         WHERE w.tenant_id = $1 AND w.person_id > $2 ORDER BY w.person_id LIMIT {}",
        page.limit()
    );
    let after = page.after.as_ref().and_then(|cursor| cursor.first()).cloned().unwrap_or_default();
    let rows = db.query_all_raw(statement(db, &sql, [tenant.to_string().into(), after.into()])).await?;
    let waiting = rows
        .iter()
        .map(|row| {
            let external_id = row.try_get("", "external_id")?;
            let pending = Pending { line: 0, external_id, manager: row.try_get("", "manager_key")? };
            Ok((id(&row.try_get::<String>("", "person_id")?)?, pending))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Page::cut(waiting, page, |(person, _)| vec![person.to_string()]))
}

/// Notes for whom people of a source wait from now on; none for those who wait no longer.
pub async fn save(
    tx: &Tx,
    tenant: TenantId,
    source: &str,
    pending: &[(PersonId, Option<String>)],
) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    let wait: Vec<Row<'_>> = pending
        .iter()
        .filter_map(|(person, manager)| {
            let manager_key = manager.as_deref()?;
            Some(Row { tenant_id: tenant, person_id: *person, source, manager_key })
        })
        .collect();
    let upsert = COLUMNS.upsert(backend, "pending_manager", &["tenant_id", "person_id"], &[]);
    rows::execute(tx, &upsert, &wait, &[]).await?;
    let done: Vec<PersonId> =
        pending.iter().filter(|(_, manager)| manager.is_none()).map(|(person, _)| *person).collect();
    forget(tx, tenant, &done).await
}

async fn forget(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<(), Error> {
    if people.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM pending_manager WHERE tenant_id = $2 AND {}",
        rows::is_among(tx.get_database_backend(), "person_id", "$1")
    );
    rows::execute(tx, &sql, people, &[tenant.to_string().into()]).await?;
    Ok(())
}

/// Gives those who waited for any of these people their manager. Whoever manages the newcomer goes on waiting: nobody reports
/// to themselves, by however many steps.
pub(super) async fn resolve(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<(), Error> {
    let mut by_key: HashMap<&str, Vec<&Person>> = HashMap::new();
    for person in people {
        if let Some(key) = &person.profile.external_id {
            by_key.entry(key).or_default().push(person);
        }
    }
    if by_key.is_empty() || !anybody_waits(tx, tenant).await? {
        return Ok(());
    }
    let keys: Vec<&str> = by_key.keys().copied().collect();
    let sql = format!(
        "SELECT person_id, source, manager_key FROM pending_manager WHERE tenant_id = $2 AND {}",
        rows::is_among(tx.get_database_backend(), "manager_key", "$1")
    );
    let mut done = Vec::new();
    for row in rows::query(tx, &sql, &keys, &[tenant.to_string().into()]).await? {
        let waiting: PersonId = id(&row.try_get::<String>("", "person_id")?)?;
        let (source, key): (String, String) = (row.try_get("", "source")?, row.try_get("", "manager_key")?);
        let newcomers = by_key.get(key.as_str()).map(Vec::as_slice).unwrap_or_default();
        let Some(manager) = awaited(&source, newcomers) else { continue };
        // Each is written before the next is looked at: two may only together close a circle.
        if !is_above(tx, tenant, waiting, manager.id).await? {
            manage(tx, tenant, waiting, manager).await?;
            done.push(waiting);
        }
    }
    forget(tx, tenant, &done).await
}

async fn manage(tx: &Tx, tenant: TenantId, person: PersonId, manager: &Person) -> Result<(), Error> {
    let sql = "UPDATE person SET manager_id = $1, revision = revision + 1, update_time = $2 \
               WHERE tenant_id = $3 AND id = $4";
    let values = [
        manager.id.to_string().into(),
        manager.update_time.into(),
        tenant.to_string().into(),
        person.to_string().into(),
    ];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

async fn anybody_waits(db: &impl ConnectionTrait, tenant: TenantId) -> Result<bool, Error> {
    let sql = "SELECT 1 AS found FROM pending_manager WHERE tenant_id = $1 LIMIT 1";
    Ok(db.query_one_raw(statement(db, sql, [tenant.to_string().into()])).await?.is_some())
}

/// Whether somebody is a person or stands above them.
async fn is_above(tx: &Tx, tenant: TenantId, above: PersonId, person: PersonId) -> Result<bool, Error> {
    // Those above once each: should what is stored ever hold a circle, it must not hold up this walk.
    let mut seen = HashSet::new();
    let mut at = Some(person);
    while let Some(here) = at.filter(|here| seen.insert(*here)) {
        if here == above {
            return Ok(true);
        }
        at = people::find_manager(tx, tenant, here).await?.flatten();
    }
    Ok(false)
}
