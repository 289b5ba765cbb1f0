//! Events that a consumer of this service gave up on.
//!
//! What do we store, and why: one row for each event and consumer, with the whole event, because the bus may
//! forget it before somebody has found out what was wrong. An operator lists them and asks for a replay; the
//! service's relay then sends the event once more, the consumer tries again, and others that had handled it pass
//! over it. A row stays after a replay that succeeded, with the time of it.

mod entity;
mod wire;

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Store, Tx, announce};
use arki_ids::{DeadLetterId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use crate::envelope::Envelope;
use crate::inbox;
use crate::time::{self, now_sql};
use entity::{Column, Entity, Model};

/// Dead letters that are sent again in one go.
const REPLAYS: u64 = 100;

/// How much of an error is kept, in characters.
const ERROR_LENGTH: usize = 500;

/// An event that a consumer gave up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: DeadLetterId,
    /// Who gave up, such as `scorecard.organisation`.
    pub consumer: String,
    pub event_id: String,
    pub subject: String,
    pub aggregate: String,
    /// How often it was tried, over all replays.
    pub attempts: i32,
    /// What the newest try said.
    pub last_error: String,
    pub create_time: DateTime<Utc>,
    /// When a replay succeeded.
    pub replay_time: Option<DateTime<Utc>>,
}

/// The dead letters of a tenant, newest first. The cursor is the id.
pub async fn list(store: &Store, tenant: TenantId, page: &PageRequest) -> Result<Page<DeadLetter>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_desc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.lt(after.as_str()));
    }
    let rows = select.all(store.reader()).await?;
    let letters = rows.into_iter().map(letter).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(letters, page, |last| vec![last.id.to_string()]))
}

pub async fn find(store: &Store, tenant: TenantId, id: DeadLetterId) -> Result<Option<DeadLetter>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(id.to_string())).one(store.reader()).await?;
    row.map(letter).transpose()
}

/// Asks for a dead letter to be sent once more, and answers false where there is none, or only one that is older
/// than [`inbox::KEPT_DAYS`]: other consumers have forgotten by then that they handled the event. The relay sends
/// it soon after; whether the consumer took it shows in `replay_time` or in a new `last_error`.
pub async fn replay(store: &Store, tenant: TenantId, id: DeadLetterId) -> Result<bool, Error> {
    store
        .write("ReplayDeadLetter", move |tx| {
            Box::pin(async move {
                let backend = tx.get_database_backend();
                let oldest = time::now(tx).await? - TimeDelta::days(inbox::KEPT_DAYS);
                let sql = format!(
                    "UPDATE dead_letter SET request_time = {} \
                     WHERE tenant_id = $1 AND id = $2 AND create_time > $3",
                    now_sql(backend)
                );
                let values = [tenant.to_string().into(), id.to_string().into(), oldest.into()];
                let statement = Statement::from_sql_and_values(backend, sql, values);
                let found = tx.execute_raw(statement).await?.rows_affected() == 1;
                if found {
                    announce();
                }
                Ok(found)
            })
        })
        .await
}

/// Puts an event away, or notes that it failed once more.
pub(crate) async fn park(
    tx: &Tx,
    consumer: &str,
    event: &Envelope,
    attempts: i32,
    error: &str,
) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    let sql = format!(
        "INSERT INTO dead_letter (tenant_id, id, consumer, event_id, subject, aggregate, payload, traceparent, \
         event_time, attempts, last_error, create_time) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {}) \
         ON CONFLICT (tenant_id, consumer, event_id) DO UPDATE SET \
         attempts = dead_letter.attempts + excluded.attempts, last_error = excluded.last_error",
        now_sql(backend)
    );
    let error: String = error.chars().take(ERROR_LENGTH).collect();
    let values = [
        event.tenant.to_string().into(),
        DeadLetterId::generate().to_string().into(),
        consumer.into(),
        event.id.as_str().into(),
        event.subject.as_str().into(),
        event.aggregate.as_str().into(),
        event.payload.to_vec().into(),
        event.traceparent.clone().into(),
        event.time.into(),
        attempts.into(),
        error.into(),
    ];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// Notes that the consumer has taken an event after all.
pub(crate) async fn resolve(tx: &Tx, consumer: &str, event: &Envelope) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    let sql = format!(
        "UPDATE dead_letter SET replay_time = {} \
         WHERE tenant_id = $1 AND consumer = $2 AND event_id = $3 AND replay_time IS NULL",
        now_sql(backend)
    );
    let values = [event.tenant.to_string().into(), consumer.into(), event.id.as_str().into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// A dead letter that somebody wants sent again.
#[derive(Clone, Debug)]
pub(crate) struct Requested {
    pub(crate) event: Envelope,
    id: String,
    request_time: DateTime<Utc>,
}

pub(crate) async fn requested(store: &Store) -> Result<Vec<Requested>, Error> {
    let rows = Entity::requested().limit(REPLAYS).all(store.reader()).await?;
    rows.into_iter().filter_map(|row| row.request_time.map(|at| requested_row(row, at))).collect()
}

/// Takes back the request, unless there has been a new one since.
pub(crate) async fn sent(store: &Store, requested: &Requested) -> Result<(), Error> {
    let requested = requested.clone();
    store
        .claim("SendDeadLetter", move |tx| {
            let Requested { event, id, request_time } = requested.clone();
            Box::pin(async move {
                let backend = tx.get_database_backend();
                // Equality is safe: the time was read from this very column.
                let sql = "UPDATE dead_letter SET request_time = NULL \
                           WHERE tenant_id = $1 AND id = $2 AND request_time <= $3";
                let values = [event.tenant.to_string().into(), id.into(), request_time.into()];
                tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
                Ok(())
            })
        })
        .await
}

fn letter(row: Model) -> Result<DeadLetter, Error> {
    let Model {
        tenant_id: _,
        id,
        consumer,
        event_id,
        subject,
        aggregate,
        payload: _,
        traceparent: _,
        event_time: _,
        attempts,
        last_error,
        create_time,
        request_time: _,
        replay_time,
    } = row;
    let id = id.parse().map_err(|error| Error::Corrupt(format!("dead_letter.id: {error}")))?;
    Ok(DeadLetter {
        id,
        consumer,
        event_id,
        subject,
        aggregate,
        attempts,
        last_error,
        create_time,
        replay_time,
    })
}

fn requested_row(row: Model, request_time: DateTime<Utc>) -> Result<Requested, Error> {
    let tenant =
        row.tenant_id.parse().map_err(|error| Error::Corrupt(format!("dead_letter.tenant_id: {error}")))?;
    let event = Envelope {
        id: row.event_id,
        tenant,
        subject: row.subject,
        aggregate: row.aggregate,
        time: row.event_time,
        traceparent: row.traceparent,
        payload: row.payload.into(),
        replay: true,
    };
    Ok(Requested { event, id: row.id, request_time })
}
