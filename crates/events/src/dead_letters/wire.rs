//! A dead letter as every service shows it.

use arki_proto::event::v1 as pb;
use chrono::{DateTime, Utc};
use prost_types::Timestamp;

use super::DeadLetter;

impl From<DeadLetter> for pb::DeadLetter {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter {
            id,
            consumer,
            event_id,
            subject,
            aggregate: _,
            attempts,
            last_error,
            create_time,
            replay_time,
        } = letter;
        Self {
            id: id.to_string(),
            consumer,
            event_id,
            subject,
            attempts,
            last_error,
            create_time: Some(timestamp(create_time)),
            replay_time: replay_time.map(timestamp),
        }
    }
}

/// Times of letters are the database's own, which knows no leap seconds, so the part below a second always fits.
fn timestamp(time: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default();
    Timestamp { seconds: time.timestamp(), nanos }
}
