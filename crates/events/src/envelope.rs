use arki_ids::TenantId;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::handler::HandlerError;
use crate::payloads::Payload;

/// An event on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `evt_…`; the same each time the event is sent.
    pub id: String,
    pub tenant: TenantId,
    /// What happened, as `arki.<service>.<noun>.<verb>`.
    pub subject: String,
    /// What it happened to, such as `units/unt_…`. Events of one aggregate keep their order.
    pub aggregate: String,
    /// When it happened, by the clock of the service that says so.
    pub time: DateTime<Utc>,
    /// The W3C trace context of the request that made it happen.
    pub traceparent: Option<String>,
    /// The message of `arki.event.v1`.
    pub payload: Bytes,
    /// The event is sent again from history, for consumers that lost it or build their state anew.
    pub replay: bool,
}

impl Envelope {
    /// Reads the payload. An event of another subject, or bytes that are not the message, are poison: they will
    /// not get better by trying again.
    pub fn decode<P: Payload>(&self) -> Result<P, HandlerError> {
        if self.subject != P::SUBJECT {
            return Err(HandlerError::poison(format!(
                "an event {} where {} was expected",
                self.subject,
                P::SUBJECT
            )));
        }
        P::decode(self.payload.clone()).map_err(|error| HandlerError::Poison(error.into()))
    }
}

/// Whether a subject falls under a pattern: `*` stands for one word, `>` at the end for one or more.
pub fn matches(pattern: &str, subject: &str) -> bool {
    let mut words = subject.split('.');
    let mut patterns = pattern.split('.').peekable();
    while let Some(pattern) = patterns.next() {
        match (pattern, words.next()) {
            (">", Some(_)) if patterns.peek().is_none() => return true,
            ("*", Some(_)) => {}
            (pattern, Some(word)) if pattern == word => {}
            _ => return false,
        }
    }
    words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_on_nats() {
        let subject = "arki.directory.unit.changed";
        for pattern in ["arki.directory.unit.changed", "arki.>", "arki.directory.*.changed", "*.*.*.*", ">"] {
            assert!(matches(pattern, subject), "{pattern}");
        }
        for pattern in [
            "",
            "arki",
            "arki.directory.unit",
            "arki.directory.unit.changed.more",
            "arki.directory.unit.changed.>",
            "arki.*",
            "arki.survey.>",
            "arki.>.changed",
            "ark*.>",
        ] {
            assert!(!matches(pattern, subject), "{pattern}");
        }
    }
}
