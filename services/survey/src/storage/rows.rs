//! Many rows in one parameter, each as an array that is read by `t.value ->> COLUMN`: shorter than the objects of
//! [`arki_database::rows`], where every answer of a burst is written so.

use arki_database::Error;
pub(super) use arki_database::rows::{execute, query, statements};
use sea_orm::{ConnectionTrait, DbBackend};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::from_json;

/// The FROM item that yields the rows.
pub(super) fn source(backend: DbBackend) -> &'static str {
    match backend {
        // Of json every `->>` would read the text of its row anew; jsonb is taken apart once.
        DbBackend::Postgres => "jsonb_array_elements($1::jsonb) AS t(value)",
        _ => "json_each($1) AS t",
    }
}

/// A value of a row as a day. SQLite has no such type, and a cast would make a number of it.
pub(super) fn day(backend: DbBackend, column: usize) -> String {
    match backend {
        DbBackend::Postgres => format!("CAST(t.value ->> {column} AS date)"),
        _ => format!("t.value ->> {column}"),
    }
}

/// The values of a row as a JSON array, and those of all rows as one text, for a statement that [`gather`] reads. On SQLite
/// each row that is handed over by itself crosses from the thread of the database to its reader.
pub(super) fn gathered(backend: DbBackend, values: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("COALESCE(CAST(json_agg(json_build_array({values})) AS TEXT), '[]') AS gathered")
        }
        _ => format!("json_group_array(json_array({values})) AS gathered"),
    }
}

/// As [`query`], for a statement that selects what [`gathered`] says.
pub(super) async fn gather<C, R, T>(db: &C, sql: &str, rows: &[R]) -> Result<Vec<T>, Error>
where
    C: ConnectionTrait,
    R: Serialize,
    T: DeserializeOwned,
{
    let mut found = Vec::new();
    for row in query(db, sql, rows, &[]).await? {
        found.extend(from_json::<Vec<T>>(&row.try_get::<String>("", "gathered")?, "gathered")?);
    }
    Ok(found)
}
