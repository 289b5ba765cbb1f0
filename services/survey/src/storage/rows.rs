//! Many rows in one parameter.
//!
//! A statement for each number of rows would have to be prepared anew for each group of answers; a JSON array makes
//! it one statement whatever the number, on both databases. Each row is an array, read by `t.value ->> COLUMN`.

use arki_database::Error;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{from_json, to_json};

/// Rows in one statement: more gain nothing.
const MOST_ROWS: usize = 1_000;
/// Bytes in one statement. A row itself may be larger; it then goes alone.
const MOST_BYTES: usize = 4 << 20;

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

/// Runs a statement over all rows, in as many parts as it needs, and tells how many rows it touched.
pub(super) async fn execute<C, R>(db: &C, sql: &str, rows: &[R]) -> Result<u64, Error>
where
    C: ConnectionTrait,
    R: Serialize,
{
    let mut touched = 0;
    for part in parts(rows)? {
        touched += db.execute_raw(statement(db, sql, part)).await?.rows_affected();
    }
    Ok(touched)
}

/// As [`execute`], with what the statement returns.
pub(super) async fn query<C, R>(db: &C, sql: &str, rows: &[R]) -> Result<Vec<QueryResult>, Error>
where
    C: ConnectionTrait,
    R: Serialize,
{
    let mut found = Vec::new();
    for part in parts(rows)? {
        found.extend(db.query_all_raw(statement(db, sql, part)).await?);
    }
    Ok(found)
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
    for row in query(db, sql, rows).await? {
        found.extend(from_json::<Vec<T>>(&row.try_get::<String>("", "gathered")?, "gathered")?);
    }
    Ok(found)
}

/// One statement for rows that fit into one.
pub(super) fn statement<C: ConnectionTrait>(db: &C, sql: &str, part: String) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, [part.into()])
}

pub(super) fn parts<R: Serialize>(rows: &[R]) -> Result<Vec<String>, Error> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut count = 0;
    for row in rows {
        let row = to_json(row)?;
        if count > 0 && (count == MOST_ROWS || part.len() + row.len() > MOST_BYTES) {
            part.push(']');
            parts.push(std::mem::take(&mut part));
            count = 0;
        }
        part.push(if count == 0 { '[' } else { ',' });
        part.push_str(&row);
        count += 1;
    }
    if count > 0 {
        part.push(']');
        parts.push(part);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_row_and_keep_their_bounds() {
        let rows: Vec<_> = (0..2_500).map(|row| (row, "text")).collect();
        let parts = parts(&rows).unwrap();
        assert_eq!(parts.len(), 3);
        let read: Vec<(i32, String)> =
            parts.iter().flat_map(|part| serde_json::from_str::<Vec<(i32, String)>>(part).unwrap()).collect();
        assert_eq!(read.len(), 2_500);
        assert_eq!(read[2_499].0, 2_499);
        let large = vec!["x".repeat(3 << 20); 3];
        assert_eq!(super::parts(&large).unwrap().len(), 3);
        assert!(super::parts::<i32>(&[]).unwrap().is_empty());
    }
}
