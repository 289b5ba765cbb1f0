//! Columns on their way to the domain.

use arki_database::Error;
use arki_ids::{Id, Kind, TenantId, UnitId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use arki_database::column::{number, parse, parse_or_none, read, signed, write};

/// The text of an id that may be none.
pub(super) fn text<K: Kind>(id: Option<Id<K>>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// The tenant column of every table.
pub(super) fn tenant(tenant: TenantId) -> String {
    tenant.to_string()
}

/// Reads one word of a closed set.
pub(super) fn word<T>(column: &str, text: &str, read: fn(&str) -> Option<T>) -> Result<T, Error> {
    read(text).ok_or_else(|| Error::Corrupt(format!("{column}: {text:?} is unknown")))
}

/// The unit of a row, where the empty text is none.
pub(super) fn unit(column: &str, text: &str) -> Result<Option<UnitId>, Error> {
    if text.is_empty() { Ok(None) } else { parse(column, text).map(Some) }
}

/// The text of the unit of a row.
pub(super) fn unit_text(unit: Option<UnitId>) -> String {
    unit.map(|unit| unit.to_string()).unwrap_or_default()
}

/// Reads a word that serde writes.
pub(super) fn named<T: DeserializeOwned>(column: &str, word: String) -> Result<T, Error> {
    read(column, Value::String(word))
}

/// The word that serde writes.
pub(super) fn name<T: Serialize>(column: &str, value: &T) -> Result<String, Error> {
    match write(column, value)? {
        Value::String(word) => Ok(word),
        other => Err(Error::Corrupt(format!("{column}: {other} is no word"))),
    }
}
