//! One time of asking, as far as its results need it.

use arki_ids::WaveId;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::release::MinimumGroup;

/// Whom a wave asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    pub const ALL: &[Self] = &[
        Self::Employees,
        Self::Customers,
        Self::Prospects,
        Self::FormerCustomers,
        Self::Candidates,
        Self::Leavers,
    ];

    #[must_use]
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

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }

    /// Whether results pass the release gate: readers may know those who answered, and have,
    /// had or may get power over them.
    #[must_use]
    pub fn is_gated(self) -> bool {
        match self {
            Self::Employees | Self::Candidates | Self::Leavers => true,
            Self::Customers | Self::Prospects | Self::FormerCustomers => false,
        }
    }
}

/// What was fixed when a wave opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub display_name: String,
    pub audience: Audience,
    /// identified, confidential or anonymous; told, and of no effect here.
    pub anonymity: String,
    /// The day whose tree the results roll up.
    pub open_day: NaiveDate,
    pub minimum_group: MinimumGroup,
}

/// How far a wave has come here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveState {
    /// Answers may come.
    Open,
    /// No more answers, and not released yet: something that the release needs has not been heard of.
    Closed,
    /// No more answers, and what may be shown is decided for ever.
    Released,
}

impl WaveState {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Released => "released",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Released].into_iter().find(|one| one.word() == word)
    }
}

/// A wave. News of it may come in any order, so everything but its name may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    pub id: WaveId,
    pub opening: Option<Opening>,
    pub state: WaveState,
    pub close_time: Option<DateTime<Utc>>,
}

impl Wave {
    /// A wave of which nothing is known yet.
    #[must_use]
    pub fn unheard(id: WaveId) -> Self {
        Self { id, opening: None, state: WaveState::Open, close_time: None }
    }

    /// Whether answers may still be added. Those of a wave that may be of employees are not, once it has ended: what
    /// is released must never change, and a wave whose opening was not heard of may be any.
    #[must_use]
    pub fn takes_answers(&self) -> bool {
        let is_gated = self.opening.as_ref().is_none_or(|opening| opening.audience.is_gated());
        self.state == WaveState::Open || !is_gated
    }
}

/// What a wave asks, as counters know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In the words of the survey: nps, csat, ces, agreement, `emotion_palette` and others that no metric counts.
    pub kind: String,
    /// For a palette the keys of its options; the value counted is the place, from 0.
    pub options: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_that_ended_takes_answers_of_customers_only() {
        let mut wave = Wave::unheard("wav_00000000000000000000000001".parse().unwrap());
        assert!(wave.takes_answers());
        wave.state = WaveState::Closed;
        assert!(!wave.takes_answers(), "it may be one of employees");
        let customers = [Audience::Customers, Audience::Prospects, Audience::FormerCustomers];
        for &audience in Audience::ALL {
            let takes = customers.contains(&audience);
            wave.opening = Some(Opening {
                display_name: "Spring".into(),
                audience,
                anonymity: "anonymous".into(),
                open_day: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
                minimum_group: MinimumGroup::DEFAULT,
            });
            assert_eq!(wave.takes_answers(), takes, "{audience:?}");
        }
    }

    #[test]
    fn words_read_back() {
        for &audience in Audience::ALL {
            assert_eq!(Audience::from_word(audience.word()), Some(audience));
        }
        for state in [WaveState::Open, WaveState::Closed, WaveState::Released] {
            assert_eq!(WaveState::from_word(state.word()), Some(state));
        }
    }
}
