//! Where an employee stands, through time.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::history::{Broken, Conflict, History, Period};
use super::ChangeError;

/// Where an employee stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    Active,
    LongLeave,
    Left,
    /// Works again after an absence.
    Returned,
}

impl Employment {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Active, Self::LongLeave, Self::Left, Self::Returned];
    /// The states of those who work.
    pub const WORKING: [Self; 2] = [Self::Active, Self::Returned];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::LongLeave => "long_leave",
            Self::Left => "left",
            Self::Returned => "returned",
        }
    }

    /// The state that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether the employee works.
    pub fn works(self) -> bool {
        Self::WORKING.contains(&self)
    }

    /// The state when a system says this one that knows of no return: active, said of somebody who had left or has
    /// returned, is returned.
    #[must_use]
    pub fn heard_of(self, before: Option<Self>) -> Self {
        match (before, self) {
            (Some(Self::Left | Self::Returned), Self::Active) => Self::Returned,
            (_, said) => said,
        }
    }

    /// Refuses a step from one state to another that can't be. None is not employed, or not employed yet.
    ///
    /// Only who was away returns, and who has left returns before anything else.
    pub fn step(from: Option<Self>, to: Option<Self>) -> Result<(), Illegal> {
        let Some(to) = to else { return Ok(()) };
        let is_legal = match (from, to) {
            (None | Some(Self::Active), Self::Returned) => false,
            (Some(Self::Left), Self::Active | Self::LongLeave) => false,
            (
                None | Some(Self::Active | Self::LongLeave | Self::Left | Self::Returned),
                Self::Active | Self::LongLeave | Self::Left | Self::Returned,
            ) => true,
        };
        if is_legal { Ok(()) } else { Err(Illegal { from, to }) }
    }
}

/// A step of an employment that can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "employment can't go from {} to {}: only who was away returns, and who has left returns first",
    .from.map_or("none", Employment::word),
    .to.word()
)]
pub struct Illegal {
    pub from: Option<Employment>,
    pub to: Employment,
}

/// Where an employee stands through time; empty for somebody who was never employed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employments(Option<History<Employment>>);

impl Employments {
    /// The first day of a state that is not known to have begun: it is taken to have held ever since.
    pub const EVER: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
        Some(day) => day,
        None => NaiveDate::MIN,
    };

    /// Reads back what [`Employments::periods`] gave, in any order.
    pub fn from_periods(periods: Vec<Period<Employment>>) -> Result<Self, Broken> {
        if periods.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some(History::from_periods(periods)?)))
    }

    /// The states with their periods, oldest first.
    pub fn periods(&self) -> Vec<Period<Employment>> {
        let Some(history) = &self.0 else { return Vec::new() };
        history.periods().map(|Period { from, to, value }| Period { from, to, value: *value }).collect()
    }

    /// The state on a day.
    pub fn on(&self, day: NaiveDate) -> Option<Employment> {
        self.0.as_ref()?.on(day).map(|period| *period.value)
    }

    /// Puts a state in the place of what holds on `day`. What is planned after it stays. Each step must be legal.
    pub fn put(&mut self, day: NaiveDate, state: Employment) -> Result<(), ChangeError> {
        let changed = match &self.0 {
            None => History::starting(day, state),
            Some(history) => {
                let mut history = history.clone();
                history.put(day, state)?;
                history
            }
        };
        let mut from = None;
        for period in changed.periods() {
            // What was heard of first is taken as it is: nobody knows what was before.
            if period.from != Self::EVER {
                Employment::step(from, Some(*period.value))?;
            }
            from = Some(*period.value);
        }
        self.0 = Some(changed);
        Ok(())
    }

    /// Notes the state that is said to hold on `day`. The first that is ever said is taken to have held ever since.
    pub fn follow(&mut self, day: NaiveDate, state: Employment) -> Result<(), Conflict> {
        match &mut self.0 {
            None => self.0 = Some(History::starting(Self::EVER, state)),
            Some(history) if day < history.first_day() => {
                // Planned to begin later, and there already.
                self.0 = Some(History::starting(day, state));
            }
            Some(history) => {
                if history.on(day).is_none_or(|period| *period.value != state) {
                    history.put(day, state)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
