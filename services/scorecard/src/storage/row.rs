//! Columns on their way to the domain. What is stored was written by this program, so what can't be read is corrupt.

use std::fmt::Display;
use std::str::FromStr;

use arki_database::Error;
use arki_ids::{Id, Kind, TenantId, UnitId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a column of text.
pub(super) fn parse<T>(column: &str, text: &str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

/// Reads a column of text that may be null.
pub(super) fn parse_or_none<T>(column: &str, text: Option<&str>) -> Result<Option<T>, Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| parse(column, text)).transpose()
}

/// Reads a column of JSON.
pub(super) fn read<T: DeserializeOwned>(column: &str, value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

/// Writes a column of JSON.
pub(super) fn write<T: Serialize>(column: &str, value: &T) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

/// Reads a number that is never negative.
pub(super) fn number<T>(column: &str, value: i64) -> Result<T, Error>
where
    T: TryFrom<i64>,
    T::Error: Display,
{
    T::try_from(value).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

/// The text of an id that may be none.
pub(super) fn text<K: Kind>(id: Option<Id<K>>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// The tenant column of every table.
pub(super) fn tenant(tenant: TenantId) -> String {
    tenant.to_string()
}

/// Writes a number that is never negative.
pub(super) fn signed(column: &str, value: impl TryInto<i64, Error: Display>) -> Result<i64, Error> {
    value.try_into().map_err(|error| Error::Corrupt(format!("{column}: {error}")))
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
