//! Events that this service has taken in.
//!
//! What do we store, and why: one row for each event and consumer, written in the transaction of the effect. An
//! event that comes again finds its row and is passed over. Rows are kept for [`KEPT_DAYS`], well beyond the
//! time for which an event can come again.

mod migration;

use arki_database::{Error, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Statement};

pub use migration::Migration;

use crate::envelope::Envelope;
use crate::time::now_sql;

/// How long it is remembered that an event was handled, in days.
pub const KEPT_DAYS: i64 = 30;

/// Records that `consumer` handles an event, or answers false if it has been recorded before.
pub(crate) async fn record(tx: &Tx, consumer: &str, event: &Envelope) -> Result<bool, Error> {
    let backend = tx.get_database_backend();
    let sql = format!(
        "INSERT INTO inbox (tenant_id, consumer, event_id, create_time) VALUES ($1, $2, $3, {}) \
         ON CONFLICT DO NOTHING",
        now_sql(backend)
    );
    let values = [event.tenant.to_string().into(), consumer.into(), event.id.as_str().into()];
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?.rows_affected() == 1)
}

/// Deletes up to `limit` rows older than [`KEPT_DAYS`] before `now`, the database's time.
pub(crate) async fn sweep(tx: &Tx, now: DateTime<Utc>, limit: u64) -> Result<u64, Error> {
    let sql = format!(
        "DELETE FROM inbox WHERE (tenant_id, consumer, event_id) IN (\
         SELECT tenant_id, consumer, event_id FROM inbox WHERE create_time < $1 LIMIT {limit})"
    );
    let oldest = now - TimeDelta::days(KEPT_DAYS);
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [oldest.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
