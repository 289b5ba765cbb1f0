//! One event for one endpoint.

use arki_ids::{WebhookDeliveryId, WebhookEndpointId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::schedule::{ATTEMPTS, LONGEST_RETRY_AFTER, pause};

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Pending,
    Delivered,
    /// Given up. It can be replayed.
    Dead,
}

impl State {
    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Dead].into_iter().find(|state| state.word() == word)
    }
}

/// One event for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: WebhookDeliveryId,
    pub endpoint: WebhookEndpointId,
    pub event_id: String,
    pub event_type: String,
    pub subject: String,
    pub state: State,
    /// How many attempts were made in all.
    pub attempts: u32,
    /// How many of them since it was last begun anew.
    pub tries: u32,
    /// When it is due; while somebody sends it, when they lose it.
    pub due_time: DateTime<Utc>,
    pub create_time: DateTime<Utc>,
    pub last: Option<Attempt>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub time: DateTime<Utc>,
    pub duration_ms: i32,
    /// The HTTP status; 0 where no answer came.
    pub status: i32,
    /// What came of it, in a few words of ours.
    pub outcome: String,
}

impl Attempt {
    /// Whether the endpoint has taken the event.
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the endpoint wants to hear of nothing more.
    pub fn is_gone(&self) -> bool {
        self.status == 410
    }

    /// Whether the endpoint may say when to come again (RFC 9110, section 10.2.3; RFC 6585, section 4).
    fn may_ask_to_wait(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

impl Delivery {
    /// A delivery that is due at once.
    pub fn new(
        id: WebhookDeliveryId,
        endpoint: WebhookEndpointId,
        (event_id, event_type, subject): (&str, &str, &str),
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            endpoint,
            event_id: event_id.to_owned(),
            event_type: event_type.to_owned(),
            subject: subject.to_owned(),
            state: State::Pending,
            attempts: 0,
            tries: 0,
            due_time: now,
            create_time: now,
            last: None,
        }
    }

    /// The delivery after an attempt. `part` is chance, from 0 to 1.
    #[must_use]
    pub fn attempted(self, attempt: Attempt, retry_after: TimeDelta, part: f64, now: DateTime<Utc>) -> Self {
        let (attempts, tries) = (self.attempts.saturating_add(1), self.tries.saturating_add(1));
        let (state, due_time) = if attempt.is_taken() {
            (State::Delivered, self.due_time)
        } else {
            match pause(tries, part).filter(|_| !attempt.is_gone() && tries < ATTEMPTS) {
                None => (State::Dead, self.due_time),
                Some(pause) => {
                    let asked = if attempt.may_ask_to_wait() { retry_after } else { TimeDelta::zero() };
                    (State::Pending, now + pause.max(asked.min(LONGEST_RETRY_AFTER)))
                }
            }
        };
        Self { state, attempts, tries, due_time, last: Some(attempt), ..self }
    }

    /// The delivery begun anew.
    #[must_use]
    pub fn replayed(self, now: DateTime<Utc>) -> Self {
        Self { state: State::Pending, tries: 0, due_time: now, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn delivery() -> Delivery {
        Delivery::new(
            WebhookDeliveryId::generate(),
            WebhookEndpointId::generate(),
            ("evt_1", "arki.directory.unit.changed.v1", "units/unt_1"),
            NOW,
        )
    }

    fn answered(status: i32) -> Attempt {
        Attempt { time: NOW, duration_ms: 5, status, outcome: "answered".to_owned() }
    }

    fn after(status: i32, retry_after: i64) -> Delivery {
        delivery().attempted(answered(status), TimeDelta::seconds(retry_after), 0.0, NOW)
    }

    #[test]
    fn only_2xx_is_taken_and_410_is_the_end() {
        for status in [200, 202, 204, 299] {
            assert_eq!(after(status, 0).state, State::Delivered, "{status}");
        }
        for status in [0, 199, 301, 307, 400, 404, 409, 429, 500, 503] {
            let failed = after(status, 0);
            assert_eq!(
                (failed.state, failed.due_time),
                (State::Pending, NOW + TimeDelta::seconds(1)),
                "{status}"
            );
        }
        assert_eq!(after(410, 0).state, State::Dead);
    }

    #[test]
    fn an_endpoint_that_is_busy_says_when_to_come_again_within_a_day() {
        for (status, asked, pause) in
            [(429, 90, 90), (503, 90, 90), (500, 90, 1), (429, 0, 1), (503, 1 << 40, 86_400)]
        {
            assert_eq!(after(status, asked).due_time - NOW, TimeDelta::seconds(pause), "{status} {asked}");
        }
    }

    #[test]
    fn the_eighth_failure_is_the_last_and_a_replay_begins_anew_with_the_same_event() {
        let mut failed = delivery();
        for _ in 0..ATTEMPTS {
            assert_eq!(failed.state, State::Pending);
            failed = failed.attempted(answered(500), TimeDelta::zero(), 1.0, NOW);
        }
        assert_eq!((failed.state, failed.attempts), (State::Dead, ATTEMPTS));
        let again = failed.clone().replayed(NOW);
        assert_eq!((again.state, again.tries, again.attempts), (State::Pending, 0, ATTEMPTS));
        assert_eq!(again.event_id, failed.event_id);
    }
}
