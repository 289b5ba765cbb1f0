//! Something that was told, until it is applied.

use arki_ids::{IntakeDeliveryId, IntakeEndpointId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Event;
use crate::domain::crm::Change;

/// The pause after the first try that failed; four times as long after each further one.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(1);

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Done,
    Dead,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Done, Self::Dead];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// The state that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Something that was told of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: IntakeDeliveryId,
    pub endpoint: IntakeEndpointId,
    pub event_id: String,
    pub kind: crate::domain::crm::Kind,
    pub external_id: String,
    /// None once it is applied.
    pub change: Option<Change>,
    pub state: State,
    pub tries: u32,
    pub due_time: DateTime<Utc>,
    pub reason: String,
    pub problem: String,
    pub create_time: DateTime<Utc>,
    pub last_time: Option<DateTime<Utc>>,
}

impl Delivery {
    /// A new delivery, due at once.
    pub fn new(id: IntakeDeliveryId, endpoint: IntakeEndpointId, event: Event, now: DateTime<Utc>) -> Self {
        let Event { id: event_id, change } = event;
        Self {
            id,
            endpoint,
            event_id,
            kind: change.kind,
            external_id: change.external_id.clone(),
            change: Some(change),
            state: State::Pending,
            tries: 0,
            due_time: now,
            reason: String::new(),
            problem: String::new(),
            create_time: now,
            last_time: None,
        }
    }

    /// It after it was applied.
    #[must_use]
    pub fn done(self, now: DateTime<Utc>) -> Self {
        let (reason, problem) = (String::new(), String::new());
        let last_time = Some(now);
        Self { change: None, state: State::Done, tries: self.tries + 1, last_time, reason, problem, ..self }
    }

    /// It after a try that failed; a dead letter after `most` of them.
    #[must_use]
    pub fn failed(self, reason: String, problem: String, most: u32, now: DateTime<Utc>) -> Self {
        let tries = self.tries + 1;
        let state = if tries >= most { State::Dead } else { State::Pending };
        let pause = FIRST_PAUSE * 4_i32.saturating_pow(self.tries.min(10));
        Self { state, tries, due_time: now + pause, last_time: Some(now), reason, problem, ..self }
    }

    /// It with all its tries before it. One that is done stays so.
    #[must_use]
    pub fn replayed(self, now: DateTime<Utc>) -> Self {
        if self.state == State::Done {
            return self;
        }
        Self { state: State::Pending, tries: 0, due_time: now, ..self }
    }
}
