//! Events that this service has to tell.
//!
//! What do we store, and why: one row for each event, written in the transaction that made it true, so that
//! there is never a change without its event nor an event without its change. A relay claims waiting rows by
//! writing its mark and the time on them, publishes them, and notes when. Rows are not remembered by a "last
//! id": the order of a sequence is not the order of commits, and the row of a slow transaction would be passed
//! over. Published rows stay for [`KEPT_DAYS`] with the epoch of the bus that took them: when the bus has lost its
//! store and is in another epoch, they are published again.

mod claims;
mod epochs;
mod migration;

use arki_database::rows::{self, Columns, Type};
use arki_database::{Error, Store, Tx, announce};
use arki_ids::{EventId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};
use serde::Serialize;

pub(crate) use claims::{BATCH, Claimed, Settled, claim, release_all, settle};
pub(crate) use epochs::publish_lost;
pub use migration::Migration;

use crate::payloads::Payload;
use crate::trace;

/// How long a published row is kept, in days.
pub const KEPT_DAYS: i64 = 14;

/// An event that is to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    id: EventId,
    tenant: TenantId,
    aggregate: String,
    time: DateTime<Utc>,
    subject: &'static str,
    payload: Vec<u8>,
}

impl Draft {
    pub fn new<P: Payload>(tenant: TenantId, aggregate: &str, now: DateTime<Utc>, payload: &P) -> Self {
        Self {
            id: EventId::generate(),
            tenant,
            aggregate: aggregate.to_owned(),
            time: now,
            subject: P::SUBJECT,
            payload: payload.encode_to_vec(),
        }
    }
}

/// Writes an event into the outbox. It is told if the transaction commits, and only then.
///
/// `aggregate` is the resource name of what changed. `now` becomes the time of the event.
pub async fn append<P: Payload>(
    tx: &Tx,
    tenant: TenantId,
    aggregate: &str,
    now: DateTime<Utc>,
    payload: &P,
) -> Result<(), Error> {
    append_all(tx, &[Draft::new(tenant, aggregate, now, payload)]).await
}

/// More events than this are written with all of them in one parameter: building the text of a statement with a placeholder
/// for each value would cost more than running it.
const FEW: usize = 16;

/// The columns of a new event.
const COLUMNS: Columns = Columns(&[
    ("tenant_id", Type::Text),
    ("id", Type::Text),
    ("aggregate", Type::Text),
    ("subject", Type::Text),
    ("payload", Type::Bytes),
    ("traceparent", Type::Text),
    ("create_time", Type::Time),
]);

#[derive(Serialize)]
struct Row<'a> {
    tenant_id: TenantId,
    id: EventId,
    aggregate: &'a str,
    subject: &'static str,
    #[serde(serialize_with = "rows::hex")]
    payload: &'a [u8],
    traceparent: Option<&'a str>,
    #[serde(serialize_with = "rows::time")]
    create_time: DateTime<Utc>,
}

/// Writes many events into the outbox, in their order.
pub async fn append_all(tx: &Tx, drafts: &[Draft]) -> Result<(), Error> {
    let traceparent = trace::current();
    if drafts.len() > FEW {
        let rows: Vec<Row<'_>> = drafts.iter().map(|draft| row(draft, traceparent.as_deref())).collect();
        let sql = COLUMNS.insert(tx.get_database_backend(), "outbox");
        rows::execute(tx, &sql, &rows, &[]).await?;
        announce();
        return Ok(());
    }
    for chunk in drafts.chunks(FEW) {
        let mut sql =
            "INSERT INTO outbox (tenant_id, id, aggregate, subject, payload, traceparent, create_time) \
                       VALUES "
                .to_owned();
        let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * 7);
        for (row, draft) in chunk.iter().enumerate() {
            let Draft { id, tenant, aggregate, time, subject, payload } = draft;
            let first = row * 7;
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 1..=7 {
                sql.push_str(if column == 1 { "$" } else { ", $" });
                sql.push_str(&(first + column).to_string());
            }
            sql.push(')');
            values.extend([
                tenant.to_string().into(),
                id.to_string().into(),
                aggregate.as_str().into(),
                (*subject).into(),
                payload.as_slice().into(),
                traceparent.clone().into(),
                (*time).into(),
            ]);
        }
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    }
    if !drafts.is_empty() {
        announce();
    }
    Ok(())
}

fn row<'a>(draft: &'a Draft, traceparent: Option<&'a str>) -> Row<'a> {
    let Draft { id, tenant, aggregate, time, subject, payload } = draft;
    Row { tenant_id: *tenant, id: *id, aggregate, subject, payload, traceparent, create_time: *time }
}

/// Marks the published events since a time as to be sent once more, as replays, and tells how many there are.
/// Consumers that have handled them pass over them, unless they ask for replays.
pub async fn republish(tx: &Tx, since: DateTime<Utc>) -> Result<u64, Error> {
    let sql = "UPDATE outbox SET publish_time = NULL, claim_mark = NULL, claim_time = NULL, due_time = NULL, \
               attempts = 0, replay = true WHERE publish_time IS NOT NULL AND create_time >= $1";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [since.into()]);
    let rows = tx.execute_raw(statement).await?.rows_affected();
    if rows > 0 {
        announce();
    }
    Ok(rows)
}

/// How many events wait to be published.
pub async fn waiting(store: &Store) -> Result<u64, Error> {
    let reader = store.reader();
    let sql = "SELECT count(*) AS waiting FROM outbox WHERE publish_time IS NULL";
    let row = reader.query_one_raw(Statement::from_string(reader.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))?;
    let waiting: i64 = row.try_get("", "waiting")?;
    Ok(waiting.unsigned_abs())
}

/// Deletes up to `limit` rows that were published more than [`KEPT_DAYS`] before `now`, the database's time.
pub(crate) async fn sweep(tx: &Tx, now: DateTime<Utc>, limit: u64) -> Result<u64, Error> {
    let sql = format!(
        "DELETE FROM outbox WHERE (tenant_id, id) IN (\
         SELECT tenant_id, id FROM outbox WHERE publish_time < $1 LIMIT {limit})"
    );
    let oldest = now - TimeDelta::days(KEPT_DAYS);
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [oldest.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
