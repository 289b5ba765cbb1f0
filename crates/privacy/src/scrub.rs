//! Forgetting what lies in the tables that every service has: kept answers, told events and dead letters.

use arki_database::{Error, Tx};
use arki_events::Payload as _;
use arki_ids::TenantId;
use arki_proto::event::v1::{ErasureConfirmed, PersonErased};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use crate::erase::{Rows, add};

/// Deletes kept answers, told events and dead letters that hold one of these texts, and tells how many there were.
///
/// The events of an erasure stay: they must be told, and hold ids alone. So do events that wait to be told; they are
/// gone with the next scrub, or two weeks after they were told.
pub async fn scrub(tx: &Tx, tenant: TenantId, texts: &[String]) -> Result<Vec<Rows>, Error> {
    let backend = tx.get_database_backend();
    let holds = |column: &str| match backend {
        DbBackend::Postgres => format!("position($2 in {column}) > 0"),
        _ => format!("instr({column}, $2) > 0"),
    };
    let mut counted = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let sql = format!("DELETE FROM request_id WHERE tenant_id = $1 AND {}", holds("response"));
        let values: [Value; 2] = [tenant.to_string().into(), text.as_str().into()];
        let done = tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        add(&mut counted, "request_id", done.rows_affected());
        for (table, only) in [("outbox", "publish_time IS NOT NULL"), ("dead_letter", "TRUE")] {
            let sql = format!(
                "DELETE FROM {table} WHERE tenant_id = $1 AND {} AND {only} AND subject NOT IN ($3, $4)",
                holds("payload")
            );
            let values: [Value; 4] = [
                tenant.to_string().into(),
                text.as_bytes().to_vec().into(),
                PersonErased::SUBJECT.into(),
                ErasureConfirmed::SUBJECT.into(),
            ];
            let done = tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
            add(&mut counted, table, done.rows_affected());
        }
    }
    Ok(counted)
}
