//! What do we store, and why.
//!
//! - `questionnaire` and `questionnaire_version`: drafts, and frozen contents that answers refer to for ever.
//! - `wave`: what is asked of whom and when, with what was fixed at its opening. `roster` is the tree of that day
//!   with how many were invited, so that rates never follow a later tree.
//! - `ineligible`: how many of the audience were not invited, by reason; never who.
//! - `invitation`: who is asked, with the hash of the token. It holds whether there is an answer, but not when, and
//!   a fingerprint by which the same answers are told from others.
//! - `response`: one row for each response, all its answers in one JSON text, because one row is one insert. It has
//!   a random id and a day. Only in waves that are linked does it name its invitation.
//! - `imported`: seals of the keys of imported responses, apart from the responses.
//! - `wave_count`: how many responses, in a few shards so that writers do not wait for each other.
//! - `answered_before`, `purged_wave` and `comments_purged`: see [`purges`].
//! - `installation`: the secret that links are made of.
//!
//! For an anonymous wave nothing in `invitation` leads to a row of `response`: no id, no time, and on neither
//! database an order. SQLite keeps the rows by their random id, and PostgreSQL gets them rewritten in that order
//! when the wave closes.
//!
//! Reading order: [`questionnaires`], [`waves`], [`invitations`], then [`intake`], the hot path.

pub mod entity;
pub mod intake;
pub mod invitations;
pub mod migration;
pub mod privacy;
pub mod purges;
pub mod questionnaires;
pub mod responses;
mod rows;
pub mod secrets;
pub mod versions;
pub mod waves;

use std::fmt::Display;
use std::str::FromStr;

use arki_database::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a column that holds text of a certain form.
fn parse<T>(text: &str, column: &'static str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

fn parse_some<T>(text: Option<&str>, column: &'static str) -> Result<Option<T>, Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| parse(text, column)).transpose()
}

/// Reads a column that holds a word of a closed set.
fn word<T>(text: &str, read: fn(&str) -> Option<T>, column: &'static str) -> Result<T, Error> {
    read(text).ok_or_else(|| Error::Corrupt(format!("{column}: {text:?} is unknown")))
}

fn from_json<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}

fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Other(std::sync::Arc::new(error)))
}

fn unsigned<T, U>(value: T, column: &'static str) -> Result<U, Error>
where
    U: TryFrom<T>,
    T: Copy + Display,
{
    U::try_from(value).map_err(|_| Error::Corrupt(format!("{column}: {value} is out of range")))
}
