//! Walking the schema of a service, for the test that no table is left out.

use std::collections::{BTreeMap, BTreeSet};

use arki_database::Error;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::room::{Holds, Room};

/// Columns that tell of a person by their name. A table that has one holds something of people.
const TELLING: [&str; 20] = [
    "address",
    "email",
    "email_key",
    "employment",
    "first_name",
    "last_name",
    "leader_id",
    "manager_id",
    "own_words",
    "owner",
    "owner_id",
    "person",
    "person_id",
    "phone",
    "recipient",
    "reviewer",
    "sponsor",
    "subject_person",
    "user_id",
    "user_name",
];

/// Every table of the schema with its columns and their types, in small letters.
pub async fn tables(db: &impl ConnectionTrait) -> Result<BTreeMap<String, BTreeMap<String, String>>, Error> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT CAST(c.table_name AS TEXT) AS table_name, CAST(c.column_name AS TEXT) AS column_name, \
             CAST(c.data_type AS TEXT) AS data_type FROM information_schema.columns c \
             JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'"
        }
        _ => {
            "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type FROM sqlite_master m \
             JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
    };
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(backend, sql)).await? {
        let kind: String = row.try_get("", "data_type")?;
        let columns = tables.entry(row.try_get("", "table_name")?).or_default();
        columns.insert(row.try_get("", "column_name")?, kind.to_lowercase());
    }
    Ok(tables)
}

/// What is wrong with a list of rooms, in words: tables that it leaves out, rooms without a table, and tables that are
/// said to hold no person and have a column that tells of one. Empty where it is complete.
pub async fn unclassified(db: &impl ConnectionTrait, rooms: &[&[Room]]) -> Result<Vec<String>, Error> {
    let tables = tables(db).await?;
    let rooms: Vec<&Room> = rooms.iter().copied().flatten().collect();
    let listed: BTreeSet<&str> = rooms.iter().map(|room| room.table).collect();
    let mut wrong = Vec::new();
    for (table, columns) in &tables {
        if !listed.contains(table.as_str()) {
            wrong.push(format!("{table}: say in a Room what it holds of a person"));
        }
        let telling: Vec<&str> = TELLING.into_iter().filter(|name| columns.contains_key(*name)).collect();
        let no_person = rooms.iter().any(|room| room.table == table && room.holds == Holds::NoPerson);
        if no_person && !telling.is_empty() {
            wrong.push(format!("{table}: is said to hold no person and has {}", telling.join(", ")));
        }
    }
    for Room { table, holds, whose, hides } in rooms {
        let Some(columns) = tables.get(*table) else {
            wrong.push(format!("{table}: there is no such table"));
            continue;
        };
        if matches!(holds, Holds::Erased | Holds::Unlinked(_)) && !whose.contains("{people}") {
            wrong.push(format!("{table}: the condition names no people"));
        }
        for hidden in hides.iter().filter(|hidden| !columns.contains_key(**hidden)) {
            wrong.push(format!("{table}: there is no column {hidden} to hide"));
        }
        let shown = columns.iter().filter(|(name, _)| !whose.is_empty() && !hides.contains(&name.as_str()));
        for (name, kind) in shown.filter(|(_, kind)| kind.contains("blob") || kind.contains("bytea")) {
            wrong.push(format!("{table}: {name} is {kind}, which nobody can read: hide it"));
        }
    }
    Ok(wrong)
}

/// Every value of every table as bytes, a value a line: for tests that look for what must not be there.
pub async fn dump(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let backend = db.get_database_backend();
    let mut dumped = BTreeMap::new();
    for (table, columns) in tables(db).await? {
        let values = columns.iter().map(|(name, kind)| match backend {
            DbBackend::Postgres if kind == "bytea" => format!("COALESCE(encode(\"{name}\", 'hex'), '')"),
            DbBackend::Postgres => {
                format!("COALESCE(encode(convert_to(CAST(\"{name}\" AS TEXT), 'UTF8'), 'hex'), '')")
            }
            _ => format!("COALESCE(hex(\"{name}\"), '')"),
        });
        let values = values.collect::<Vec<_>>().join(" || '0a' || ");
        let sql = format!("SELECT {values} AS dumped FROM \"{table}\"");
        let bytes: &mut Vec<u8> = dumped.entry(table).or_default();
        for row in db.query_all_raw(Statement::from_string(backend, sql)).await? {
            let hex: String = row.try_get("", "dumped")?;
            let digits = hex.as_bytes().chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
            bytes.extend(digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
            bytes.push(b'\n');
        }
    }
    Ok(dumped)
}
