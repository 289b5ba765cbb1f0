//! The one gate between the answers of employees and whoever reads results.
//!
//! What may be shown is planned once, when a wave has closed, for the whole tree and all readers alike: a role only
//! hides parts of the plan. The gate stands on three rules.
//!
//! * **Units.** What is left of a shown unit after its greatest shown parts is nobody or at least `k` people; see
//!   [`arki_stats::disclosure`].
//! * **Questions.** Where everybody agrees, a number tells everybody's answer. So for each question the answers of a
//!   shown unit, and of what is left of it after its parts, must differ or be many; [`Plan::clear`] decides.
//! * **Detail.** Fewer people are shown more coarsely; [`Detail`] says how.
//!
//! A [`Clearance`] can be made here only, and the functions that turn counts of employees into figures ask for one.
//! Nothing tells a reader why a figure is missing: the reason would tell about the people.

#[cfg(test)]
mod attack;
mod detail;
mod question;
#[cfg(test)]
mod tests;

use arki_stats::disclosure;
use serde::{Deserialize, Serialize};

pub(crate) use detail::rounded_percent;
pub use detail::{Detail, shown_people};
pub use question::{Classes, Clearance, PaletteClearance, Verdict};

/// Why nothing can be planned. These are mistakes of the caller; that a figure may not be shown is no error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a minimum group of {0} is below the floor of {floor}", floor = MinimumGroup::FLOOR)]
    BelowFloor(u64),
    #[error("the tree has {units} units but {got} counts were given, give one for each")]
    CountMismatch { units: usize, got: usize },
    #[error("unit number {unit} comes before the unit above it, number parents first")]
    Order { unit: usize },
    #[error("the parts of unit number {unit} count more than the unit itself, roll the counts up first")]
    NotRolledUp { unit: usize },
    #[error("unit number {unit} counts more answers to a question than people who answered")]
    MoreAnswersThanPeople { unit: usize },
}

/// The smallest number of people that may be told apart; fixed when a wave is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct MinimumGroup(u64);

impl MinimumGroup {
    /// No tenant and no wave can go below.
    pub const FLOOR: u64 = 4;
    pub const DEFAULT: Self = Self(5);

    /// # Errors
    /// [`Error::BelowFloor`] for less than [`MinimumGroup::FLOOR`].
    pub fn new(people: u64) -> Result<Self, Error> {
        if people < Self::FLOOR { Err(Error::BelowFloor(people)) } else { Ok(Self(people)) }
    }

    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Default for MinimumGroup {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<u64> for MinimumGroup {
    type Error = Error;

    fn try_from(people: u64) -> Result<Self, Error> {
        Self::new(people)
    }
}

impl From<MinimumGroup> for u64 {
    fn from(k: MinimumGroup) -> Self {
        k.0
    }
}

/// Which units of a tree are shown for a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    k: MinimumGroup,
    parents: Vec<Option<usize>>,
    people: Vec<u64>,
    shown: Vec<bool>,
}

impl Plan {
    /// Plans the units of a tree: `parents[i]` is the number of the unit above unit `i`, smaller than `i`, and
    /// `own[i]` how many people of unit `i` itself answered.
    ///
    /// # Errors
    /// [`Error::CountMismatch`] for slices of different length, [`Error::Order`] when a parent comes after a child.
    pub fn new(parents: &[Option<usize>], own: &[u64], k: MinimumGroup) -> Result<Self, Error> {
        Self::restore(parents, own, k, disclosure::publishable(parents, own, k.get()))
    }

    /// A plan as it was made and stored: what it shows is not decided again, whatever rules hold by now.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn restore(
        parents: &[Option<usize>],
        own: &[u64],
        k: MinimumGroup,
        shown: Vec<bool>,
    ) -> Result<Self, Error> {
        if let Some(got) = [own.len(), shown.len()].into_iter().find(|got| *got != parents.len()) {
            return Err(Error::CountMismatch { units: parents.len(), got });
        }
        let late =
            |(unit, parent): (usize, &Option<usize>)| parent.is_some_and(|p| p >= unit).then_some(unit);
        if let Some(unit) = parents.iter().enumerate().find_map(late) {
            return Err(Error::Order { unit });
        }
        let mut people = own.to_vec();
        for unit in (0..people.len()).rev() {
            if let Some(parent) = parents[unit] {
                people[parent] = people[parent].saturating_add(people[unit]);
            }
        }
        Ok(Self { k, parents: parents.to_vec(), people, shown })
    }

    /// How many people of a unit and all below it answered, whatever may be shown of it.
    #[must_use]
    pub(crate) fn people(&self, unit: usize) -> u64 {
        self.people.get(unit).copied().unwrap_or(0)
    }

    /// Whether anything of a unit may be shown; not so for an unknown unit.
    #[must_use]
    pub fn is_shown(&self, unit: usize) -> bool {
        self.shown.get(unit).copied().unwrap_or(false)
    }

    /// How many units are shown.
    #[must_use]
    pub fn shown_units(&self) -> usize {
        self.shown.iter().filter(|shown| **shown).count()
    }
}
