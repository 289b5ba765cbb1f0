//! Responses once they are all there: read for counting, and taken out of the order in which they came.

use std::collections::BTreeMap;

use arki_database::{Error, Tx};
use arki_ids::{TenantId, UnitId, WaveId};
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::parse_some;
use crate::domain::Value;
use crate::domain::answer;

/// Responses that are held in memory at once.
const PAGE: usize = 2_000;

/// A response without anything that tells it from another with the same answers.
#[derive(Clone, Debug)]
pub struct Stored {
    pub unit: Option<UnitId>,
    pub day: NaiveDate,
    pub answers: BTreeMap<String, Value>,
}

/// Hands each response of a wave to `each`, a page at a time.
pub async fn for_each<C>(
    db: &C,
    tenant: TenantId,
    wave: WaveId,
    mut each: impl FnMut(Stored) + Send,
) -> Result<(), Error>
where
    C: ConnectionTrait,
{
    let sql = format!(
        "SELECT id, unit, day, answers FROM response WHERE tenant_id = $1 AND wave_id = $2 AND id > $3 \
         ORDER BY id LIMIT {PAGE}"
    );
    let mut after = String::new();
    loop {
        let values = [tenant.to_string().into(), wave.to_string().into(), after.as_str().into()];
        let rows = db
            .query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql.as_str(), values))
            .await?;
        for row in &rows {
            let unit: Option<String> = row.try_get("", "unit")?;
            let answers: String = row.try_get("", "answers")?;
            each(Stored {
                unit: parse_some(unit.as_deref(), "response.unit")?,
                day: row.try_get("", "day")?,
                answers: answer::read(&answers)
                    .map_err(|error| Error::Corrupt(format!("response.answers: {error}")))?,
            });
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = last.try_get("", "id")?,
            _ => return Ok(()),
        }
    }
}

/// Writes the responses of a wave anew in the order of their random ids, so that neither their place on the disk
/// nor the transaction that wrote them tells when they came.
///
/// PostgreSQL only: SQLite keeps them in that order anyway.
pub async fn rewrite(tx: &Tx, tenant: TenantId, wave: WaveId) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    if backend != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "WITH moved AS (DELETE FROM response WHERE tenant_id = $1 AND wave_id = $2 \
               AND id >= $3 AND ($4 = '' OR id < $4) RETURNING *) \
               INSERT INTO response SELECT * FROM moved ORDER BY id";
    // An eighth at a time: the first digit of an id has three bits, and all of them are random.
    let bounds = ["", "rsp_1", "rsp_2", "rsp_3", "rsp_4", "rsp_5", "rsp_6", "rsp_7", ""];
    for bound in bounds.windows(2) {
        let values = [tenant.to_string().into(), wave.to_string().into(), bound[0].into(), bound[1].into()];
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}
