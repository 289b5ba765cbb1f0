use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// Where a vision or a goal stands. It goes this way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Draft,
    /// In force.
    Active,
    /// No longer in force.
    Ended,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }

    /// Refuses what can only be done in another state.
    pub(super) fn needs(self, needed: &[Self]) -> Result<(), Error> {
        if needed.contains(&self) {
            return Ok(());
        }
        let needed: Vec<_> = needed.iter().map(|state| state.as_str()).collect();
        Err(Error::WrongState { state: self, needed: needed.join(" or ") })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is not a state.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not draft, active or ended")]
pub struct UnknownState(String);

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        [Self::Draft, Self::Active, Self::Ended]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| UnknownState(word.to_owned()))
    }
}
