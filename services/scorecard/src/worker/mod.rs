//! What runs beside the calls: the consumers of events. The relay of the own events comes from
//! `arki-events`, the sweeper of request ids from `arki-database`.

mod answers;
mod forgetting;
mod organisation;
mod release;

use std::fmt::Display;

use arki_events::HandlerError;
use arki_ids::{Id, Kind, ParseIdError};
use arki_proto::google::r#type::Date;
use arki_rpc::time;
use chrono::NaiveDate;

pub(crate) use answers::Answers;
pub(crate) use forgetting::Forgetting;
pub(crate) use organisation::Organisation;

/// What a message says that no later try will read.
fn poison(error: impl Display) -> HandlerError {
    HandlerError::poison(error.to_string())
}

/// The day of a message.
fn day(date: Option<Date>, field: &str) -> Result<NaiveDate, HandlerError> {
    let date = date.ok_or_else(|| poison(format!("{field} is missing")))?;
    time::from_date(date, field).map_err(poison)
}

/// A name that may be empty.
fn id_or_none<K: Kind>(name: &str) -> Result<Option<Id<K>>, HandlerError> {
    let read = if name.is_empty() { Ok(None) } else { Id::from_name(name).map(Some) };
    read.map_err(|error: ParseIdError| poison(error))
}

/// A count, which is never negative.
fn count(people: i64, field: &str) -> Result<u64, HandlerError> {
    u64::try_from(people).map_err(|_| poison(format!("{field} is negative")))
}
