//! The database's time. Leases are compared between replicas, whose own clocks may differ.

use arki_database::Error;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The expression for the present, in the form in which sea-orm stores a time.
pub(crate) fn now_sql(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "clock_timestamp()",
        _ => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
    }
}

pub(crate) async fn now<C: ConnectionTrait>(db: &C) -> Result<DateTime<Utc>, Error> {
    let backend = db.get_database_backend();
    let sql = format!("SELECT {} AS now", now_sql(backend));
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?;
    Ok(row.try_get("", "now")?)
}
