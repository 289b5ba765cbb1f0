//! What people agreed to, and what they took back.
//!
//! What was said is never changed; who says something else later adds to it. So what holds does not depend on the order
//! in which it was heard of.

use arki_ids::PersonId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// For what a person is contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Survey,
    Communication,
    Story,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Survey, Self::Communication, Self::Story];

    /// The word for it in storage and in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Communication => "communication",
            Self::Story => "story",
        }
    }

    /// The purpose that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

/// By which way a person is contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Sms,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// The word for it in storage and in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// The channel that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }
}

/// What a person said. Ordered by what wins of two at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Granted,
    Withdrawn,
}

impl State {
    /// The word for it in storage and in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Granted, Self::Withdrawn].into_iter().find(|state| state.word() == word)
    }
}

/// That a person said yes or no to one purpose by one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub person: PersonId,
    pub purpose: Purpose,
    pub channel: Channel,
    pub state: State,
    /// Where it was said.
    pub source: String,
    pub time: DateTime<Utc>,
    /// Which version of the text the person read; empty where there was none.
    pub text_version: String,
}

/// What holds of what was said about one purpose and channel: the latest, and of two at the same time the withdrawal.
/// The order in which they come doesn't matter.
pub fn holding<'c>(said: impl IntoIterator<Item = &'c Consent>) -> Option<&'c Consent> {
    said.into_iter().max_by_key(|consent| (consent.time, consent.state))
}

#[cfg(test)]
mod tests;
