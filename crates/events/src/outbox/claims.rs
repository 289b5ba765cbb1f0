//! Taking waiting rows and settling what came of them.

use std::sync::Arc;

use arki_database::{Error, Store};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use crate::envelope::Envelope;
use crate::time;

/// Rows in one claim.
pub(crate) const BATCH: usize = 500;

/// How long a claim holds. A relay that died left its rows claimed, and they are free again after this.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(30);

/// The longest pause before a row that could not be published is tried again.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// A row that this relay may publish.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) event: Envelope,
    pub(crate) attempts: i32,
    position: i64,
}

/// What came of the rows of one claim, apart from those that were published.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Could not be published: to be tried again after a pause.
    pub(crate) failed: Vec<Claimed>,
    /// Were not tried, because an earlier event of the same aggregate failed or the lease ran out.
    pub(crate) untried: Vec<Claimed>,
}

/// Takes up to [`BATCH`] rows that wait and are free, in their order.
///
/// A row is left alone while an earlier one of the same aggregate is in another relay's hands or in a pause:
/// that keeps the order of the aggregate and blocks nothing else.
pub(crate) async fn claim(store: &Store, mark: &str) -> Result<Vec<Claimed>, Error> {
    // A look through a reader first: on SQLite a claim would take the only writer, and most looks find nothing.
    if !anything_free(store).await? {
        return Ok(Vec::new());
    }
    let mark = mark.to_owned();
    store
        .claim("ClaimEvents", move |tx| {
            let mark = mark.clone();
            Box::pin(async move {
                let backend = tx.get_database_backend();
                if backend == DbBackend::Postgres {
                    // Claims exclude each other, for the few milliseconds that they take. Skipping locked rows
                    // is not enough: a relay would skip the first event of an aggregate that another is just
                    // claiming, and take the second, which still looks as if nothing came before it.
                    let lock = "SELECT pg_advisory_xact_lock(20011, 'outbox'::regclass::oid::integer)";
                    tx.query_one_raw(Statement::from_string(backend, lock)).await?;
                }
                let now = time::now(tx).await?;
                let mut values: Vec<Value> = free_values(now).into();
                values.push(mark.into());
                let statement = Statement::from_sql_and_values(backend, claim_sql(backend), values);
                let rows = tx.query_all_raw(statement).await?;
                let mut claimed = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
                claimed.sort_by_key(|row| row.position);
                Ok(claimed)
            })
        })
        .await
}

/// Notes what was published, and into which epoch of the bus; lets go of the rest.
pub(crate) async fn settle(
    store: &Store,
    mark: &str,
    epoch: Option<&str>,
    settled: Settled,
) -> Result<(), Error> {
    let (mark, epoch) = (mark.to_owned(), epoch.map(str::to_owned));
    let settled = Arc::new(settled);
    store
        .claim("SettleEvents", move |tx| {
            let (mark, epoch, settled) = (mark.clone(), epoch.clone(), Arc::clone(&settled));
            Box::pin(async move {
                let backend = tx.get_database_backend();
                let now = time::now(tx).await?;
                for row in &settled.failed {
                    let sql = "UPDATE outbox SET claim_mark = NULL, claim_time = NULL, attempts = attempts + 1, \
                               due_time = $1 WHERE tenant_id = $2 AND id = $3 AND claim_mark = $4";
                    let due = now + pause(row.attempts);
                    let key = key(row);
                    let values = [due.into(), key.0.into(), key.1.into(), mark.as_str().into()];
                    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
                }
                for row in &settled.untried {
                    let sql = "UPDATE outbox SET claim_mark = NULL, claim_time = NULL \
                               WHERE tenant_id = $1 AND id = $2 AND claim_mark = $3";
                    let key = key(row);
                    let values = [key.0.into(), key.1.into(), mark.as_str().into()];
                    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
                }
                let sql = "UPDATE outbox SET publish_time = $1, publish_epoch = $2, claim_mark = NULL, \
                           claim_time = NULL WHERE claim_mark = $3";
                let values = [now.into(), epoch.into(), mark.as_str().into()];
                tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
                Ok(())
            })
        })
        .await
}

/// Frees the claims of a process that is gone. Only for SQLite, whose file has one process.
pub(crate) async fn release_all(store: &Store) -> Result<(), Error> {
    store
        .claim("ReleaseEvents", |tx| {
            Box::pin(async move {
                let sql =
                    "UPDATE outbox SET claim_mark = NULL, claim_time = NULL WHERE claim_mark IS NOT NULL";
                tx.execute_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
                Ok(())
            })
        })
        .await
}

async fn anything_free(store: &Store) -> Result<bool, Error> {
    let reader = store.reader();
    let backend = reader.get_database_backend();
    let now = time::now(reader).await?;
    let sql = format!("SELECT 1 FROM outbox o WHERE o.publish_time IS NULL AND {} LIMIT 1", free("o"));
    let statement = Statement::from_sql_and_values(backend, sql, free_values(now));
    Ok(reader.query_one_raw(statement).await?.is_some())
}

/// That a waiting row is neither in a pause nor in a relay's hands. A time beyond what could have been written
/// comes from before the clock was set back, and counts as over.
fn free(row: &str) -> String {
    format!(
        "({row}.due_time IS NULL OR {row}.due_time <= $1 OR {row}.due_time > $2) \
         AND ({row}.claim_mark IS NULL OR {row}.claim_time < $3 OR {row}.claim_time > $4)"
    )
}

fn free_values(now: DateTime<Utc>) -> [Value; 4] {
    [now.into(), (now + LONGEST_PAUSE).into(), (now - LEASE).into(), (now + LEASE).into()]
}

fn claim_sql(backend: DbBackend) -> String {
    let (position, lock) = match backend {
        DbBackend::Postgres => ("position", "FOR UPDATE OF o SKIP LOCKED"),
        _ => ("rowid", ""),
    };
    let (free_row, free_earlier) = (free("o"), free("e"));
    format!(
        "UPDATE outbox SET claim_mark = $5, claim_time = $1 WHERE (tenant_id, id) IN (\
           SELECT o.tenant_id, o.id FROM outbox o WHERE o.publish_time IS NULL AND {free_row} \
           AND NOT EXISTS (\
             SELECT 1 FROM outbox e WHERE e.publish_time IS NULL AND e.tenant_id = o.tenant_id \
             AND e.aggregate = o.aggregate AND e.{position} < o.{position} AND NOT ({free_earlier})) \
           ORDER BY o.{position} LIMIT {BATCH} {lock}) \
         RETURNING tenant_id, id, aggregate, subject, payload, traceparent, create_time, replay, attempts, \
           {position} AS position"
    )
}

fn read(row: &QueryResult) -> Result<Claimed, Error> {
    let tenant: String = row.try_get("", "tenant_id")?;
    let payload: Vec<u8> = row.try_get("", "payload")?;
    Ok(Claimed {
        event: Envelope {
            id: row.try_get("", "id")?,
            tenant: tenant.parse().map_err(|error| Error::Corrupt(format!("outbox.tenant_id: {error}")))?,
            subject: row.try_get("", "subject")?,
            aggregate: row.try_get("", "aggregate")?,
            time: row.try_get("", "create_time")?,
            traceparent: row.try_get("", "traceparent")?,
            payload: payload.into(),
            replay: row.try_get("", "replay")?,
        },
        attempts: row.try_get("", "attempts")?,
        position: row.try_get("", "position")?,
    })
}

fn key(row: &Claimed) -> (String, String) {
    (row.event.tenant.to_string(), row.event.id.clone())
}

fn pause(attempts: i32) -> TimeDelta {
    let doublings = attempts.clamp(0, 10).unsigned_abs();
    TimeDelta::milliseconds(100 * 2_i64.pow(doublings)).min(LONGEST_PAUSE)
}
