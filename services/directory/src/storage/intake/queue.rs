//! What is due, over all tenants: whoever applies it is nobody's.

use arki_database::Tx;
use arki_ids::{IntakeDeliveryId, IntakeEndpointId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::super::{Error, id, word};
use crate::domain::crm::Kind;

/// How many rows one sweep takes away.
pub const SWEPT: u64 = 1_000;

/// A delivery that whoever claimed it may apply until the lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub tenant: TenantId,
    pub endpoint: IntakeEndpointId,
    pub kind: Kind,
    pub delivery: IntakeDeliveryId,
    pub fence: i64,
}

/// Whether anything may be claimed. On SQLite a claim takes the only writer, and most looks find nothing.
pub async fn anything_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, Error> {
    let sql = "SELECT 1 AS due FROM intake_delivery WHERE state = 'pending' AND due_time <= $1 LIMIT 1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [now.into()]);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Takes up to `max` deliveries that are due, until `now + lease`, what waits longest first.
pub async fn claim(tx: &Tx, now: DateTime<Utc>, lease: TimeDelta, max: u64) -> Result<Vec<Claimed>, Error> {
    let backend = tx.get_database_backend();
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    // What is due is said twice: PostgreSQL looks again at a row that somebody else has just changed, by the outer
    // condition alone.
    let sql = format!(
        "UPDATE intake_delivery SET fence = fence + 1, due_time = $1 \
         WHERE state = 'pending' AND due_time <= $2 AND (tenant_id, id) IN (\
           SELECT tenant_id, id FROM intake_delivery WHERE state = 'pending' AND due_time <= $2 \
           ORDER BY due_time, id LIMIT {max} {lock}) \
         RETURNING tenant_id, id, endpoint_id, kind, fence"
    );
    let values = [(now + lease).into(), now.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let one = |row: QueryResult| {
        let text = |column: &str| row.try_get::<String>("", column);
        Ok(Claimed {
            tenant: id(&text("tenant_id")?)?,
            endpoint: id(&text("endpoint_id")?)?,
            kind: word(&text("kind")?, Kind::of_word)?,
            delivery: id(&text("id")?)?,
            fence: row.try_get("", "fence")?,
        })
    };
    let mut claimed = rows.into_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
    // In the order in which they came; an UPDATE returns its rows in any.
    claimed.sort_by_key(|claimed| claimed.delivery);
    Ok(claimed)
}

/// Frees what was under way when the process ended. Only for SQLite, whose file has one process.
pub async fn release_all(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    let sql = "UPDATE intake_delivery SET due_time = $1, fence = fence + 1 WHERE state = 'pending' AND due_time > $1 \
               AND tries = 0";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [now.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// Forgets, in all tenants, what is settled and came before `oldest`, as much as one transaction takes. Returns how
/// many rows.
pub async fn sweep(tx: &Tx, oldest: DateTime<Utc>) -> Result<u64, Error> {
    let sql = format!(
        "DELETE FROM intake_delivery WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM intake_delivery \
         WHERE create_time < $1 AND state <> 'pending' ORDER BY create_time LIMIT {SWEPT})"
    );
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [oldest.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
