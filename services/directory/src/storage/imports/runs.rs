//! Where imports stand, and who works on them.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{ImportId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::super::{Error, corrupt, id, word};
use crate::domain::import::run::{Run, State};

/// How long whoever works on an import may be silent before another takes it.
const LEASE: TimeDelta = TimeDelta::seconds(30);

const COLUMNS: &str = "id, state, terms, subject, received, plan, report, problem, stamp, relinks, \
                       is_confirmed, total, done, create_time, update_time, expire_time";

/// An import to be worked on.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub tenant: TenantId,
    pub run: Run,
}

fn statement(db: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

fn number(value: u64) -> Result<i64, Error> {
    i64::try_from(value).map_err(corrupt)
}

fn read(row: &QueryResult) -> Result<Run, Error> {
    let count =
        |name: &str| -> Result<u64, Error> { u64::try_from(row.try_get::<i64>("", name)?).map_err(corrupt) };
    let report: Option<String> = row.try_get("", "report")?;
    Ok(Run {
        id: id(&row.try_get::<String>("", "id")?)?,
        state: word(&row.try_get::<String>("", "state")?, State::of_word)?,
        terms: serde_json::from_str(&row.try_get::<String>("", "terms")?).map_err(corrupt)?,
        subject: row.try_get("", "subject")?,
        received: count("received")?,
        plan: count("plan")?,
        report: report.map(|report| serde_json::from_str(&report)).transpose().map_err(corrupt)?,
        problem: row.try_get("", "problem")?,
        stamp: row.try_get("", "stamp")?,
        relinks: row.try_get("", "relinks")?,
        is_confirmed: row.try_get("", "is_confirmed")?,
        total: count("total")?,
        done: count("done")?,
        create_time: row.try_get("", "create_time")?,
        update_time: row.try_get("", "update_time")?,
        expire_time: row.try_get("", "expire_time")?,
    })
}

fn values(tenant: TenantId, run: &Run) -> Result<Vec<Value>, Error> {
    let Run {
        id,
        state,
        terms,
        subject,
        received,
        plan,
        report,
        problem,
        stamp,
        relinks,
        is_confirmed,
        total,
        done,
        create_time,
        update_time,
        expire_time,
    } = run;
    let report = report.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
    Ok(vec![
        tenant.to_string().into(),
        id.to_string().into(),
        state.word().into(),
        serde_json::to_string(terms).map_err(corrupt)?.into(),
        subject.as_str().into(),
        number(*received)?.into(),
        number(*plan)?.into(),
        report.into(),
        problem.as_str().into(),
        stamp.as_str().into(),
        (*relinks).into(),
        (*is_confirmed).into(),
        number(*total)?.into(),
        number(*done)?.into(),
        (*create_time).into(),
        (*update_time).into(),
        (*expire_time).into(),
    ])
}

/// One import.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    import: ImportId,
) -> Result<Option<Run>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM import_run WHERE tenant_id = $1 AND id = $2");
    let row =
        db.query_one_raw(statement(db, &sql, [tenant.to_string().into(), import.to_string().into()])).await?;
    row.as_ref().map(read).transpose()
}

/// A page of them, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Run>, Error> {
    let after = page.after.as_ref().and_then(|cursor| cursor.first()).cloned();
    let sql = format!(
        "SELECT {COLUMNS} FROM import_run WHERE tenant_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT {}",
        page.limit()
    );
    let sql = if db.get_database_backend() == DbBackend::Postgres {
        sql.replace("$2 IS NULL", "CAST($2 AS text) IS NULL")
    } else {
        sql
    };
    let rows = db.query_all_raw(statement(db, &sql, [tenant.to_string().into(), after.into()])).await?;
    let runs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(runs, page, |last| vec![last.id.to_string()]))
}

/// How many of a tenant have not ended.
pub async fn count_open(db: &impl ConnectionTrait, tenant: TenantId) -> Result<u64, Error> {
    let sql = "SELECT count(*) AS open FROM import_run WHERE tenant_id = $1 \
               AND state NOT IN ('applied', 'failed', 'cancelled')";
    let row = db.query_one_raw(statement(db, sql, [tenant.to_string().into()])).await?;
    let open: i64 = row.map(|row| row.try_get("", "open")).transpose()?.unwrap_or_default();
    Ok(open.unsigned_abs())
}

/// Writes a new import.
pub async fn insert(tx: &Tx, tenant: TenantId, run: &Run) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO import_run (tenant_id, {COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    );
    tx.execute_raw(statement(tx, &sql, values(tenant, run)?)).await?;
    Ok(())
}

const SET: &str = "UPDATE import_run SET state = $3, terms = $4, subject = $5, received = $6, plan = $7, \
                   report = $8, problem = $9, stamp = $10, relinks = $11, is_confirmed = $12, total = $13, \
                   done = $14, create_time = $15, update_time = $16, expire_time = $17, claim_mark = NULL, \
                   claim_time = NULL WHERE tenant_id = $1 AND id = $2";

/// Writes a changed import. Whoever works on it has lost it.
pub async fn save(tx: &Tx, tenant: TenantId, run: &Run) -> Result<(), Error> {
    tx.execute_raw(statement(tx, SET, values(tenant, run)?)).await?;
    Ok(())
}

/// As [`save`] by whoever works on it, and tells whether they still do.
pub async fn save_held(tx: &Tx, tenant: TenantId, run: &Run, mark: &str) -> Result<bool, Error> {
    let sql = format!("{SET} AND claim_mark = $18");
    let values = values(tenant, run)?.into_iter().chain([mark.into()]);
    Ok(tx.execute_raw(statement(tx, &sql, values)).await?.rows_affected() == 1)
}

const WAITING: &str = "state IN ('planning', 'applying') AND (claim_mark IS NULL OR claim_time < $1)";

/// Whether anything may be claimed. On SQLite a claim takes the only writer, and most looks find nothing.
async fn anything_waits(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, Error> {
    let sql = format!("SELECT 1 AS found FROM import_run WHERE {WAITING} LIMIT 1");
    Ok(db.query_one_raw(statement(db, &sql, [(now - LEASE).into()])).await?.is_some())
}

/// Takes the import that waits longest, of any tenant: whoever works is nobody's. `read` is asked first.
pub async fn claim(
    store: &arki_database::Store,
    mark: &str,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, Error> {
    if !anything_waits(store.reader(), now).await? {
        return Ok(None);
    }
    let mark = mark.to_owned();
    store
        .claim("ClaimImport", move |tx| {
            let mark = mark.clone();
            Box::pin(async move {
                let lock = match tx.get_database_backend() {
                    DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
                    _ => "",
                };
                let sql = format!(
                    "SELECT tenant_id, {COLUMNS} FROM import_run WHERE {WAITING} ORDER BY update_time LIMIT 1 {lock}"
                );
                let row = tx.query_one_raw(statement(tx, &sql, [(now - LEASE).into()])).await?;
                let Some(row) = row else { return Ok(None) };
                let (tenant, run) = (id(&row.try_get::<String>("", "tenant_id")?)?, read(&row)?);
                let sql = "UPDATE import_run SET claim_mark = $1, claim_time = $2 WHERE tenant_id = $3 AND id = $4";
                let tenant_id: TenantId = tenant;
                let values =
                    [mark.into(), now.into(), tenant_id.to_string().into(), run.id.to_string().into()];
                tx.execute_raw(statement(tx, sql, values)).await?;
                Ok(Some(Claimed { tenant, run }))
            })
        })
        .await
}

/// Says that an import is still worked on and how many changes are written, and tells whether that is so.
pub async fn hold(
    tx: &Tx,
    tenant: TenantId,
    import: ImportId,
    mark: &str,
    done: u64,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let sql = "UPDATE import_run SET claim_time = $1, done = $2 WHERE tenant_id = $3 AND id = $4 AND claim_mark = $5";
    let values =
        [now.into(), number(done)?.into(), tenant.to_string().into(), import.to_string().into(), mark.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Frees a claim.
pub async fn release(tx: &Tx, tenant: TenantId, import: ImportId, mark: &str) -> Result<(), Error> {
    let sql = "UPDATE import_run SET claim_mark = NULL, claim_time = NULL \
               WHERE tenant_id = $1 AND id = $2 AND claim_mark = $3";
    tx.execute_raw(statement(tx, sql, [tenant.to_string().into(), import.to_string().into(), mark.into()]))
        .await?;
    Ok(())
}

/// Frees the claims of a process that is gone. Only for SQLite, whose file has one process.
pub async fn release_all(tx: &Tx) -> Result<(), Error> {
    let sql = "UPDATE import_run SET claim_mark = NULL, claim_time = NULL WHERE claim_mark IS NOT NULL";
    tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(())
}

/// Cancels what nobody went on with in time, of all tenants, and tells of each whose staged rows are to be removed: those
/// and the failed ones whose errors were kept long enough.
pub async fn expire(tx: &Tx, now: DateTime<Utc>) -> Result<Vec<(TenantId, ImportId)>, Error> {
    let sql = "SELECT tenant_id, id FROM import_run WHERE expire_time < $1 AND claim_mark IS NULL \
               AND problem <> 'EXPIRED' LIMIT 100";
    let rows = tx.query_all_raw(statement(tx, sql, [now.into()])).await?;
    let mut expired = Vec::with_capacity(rows.len());
    for row in rows {
        let (tenant, import): (String, String) = (row.try_get("", "tenant_id")?, row.try_get("", "id")?);
        let sql = "UPDATE import_run SET problem = 'EXPIRED', state = CASE WHEN state IN ('applied', 'failed') \
                   THEN state ELSE 'cancelled' END WHERE tenant_id = $1 AND id = $2";
        tx.execute_raw(statement(tx, sql, [tenant.as_str().into(), import.as_str().into()])).await?;
        expired.push((id(&tenant)?, id(&import)?));
    }
    Ok(expired)
}

/// Cancels every import of a tenant that has not ended, and tells how many there were.
pub(super) async fn cancel_open(tx: &Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<u64, Error> {
    let sql = "UPDATE import_run SET state = 'cancelled', update_time = $2, claim_mark = NULL, claim_time = NULL \
               WHERE tenant_id = $1 AND state NOT IN ('applied', 'failed', 'cancelled')";
    let values = [tenant.to_string().into(), now.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected())
}
