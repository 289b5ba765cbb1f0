//! Forgetting what is older than the log is kept.

use arki_database::Tx;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement};

use super::super::Error;

/// Rows that one sweep deletes of each table at most: on SQLite everybody who wants to write waits for it.
pub const SWEPT: u64 = 1_000;

/// Deletes deliveries of events that came before `oldest`, of all tenants, and then the events; tells how many rows of
/// the table with the most it were. When it were [`SWEPT`], there may be more.
pub async fn sweep(tx: &Tx, oldest: DateTime<Utc>) -> Result<u64, Error> {
    let mut most = 0;
    // Attempts go with their delivery. An event goes after its deliveries, in the same sweep or a later one.
    for table in ["webhook_delivery", "webhook_event"] {
        let sql = format!(
            "DELETE FROM {table} WHERE (tenant_id, id) IN (\
             SELECT tenant_id, id FROM {table} WHERE create_time < $1 LIMIT {SWEPT})"
        );
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [oldest.into()]);
        let deleted = tx.execute_raw(statement).await?.rows_affected();
        if deleted >= SWEPT {
            return Ok(deleted);
        }
        most = most.max(deleted);
    }
    Ok(most)
}
