//! What an import holds while it is on its way: the file, what it would write and change, and what is wrong.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_database::rows::{self, Columns, Type};
use arki_ids::{ImportId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::{Error, corrupt};
use super::runs;
use crate::domain::import::report::{Change, Fault};

const WRITE: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("import_id", Type::Text),
    ("position", Type::Integer),
    ("kind", Type::Text),
    ("subject_id", Type::Text),
    ("revision", Type::Integer),
    ("body", Type::Text),
]);

const CHANGE: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("import_id", Type::Text),
    ("position", Type::Integer),
    ("action", Type::Text),
    ("body", Type::Text),
]);

const ERROR: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("import_id", Type::Text),
    ("line", Type::Integer),
    ("position", Type::Integer),
    ("body", Type::Text),
]);

/// Units and roles, as they will be.
pub const UNIT: &str = "unit";
pub const ROLE: &str = "role";
/// People, as they will be.
pub const PERSON: &str = "person";
/// People who wait no longer for a manager, written before [`PERSON`]; and those who do, written after it.
pub const FREE: &str = "free";
pub const WAITING: &str = "waiting";

/// Something that a plan would write.
#[derive(Clone, Debug)]
pub struct Write {
    /// One of [`UNIT`] and its like.
    pub kind: &'static str,
    pub subject_id: String,
    /// The revision that it rests on; 0 where nothing may be stored yet.
    pub revision: i64,
    pub body: String,
}

/// A [`Write`] at its place.
#[derive(Clone, Debug)]
pub struct Staged {
    pub position: i64,
    pub subject_id: String,
    pub revision: i64,
    pub body: String,
}

/// Where what is found about an import goes, in its order.
#[derive(Clone, Debug)]
pub struct Stage {
    pub tenant: TenantId,
    pub import: ImportId,
    pub writes: u64,
    pub changes: u64,
    pub errors: u64,
}

#[derive(Serialize)]
struct Row<'a> {
    tenant_id: TenantId,
    import_id: ImportId,
    position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    body: &'a str,
}

impl Stage {
    /// A stage with nothing on it.
    pub fn new(tenant: TenantId, import: ImportId) -> Self {
        Self { tenant, import, writes: 0, changes: 0, errors: 0 }
    }

    fn row<'a>(&self, position: u64, body: &'a str) -> Row<'a> {
        Row {
            tenant_id: self.tenant,
            import_id: self.import,
            position,
            line: None,
            kind: None,
            action: None,
            subject_id: None,
            revision: None,
            body,
        }
    }

    /// Adds what is to be written.
    pub async fn add_writes(&mut self, tx: &Tx, writes: &[Write]) -> Result<(), Error> {
        let rows: Vec<Row<'_>> = writes
            .iter()
            .enumerate()
            .map(|(at, write)| Row {
                kind: Some(write.kind),
                subject_id: Some(&write.subject_id),
                revision: Some(write.revision),
                ..self.row(self.writes + at as u64, &write.body)
            })
            .collect();
        rows::execute(tx, &WRITE.insert(tx.get_database_backend(), "import_write"), &rows, &[]).await?;
        self.writes += writes.len() as u64;
        Ok(())
    }

    /// Adds changes to be looked at.
    pub async fn add_changes(&mut self, tx: &Tx, changes: &[Change]) -> Result<(), Error> {
        let bodies =
            changes.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>().map_err(corrupt)?;
        let rows: Vec<Row<'_>> = changes
            .iter()
            .zip(&bodies)
            .enumerate()
            .map(|(at, (change, body))| Row {
                action: Some(action(change)),
                ..self.row(self.changes + at as u64, body)
            })
            .collect();
        rows::execute(tx, &CHANGE.insert(tx.get_database_backend(), "import_change"), &rows, &[]).await?;
        self.changes += changes.len() as u64;
        Ok(())
    }

    /// Adds what is wrong.
    pub async fn add_errors(&mut self, tx: &Tx, faults: &[Fault]) -> Result<(), Error> {
        let bodies =
            faults.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>().map_err(corrupt)?;
        let rows: Vec<Row<'_>> = faults
            .iter()
            .zip(&bodies)
            .enumerate()
            .map(|(at, (fault, body))| Row {
                line: Some(fault.line),
                ..self.row(self.errors + at as u64, body)
            })
            .collect();
        rows::execute(tx, &ERROR.insert(tx.get_database_backend(), "import_error"), &rows, &[]).await?;
        self.errors += faults.len() as u64;
        Ok(())
    }
}

/// What a change does, as the contract has it.
fn action(change: &Change) -> &'static str {
    match (change.creates, change.leaves) {
        (true, _) => "create",
        (_, true) => "leave",
        _ => "update",
    }
}

fn of(tenant: TenantId, import: ImportId) -> [Value; 2] {
    [tenant.to_string().into(), import.to_string().into()]
}

fn statement(db: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// Adds a piece of the file at its place.
pub async fn add_piece(
    tx: &Tx,
    tenant: TenantId,
    import: ImportId,
    position: u64,
    content: &[u8],
) -> Result<(), Error> {
    let sql = "INSERT INTO import_piece (tenant_id, import_id, position, content) VALUES ($1, $2, $3, $4)";
    let position = i64::try_from(position).map_err(corrupt)?;
    let values = of(tenant, import).into_iter().chain([position.into(), content.into()]);
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// The piece of the file that begins at or after a place, with its place.
pub async fn pieces(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    import: ImportId,
    from: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let sql = "SELECT position, content FROM import_piece WHERE tenant_id = $1 AND import_id = $2 \
               AND position >= $3 ORDER BY position LIMIT 2";
    let values = of(tenant, import).into_iter().chain([from.into()]);
    let rows = db.query_all_raw(statement(db, sql, values)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "position")?, row.try_get("", "content")?))).collect()
}

/// What is to be written of a kind, from a place on, up to `most`.
pub async fn writes(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    import: ImportId,
    kind: &str,
    from: i64,
    most: u64,
) -> Result<Vec<Staged>, Error> {
    let sql = format!(
        "SELECT position, subject_id, revision, body FROM import_write WHERE tenant_id = $1 AND import_id = $2 \
         AND kind = $4 AND position >= $3 ORDER BY position LIMIT {most}"
    );
    let rows = db
        .query_all_raw(statement(db, &sql, of(tenant, import).into_iter().chain([from.into(), kind.into()])))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Staged {
                position: row.try_get("", "position")?,
                subject_id: row.try_get("", "subject_id")?,
                revision: row.try_get("", "revision")?,
                body: row.try_get("", "body")?,
            })
        })
        .collect()
}

/// Whether everything of a kind that a plan rests on is still as it was: what it changes has the same revision, and what it
/// makes is not there. On PostgreSQL what is there is held until the transaction ends.
pub async fn unmoved(
    tx: &Tx,
    tenant: TenantId,
    table: &str,
    before: &[(String, i64)],
) -> Result<bool, Error> {
    #[derive(Serialize)]
    struct Known<'a> {
        id: &'a str,
        revision: i64,
    }
    const KNOWN: Columns = Columns(&[("id", Type::Text), ("revision", Type::Integer)]);
    let backend = tx.get_database_backend();
    let known: Vec<Known<'_>> = before
        .iter()
        .filter(|(_, revision)| *revision > 0)
        .map(|(id, revision)| Known { id, revision: *revision })
        .collect();
    let lock = if backend == DbBackend::Postgres { "FOR NO KEY UPDATE OF s" } else { "" };
    let sql = format!(
        "SELECT 1 AS found FROM {} JOIN \"{table}\" s ON s.tenant_id = $2 AND s.id = {} AND s.revision = {} {lock}",
        KNOWN.source(backend),
        KNOWN.value(backend, "id"),
        KNOWN.value(backend, "revision")
    );
    let found = rows::query(tx, &sql, &known, &[tenant.to_string().into()]).await?;
    Ok(found.len() == known.len())
}

/// How the units and roles of a tenant are, in a word: another one once any of them changes.
pub async fn stamp(db: &impl ConnectionTrait, tenant: TenantId) -> Result<String, Error> {
    let mut stamp = String::new();
    for table in ["unit", "role"] {
        let sql = format!(
            "SELECT count(*) AS many, CAST(COALESCE(sum(revision), 0) AS bigint) AS revisions FROM {table} \
             WHERE tenant_id = $1"
        );
        if let Some(row) = db.query_one_raw(statement(db, &sql, [tenant.to_string().into()])).await? {
            let (many, revisions): (i64, i64) = (row.try_get("", "many")?, row.try_get("", "revisions")?);
            stamp += &[many, revisions].map(|number| number.to_string()).join("/");
            stamp.push(' ');
        }
    }
    Ok(stamp)
}

fn body<T: DeserializeOwned>(row: &QueryResult) -> Result<T, Error> {
    serde_json::from_str(&row.try_get::<String>("", "body")?).map_err(corrupt)
}

/// A page of changes, in the order of the plan; of one action where it is not empty.
pub async fn changes(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    import: ImportId,
    action: &str,
    page: &PageRequest,
) -> Result<Page<(i64, Change)>, Error> {
    let filter = if action.is_empty() { "$4 = ''" } else { "action = $4" };
    let sql = format!(
        "SELECT position, body FROM import_change WHERE tenant_id = $1 AND import_id = $2 AND position > $3 \
         AND {filter} ORDER BY position LIMIT {}",
        page.limit()
    );
    let after = page.after.as_ref().and_then(|cursor| cursor.first()?.parse().ok()).unwrap_or(-1_i64);
    let values = of(tenant, import).into_iter().chain([after.into(), action.into()]);
    let rows = db.query_all_raw(statement(db, &sql, values)).await?;
    let changes = rows.iter().map(|row| Ok((row.try_get("", "position")?, body(row)?)));
    let changes = changes.collect::<Result<Vec<(i64, Change)>, Error>>()?;
    Ok(Page::cut(changes, page, |(position, _)| vec![position.to_string()]))
}

/// A page of errors, by line.
pub async fn errors(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    import: ImportId,
    page: &PageRequest,
) -> Result<Page<((i64, i64), Fault)>, Error> {
    let sql = format!(
        "SELECT line, position, body FROM import_error WHERE tenant_id = $1 AND import_id = $2 \
         AND (line, position) > ($3, $4) ORDER BY line, position LIMIT {}",
        page.limit()
    );
    let place =
        |at: usize| page.after.as_ref().and_then(|cursor| cursor.get(at)?.parse().ok()).unwrap_or(-1_i64);
    let values = of(tenant, import).into_iter().chain([place(0).into(), place(1).into()]);
    let rows = db.query_all_raw(statement(db, &sql, values)).await?;
    let errors = rows
        .iter()
        .map(|row| Ok(((row.try_get("", "line")?, row.try_get("", "position")?), body(row)?)))
        .collect::<Result<Vec<((i64, i64), Fault)>, Error>>()?;
    Ok(Page::cut(errors, page, |((line, position), _)| vec![line.to_string(), position.to_string()]))
}

async fn delete(tx: &Tx, tenant: TenantId, import: ImportId, tables: &[&str]) -> Result<(), Error> {
    for table in tables {
        let sql = format!("DELETE FROM {table} WHERE tenant_id = $1 AND import_id = $2");
        tx.execute_raw(statement(tx, &sql, of(tenant, import))).await?;
    }
    Ok(())
}

/// Removes what an earlier plan left.
pub async fn forget_plan(tx: &Tx, tenant: TenantId, import: ImportId) -> Result<(), Error> {
    delete(tx, tenant, import, &["import_write", "import_change", "import_error"]).await
}

/// Removes what is staged of an import that ended: everything, or all but its errors.
pub async fn forget(tx: &Tx, tenant: TenantId, import: ImportId, with_errors: bool) -> Result<(), Error> {
    delete(tx, tenant, import, &["import_piece", "import_write", "import_change"]).await?;
    if with_errors {
        delete(tx, tenant, import, &["import_error"]).await?;
    }
    Ok(())
}

/// Forgets whatever the imports of a tenant hold of anybody: those that have not ended are cancelled. A piece of a file tells of
/// many people at once and can't be blacked out in places, so whoever is to be forgotten takes the staged files with them.
/// Tells how many imports had to be cancelled.
pub async fn erase(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<u64, Error> {
    for table in ["import_piece", "import_write", "import_change", "import_error"] {
        let sql = format!("DELETE FROM {table} WHERE tenant_id = $1");
        tx.execute_raw(statement(tx, &sql, [tenant.to_string().into()])).await?;
    }
    runs::cancel_open(tx, tenant, now).await
}
