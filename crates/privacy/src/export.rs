//! Showing people what is held of them, by the list of rooms.

use arki_database::Error;
use arki_ids::{PersonId, TenantId};
use arki_proto::r#type::v1::{PersonalPart, PersonalRow, PersonalSection};
use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Map, Value};

use crate::erase::statement;
use crate::room::Room;
use crate::schema;

/// What one table holds of people.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The name of the table.
    pub kind: &'static str,
    /// Its rows, each column by its name, without the tenant and without what is hidden. Times are RFC 3339 in UTC.
    pub rows: Vec<Map<String, Value>>,
}

/// The rows of people in every room that holds any. Tables without such rows are left out.
pub async fn export(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
    rooms: &[Room],
) -> Result<Vec<Section>, Error> {
    let mut sections: Vec<Section> = Vec::new();
    if people.is_empty() {
        return Ok(sections);
    }
    let tables = schema::tables(db).await?;
    for room in rooms.iter().filter(|room| !room.whose.is_empty()) {
        let Some(columns) = tables.get(room.table) else { continue };
        let shown: Vec<(&str, &str)> = columns
            .iter()
            .map(|(name, kind)| (name.as_str(), kind.as_str()))
            .filter(|(name, _)| *name != "tenant_id" && !room.hides.contains(name))
            .collect();
        let postgres = db.get_database_backend() == DbBackend::Postgres;
        let values = shown.iter().map(|(name, kind)| match (postgres, kind.contains("json")) {
            (false, true) => format!("'{name}', json(\"{name}\")"),
            _ => format!("'{name}', \"{name}\""),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let object = match postgres {
            true => format!("CAST(json_build_object({values}) AS TEXT)"),
            false => format!("json_object({values})"),
        };
        let sql =
            format!("SELECT {object} AS held FROM {} WHERE tenant_id = $1 AND ({})", room.table, room.whose);
        for row in db.query_all_raw(statement(db, &sql, tenant, people)).await? {
            let held: String = row.try_get("", "held")?;
            let mut held: Map<String, Value> = serde_json::from_str(&held)
                .map_err(|error| Error::Corrupt(format!("{}: {error}", room.table)))?;
            for (name, kind) in &shown {
                if let Some(value) = held.get_mut(*name) {
                    settle(value, kind);
                }
            }
            match sections.iter_mut().find(|section| section.kind == room.table) {
                Some(section) if section.rows.contains(&held) => {}
                Some(section) => section.rows.push(held),
                None => sections.push(Section { kind: room.table, rows: vec![held] }),
            }
        }
    }
    for section in &mut sections {
        section.rows.sort_by_key(|row| serde_json::to_string(row).unwrap_or_default());
    }
    Ok(sections)
}

/// What is held as it travels.
pub fn part(service: &str, sections: Vec<Section>, limits: Vec<String>) -> PersonalPart {
    let row = |row: Map<String, Value>| PersonalRow {
        values: row
            .into_iter()
            .filter_map(|(name, value)| match value {
                Value::Null => None,
                Value::String(text) => Some((name, text)),
                value => Some((name, value.to_string())),
            })
            .collect(),
    };
    let section = |Section { kind, rows }: Section| PersonalSection {
        kind: kind.to_owned(),
        rows: rows.into_iter().map(row).collect(),
    };
    PersonalPart {
        service: service.to_owned(),
        sections: sections.into_iter().map(section).collect(),
        limits,
    }
}

/// Writes a value as both databases would: times alike, and truth as such.
fn settle(value: &mut Value, kind: &str) {
    if kind.starts_with("bool") {
        if let Some(number) = value.as_i64() {
            *value = Value::Bool(number != 0);
        }
    } else if kind.starts_with("timestamp") {
        let read = |text: &str| {
            let iso = text.replacen(' ', "T", 1).replace(' ', "");
            DateTime::parse_from_rfc3339(&iso)
                .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %:z"))
        };
        if let Some(Ok(time)) = value.as_str().map(read) {
            *value = Value::from(time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
    }
}
