//! From the text of a column to what it means.

use std::str::FromStr;

use arki_database::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a column; `column` names it where it is not what this program stores.
pub(super) fn parsed<T: FromStr>(text: &str, column: &'static str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

pub(super) fn to_json<T: Serialize>(value: &T, column: &'static str) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

/// Finds the value that is stored as `word`.
pub(super) fn of_word<T: Copy>(
    all: &[T],
    word: &str,
    of: impl Fn(T) -> &'static str,
    column: &'static str,
) -> Result<T, Error> {
    let found = all.iter().copied().find(|value| of(*value) == word);
    found.ok_or_else(|| Error::Corrupt(format!("{column}: {word:?}")))
}
