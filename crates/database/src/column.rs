//! Columns on their way to the domain and back. What is stored was written by this program, so what can't be read
//! is corrupt.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

fn corrupt(column: &str, error: impl Display) -> Error {
    Error::Corrupt(format!("{column}: {error}"))
}

/// Reads a column of text.
pub fn parse<T>(column: &str, text: &str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error| corrupt(column, error))
}

/// Reads a column of text that may be null.
pub fn parse_or_none<T>(column: &str, text: Option<&str>) -> Result<Option<T>, Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| parse(column, text)).transpose()
}

/// Reads a column of JSON.
pub fn read<T: DeserializeOwned>(column: &str, value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| corrupt(column, error))
}

/// Writes a column of JSON.
pub fn write<T: Serialize>(column: &str, value: &T) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| corrupt(column, error))
}

/// Reads a number that is never negative.
pub fn number<T>(column: &str, value: i64) -> Result<T, Error>
where
    T: TryFrom<i64>,
    T::Error: Display,
{
    T::try_from(value).map_err(|error| corrupt(column, error))
}

/// Writes a number that is never negative.
pub fn signed(column: &str, value: impl TryInto<i64, Error: Display>) -> Result<i64, Error> {
    value.try_into().map_err(|error| corrupt(column, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_corrupt_and_names_its_column() {
        let errors = [
            parse::<u8>("goal.weight", "heavy").unwrap_err(),
            parse_or_none::<u8>("goal.weight", Some("heavy")).unwrap_err(),
            read::<u8>("goal.weight", Value::Null).unwrap_err(),
            number::<u64>("goal.weight", -1).unwrap_err(),
            signed("goal.weight", u64::MAX).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(&error, Error::Corrupt(text) if text.starts_with("goal.weight: ")), "{error:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read::<Vec<u8>>("x", write("x", &[1, 2]).unwrap()).unwrap(), [1, 2]);
        assert_eq!(number::<u64>("x", signed("x", 7_u64).unwrap()).unwrap(), 7);
        assert_eq!(parse_or_none::<u8>("x", None).unwrap(), None);
    }
}
