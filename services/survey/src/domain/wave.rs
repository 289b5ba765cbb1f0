//! One time of asking.

use arki_ids::{UnitId, WaveId};
use arki_words::Words;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::questionnaire::VersionKey;

/// Who can connect an answer with a person. Fixed when the wave opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anonymity {
    Identified,
    Confidential,
    Anonymous,
}

impl Anonymity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Confidential => "confidential",
            Self::Anonymous => "anonymous",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Identified, Self::Confidential, Self::Anonymous].into_iter().find(|one| one.word() == word)
    }

    /// Whether a response keeps its invitation.
    pub fn is_linked(self) -> bool {
        self != Self::Anonymous
    }
}

/// Whom a wave asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Employees,
    Customers,
    Prospects,
    FormerCustomers,
    Candidates,
    Leavers,
}

impl Audience {
    /// Everybody who can be asked.
    pub const ALL: [Self; 6] = [
        Self::Employees,
        Self::Customers,
        Self::Prospects,
        Self::FormerCustomers,
        Self::Candidates,
        Self::Leavers,
    ];

    /// Whether the tenant has, had or may get power over those who answer: they are protected from readers who know
    /// them.
    pub fn is_guarded(self) -> bool {
        match self {
            Self::Employees | Self::Candidates | Self::Leavers => true,
            Self::Customers | Self::Prospects | Self::FormerCustomers => false,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Employees => "employees",
            Self::Customers => "customers",
            Self::Prospects => "prospects",
            Self::FormerCustomers => "former_customers",
            Self::Candidates => "candidates",
            Self::Leavers => "leavers",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Where a wave stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Draft,
    Open,
    /// Nothing is taken any more, but what was taken is not counted yet. Outside it reads as closed.
    Closing,
    Closed,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Draft, Self::Open, Self::Closing, Self::Closed].into_iter().find(|one| one.word() == word)
    }

    /// The state as callers know it.
    pub fn shown(self) -> Self {
        if self == Self::Closing { Self::Closed } else { self }
    }
}

/// What was fixed when the wave opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub time: DateTime<Utc>,
    /// The day in the tenant's time zone, whose tree is the one that results roll up.
    pub day: NaiveDate,
    /// IANA name. Days of answers are counted in it.
    pub time_zone: String,
    /// For readers of a language that the form doesn't have.
    pub default_language: String,
    pub minimum_group: u32,
    pub invitations: u64,
}

/// One time of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    pub id: WaveId,
    pub display_name: String,
    pub version: VersionKey,
    pub audience: Audience,
    /// Only people of these units and of all below; empty means everyone.
    pub units: Vec<UnitId>,
    pub anonymity: Anonymity,
    /// Whether it asks about the whole relationship, not about one encounter.
    #[serde(default)]
    pub is_relational: bool,
    pub state: State,
    pub opening: Option<Opening>,
    /// When it ends by itself, and once it has ended, when it did.
    pub close_time: Option<DateTime<Utc>>,
    pub sender: Words,
    pub results_day: Option<NaiveDate>,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub revision: i64,
}

/// What a new wave is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    pub display_name: String,
    pub version: VersionKey,
    pub audience: Audience,
    pub units: Vec<UnitId>,
    pub anonymity: Anonymity,
    pub is_relational: bool,
    pub close_time: Option<DateTime<Utc>>,
    pub sender: Words,
    pub results_day: Option<NaiveDate>,
}

/// New values for some fields of a wave.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub display_name: Option<String>,
    pub version: Option<VersionKey>,
    pub audience: Option<Audience>,
    pub units: Option<Vec<UnitId>>,
    pub anonymity: Option<Anonymity>,
    pub is_relational: Option<bool>,
    pub close_time: Option<Option<DateTime<Utc>>>,
    pub sender: Option<Words>,
    pub results_day: Option<Option<NaiveDate>>,
}

/// Why a wave stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the wave is {}, and this needs one that is {needed}", .state.shown().word())]
    StateWrong { state: State, needed: &'static str },
    #[error("close_time is not after now")]
    CloseTimePassed,
}

impl Wave {
    pub fn new(id: WaveId, draft: Draft, now: DateTime<Utc>) -> Result<Self, Error> {
        let Draft {
            display_name,
            version,
            audience,
            units,
            anonymity,
            is_relational,
            close_time,
            sender,
            results_day,
        } = draft;
        let wave = Self {
            id,
            display_name,
            version,
            audience,
            units,
            anonymity,
            is_relational,
            state: State::Draft,
            opening: None,
            close_time,
            sender,
            results_day,
            create_time: now,
            update_time: now,
            revision: 1,
        };
        wave.ends_after(now)?;
        Ok(wave)
    }

    /// A draft can change in every field, an open wave only in what was not promised to those who answered
    /// already, and a closed one in none. Setting a field to what it is changes nothing and is always allowed.
    pub fn apply(&mut self, change: Change, now: DateTime<Utc>) -> Result<(), Error> {
        let mut next = self.clone();
        let Change {
            display_name,
            version,
            audience,
            units,
            anonymity,
            is_relational,
            close_time,
            sender,
            results_day,
        } = change;
        set(&mut next.version, version);
        set(&mut next.audience, audience);
        set(&mut next.units, units);
        set(&mut next.anonymity, anonymity);
        set(&mut next.is_relational, is_relational);
        if next != *self && self.state != State::Draft {
            return Err(Error::StateWrong { state: self.state, needed: "draft" });
        }
        let ends = close_time.is_some_and(|close_time| close_time != self.close_time);
        set(&mut next.display_name, display_name);
        set(&mut next.close_time, close_time);
        set(&mut next.sender, sender);
        set(&mut next.results_day, results_day);
        if next != *self && matches!(self.state, State::Closing | State::Closed) {
            return Err(Error::StateWrong { state: self.state, needed: "draft or open" });
        }
        if ends {
            next.ends_after(now)?;
        }
        *self = next;
        self.touch(now);
        Ok(())
    }

    pub fn open(&mut self, opening: Opening) -> Result<(), Error> {
        self.must_be(State::Draft)?;
        self.ends_after(opening.time)?;
        self.state = State::Open;
        self.touch(opening.time);
        self.opening = Some(opening);
        Ok(())
    }

    /// Takes nothing more from now on.
    pub fn begin_closing(&mut self, now: DateTime<Utc>) -> Result<(), Error> {
        self.must_be(State::Open)?;
        self.state = State::Closing;
        self.close_time = Some(self.close_time.map_or(now, |planned| planned.min(now)));
        self.touch(now);
        Ok(())
    }

    /// All that was taken has been counted.
    pub fn finish_closing(&mut self) -> Result<(), Error> {
        self.must_be(State::Closing)?;
        self.state = State::Closed;
        self.revision += 1;
        Ok(())
    }

    fn must_be(&self, needed: State) -> Result<(), Error> {
        if self.state == needed {
            return Ok(());
        }
        Err(Error::StateWrong { state: self.state, needed: needed.word() })
    }

    /// Whether an answer is taken now. Its end is kept to the second, whenever somebody notes it.
    pub fn must_take(&self, now: DateTime<Utc>) -> Result<(), Error> {
        self.must_be(State::Open)?;
        if self.is_over(now) {
            return Err(Error::StateWrong { state: State::Closed, needed: State::Open.word() });
        }
        Ok(())
    }

    fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.close_time.is_some_and(|close_time| close_time <= now)
    }

    /// The state that a respondent meets.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        if self.state == State::Open && self.is_over(now) { State::Closed } else { self.state.shown() }
    }

    /// Today, where the wave counts its days.
    pub fn day(&self, now: DateTime<Utc>) -> NaiveDate {
        day_in(self.opening.as_ref().map_or("", |opening| &opening.time_zone), now)
    }

    /// Whether results of this wave are held back until it has closed.
    pub fn counts_at_close(&self) -> bool {
        self.audience.is_guarded()
    }

    /// How many responses may be told of. While employees answer, nobody may watch the next answer come in.
    pub fn shown_responses(&self, responses: u64) -> u64 {
        let invitations = self.opening.as_ref().map_or(0, |opening| opening.invitations);
        match (self.audience.is_guarded(), self.state) {
            (true, State::Draft | State::Open) if invitations < 10 => 0,
            (true, State::Draft | State::Open) => responses - responses % 5,
            _ => responses,
        }
    }

    fn ends_after(&self, now: DateTime<Utc>) -> Result<(), Error> {
        if self.is_over(now) { Err(Error::CloseTimePassed) } else { Ok(()) }
    }

    fn touch(&mut self, now: DateTime<Utc>) {
        self.revision += 1;
        self.update_time = now;
    }
}

/// The day that it is in a time zone. A name that this program doesn't know counts in UTC.
pub fn day_in(time_zone: &str, now: DateTime<Utc>) -> NaiveDate {
    let zone: chrono_tz::Tz = time_zone.parse().unwrap_or(chrono_tz::UTC);
    now.with_timezone(&zone).date_naive()
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

#[cfg(test)]
#[path = "wave_tests.rs"]
mod tests;
