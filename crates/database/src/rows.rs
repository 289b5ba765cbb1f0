//! Many rows in one parameter.
//!
//! A statement for each number of rows would have to be prepared anew for each number, and building one with thousands of
//! placeholders costs more than running it. A JSON array of objects makes it one statement whatever the number, on both
//! databases. The names of the objects' fields are the names of the columns.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use serde::{Serialize, Serializer};

use crate::error::Error;

/// Rows in one statement: more gain nothing.
pub const MOST_ROWS: usize = 2_000;
/// Bytes in one statement. A row itself may be larger; it then goes alone.
const MOST_BYTES: usize = 4 << 20;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Date,
    /// Written by [`time`], so that it compares with times that were bound one by one.
    Time,
    Integer,
    Boolean,
    Json,
    /// Written by [`hex`].
    Bytes,
}

/// Columns of a table with what they hold, in the order of an INSERT.
#[derive(Clone, Copy, Debug)]
pub struct Columns(pub &'static [(&'static str, Type)]);

impl Columns {
    /// The FROM item that yields the rows of parameter $1, as `t`.
    pub fn source(self, backend: DbBackend) -> String {
        let kind = |kind: Type| match kind {
            Type::Text | Type::Bytes => "text",
            Type::Date => "date",
            Type::Time => "timestamptz",
            Type::Integer => "bigint",
            Type::Boolean => "boolean",
            Type::Json => "jsonb",
        };
        match backend {
            DbBackend::Postgres => {
                let columns = self.0.iter().map(|(name, of)| format!("\"{name}\" {}", kind(*of)));
                let columns = columns.collect::<Vec<_>>().join(", ");
                format!("json_to_recordset(CAST($1 AS json)) AS t({columns})")
            }
            _ => "json_each($1) AS t".to_owned(),
        }
    }

    /// A column of a row of [`Columns::source`].
    pub fn value(self, backend: DbBackend, name: &str) -> String {
        let of = self.0.iter().find(|(known, _)| *known == name).map_or(Type::Text, |(_, of)| *of);
        match (backend, of) {
            (DbBackend::Postgres, Type::Bytes) => format!("decode(t.\"{name}\", 'hex')"),
            (DbBackend::Postgres, _) => format!("t.\"{name}\""),
            (_, Type::Bytes) => format!("unhex(t.value ->> '{name}')"),
            // JSON is kept as its text there.
            (_, Type::Json) => format!("(t.value -> '{name}')"),
            _ => format!("(t.value ->> '{name}')"),
        }
    }

    fn names(self) -> String {
        self.0.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }

    /// INSERT of the rows of parameter $1 into a table.
    pub fn insert(self, backend: DbBackend, table: &str) -> String {
        let values = self.0.iter().map(|(name, _)| self.value(backend, name)).collect::<Vec<_>>().join(", ");
        format!(
            "INSERT INTO \"{table}\" ({}) SELECT {values} FROM {} WHERE TRUE",
            self.names(),
            self.source(backend)
        )
    }

    /// As [`Columns::insert`], where a row with the same `key` is overwritten but for its `kept` columns.
    pub fn upsert(self, backend: DbBackend, table: &str, key: &[&str], kept: &[&str]) -> String {
        let quoted = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
        let set =
            self.0.iter().map(|(name, _)| *name).filter(|name| !key.contains(name) && !kept.contains(name));
        let set = set.map(|name| format!("\"{name}\" = excluded.\"{name}\"")).collect::<Vec<_>>().join(", ");
        let insert = self.insert(backend, table);
        format!("{insert} ON CONFLICT ({}) DO UPDATE SET {set}", quoted(key).join(", "))
    }
}

/// Runs a statement over all rows, in as many parts as it needs, and tells how many rows it touched. Parameter $1 is a part of
/// the rows; `more` are the ones after it.
///
/// # Errors
/// When the database refuses it.
pub async fn execute<C, R>(db: &C, sql: &str, rows: &[R], more: &[Value]) -> Result<u64, Error>
where
    C: ConnectionTrait,
    R: Serialize,
{
    let mut touched = 0;
    for statement in statements(db, sql, rows, more)? {
        touched += db.execute_raw(statement).await?.rows_affected();
    }
    Ok(touched)
}

/// As [`execute`], with what the statement returns.
///
/// # Errors
/// When the database refuses it.
pub async fn query<C, R>(db: &C, sql: &str, rows: &[R], more: &[Value]) -> Result<Vec<QueryResult>, Error>
where
    C: ConnectionTrait,
    R: Serialize,
{
    let mut found = Vec::new();
    for statement in statements(db, sql, rows, more)? {
        found.extend(db.query_all_raw(statement).await?);
    }
    Ok(found)
}

/// The statements that [`execute`] runs, for whoever reads what they return in another way.
///
/// # Errors
/// When a row has no JSON form.
pub fn statements<C, R>(db: &C, sql: &str, rows: &[R], more: &[Value]) -> Result<Vec<Statement>, Error>
where
    C: ConnectionTrait,
    R: Serialize,
{
    let statement = |part: String| {
        let values = std::iter::once(part.into()).chain(more.iter().cloned());
        Statement::from_sql_and_values(db.get_database_backend(), sql, values)
    };
    Ok(parts(rows)?.into_iter().map(statement).collect())
}

/// Whether an expression is one of the texts of a JSON array. `column` and `list` are written into it as they are, which
/// may be placeholders.
pub fn is_among(backend: DbBackend, column: &str, list: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("{column} = ANY(ARRAY(SELECT json_array_elements_text(CAST({list} AS json))))")
        }
        _ => format!("{column} IN (SELECT value FROM json_each({list}))"),
    }
}

/// Writes a time as both databases read it, and as SQLite keeps it when it is bound by itself.
///
/// # Errors
/// As the serializer.
pub fn time<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, false))
}

/// Writes bytes.
///
/// # Errors
/// As the serializer.
pub fn hex<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |digit: u8| char::from(DIGITS[usize::from(digit)]);
    let text: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    to.serialize_str(&text)
}

fn parts<R: Serialize>(rows: &[R]) -> Result<Vec<String>, Error> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut count = 0;
    for row in rows {
        let row = serde_json::to_string(row).map_err(Error::other)?;
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

    const COLUMNS: Columns = Columns(&[("tenant_id", Type::Text), ("day", Type::Date), ("made", Type::Json)]);

    #[test]
    fn parts_hold_every_row_and_keep_their_bounds() {
        let rows: Vec<_> = (0..4_500).map(|row| (row, "text")).collect();
        let parts = parts(&rows).unwrap();
        assert_eq!(parts.len(), 3);
        let read: Vec<(i32, String)> =
            parts.iter().flat_map(|part| serde_json::from_str::<Vec<(i32, String)>>(part).unwrap()).collect();
        assert_eq!((read.len(), read[4_499].0), (4_500, 4_499));
        let large = vec!["x".repeat(3 << 20); 3];
        assert_eq!(super::parts(&large).unwrap().len(), 3);
        assert!(super::parts::<i32>(&[]).unwrap().is_empty());
    }

    #[test]
    fn an_upsert_leaves_the_key_and_what_is_kept() {
        assert_eq!(
            COLUMNS.upsert(DbBackend::Sqlite, "thing", &["tenant_id"], &["made"]),
            "INSERT INTO \"thing\" (\"tenant_id\", \"day\", \"made\") SELECT (t.value ->> 'tenant_id'), \
             (t.value ->> 'day'), (t.value -> 'made') FROM json_each($1) AS t WHERE TRUE \
             ON CONFLICT (\"tenant_id\") DO UPDATE SET \"day\" = excluded.\"day\""
        );
        assert!(COLUMNS.insert(DbBackend::Postgres, "thing").contains(
            "json_to_recordset(CAST($1 AS json)) AS t(\"tenant_id\" text, \"day\" date, \"made\" jsonb)"
        ));
    }

    #[test]
    fn bytes_are_written_in_hexadecimal() {
        #[derive(Serialize)]
        struct Row(#[serde(serialize_with = "hex")] Vec<u8>);
        assert_eq!(serde_json::to_string(&Row(vec![0, 171, 255])).unwrap(), "\"00abff\"");
    }
}
