//! Filling a bus again that lost what it held.

use arki_database::{Error, Store};
use sea_orm::{ConnectionTrait, Statement};

/// Rows that are put back in one transaction.
const CHUNK: u64 = 5_000;

/// Marks every row that was published into another epoch of the bus as to be published again, as a replay, and
/// tells how many there were. Rows that were published without an epoch went to a bus that holds nothing.
pub(crate) async fn publish_lost(store: &Store, epoch: &str) -> Result<u64, Error> {
    let mut rows = 0;
    loop {
        let epoch = epoch.to_owned();
        let chunk = store
            .claim("PublishLostEvents", move |tx| {
                let epoch = epoch.clone();
                Box::pin(async move {
                    let sql = format!(
                        "UPDATE outbox SET publish_time = NULL, publish_epoch = NULL, attempts = 0, \
                         due_time = NULL, replay = true WHERE (tenant_id, id) IN (\
                         SELECT tenant_id, id FROM outbox WHERE publish_time IS NOT NULL \
                         AND publish_epoch <> $1 LIMIT {CHUNK})"
                    );
                    let values = [epoch.into()];
                    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
                    Ok::<_, Error>(tx.execute_raw(statement).await?.rows_affected())
                })
            })
            .await?;
        rows += chunk;
        if chunk < CHUNK {
            return Ok(rows);
        }
    }
}
