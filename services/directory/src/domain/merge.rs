//! Merging units: on a day some end, and another takes their people and the units below them.

use std::collections::BTreeSet;

use arki_ids::UnitId;
use chrono::{DateTime, NaiveDate, Utc};

use super::history::Conflict;
use super::tree::{self, Histories};
use super::{Person, Unit};

/// Which units end on a day, and which takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merger {
    pub from: BTreeSet<UnitId>,
    pub into: UnitId,
    pub day: NaiveDate,
}

/// Why units can't be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A unit isn't there on the day, or the one that takes over not on every day after it.
    #[error("a unit is not there from {} on", .0.day)]
    Validity(#[from] Conflict),
    /// The one that takes over stands below one that ends, or is one of them.
    #[error("{} would take itself over", .0.name())]
    Cycle(UnitId),
}

impl Merger {
    /// The units that change, each as it will be, those that end included.
    ///
    /// `units` are all that bear on it: those that end, the one that takes over, and all that stand right below one
    /// that ends, on the day or later. `histories` are those of every unit.
    pub fn units(
        &self,
        units: &[Unit],
        histories: &Histories,
        now: DateTime<Utc>,
    ) -> Result<Vec<Unit>, Refusal> {
        let Self { from, into, day } = self;
        if from.contains(into) {
            return Err(Refusal::Cycle(*into));
        }
        let conflict = |unit: &Unit| Conflict { day: *day, first: unit.history.first_day() };
        let mut changed = Vec::new();
        let mut after = histories.clone();
        for unit in units {
            let mut unit_after = unit.clone();
            unit_after.history.change_from(*day, |place| {
                if place.parent.is_some_and(|parent| from.contains(&parent)) {
                    place.parent = Some(*into);
                }
            });
            if from.contains(&unit.id) {
                if unit.history.on(*day).is_none() {
                    return Err(conflict(unit).into());
                }
                unit_after.history.close(*day)?;
            } else if unit.id == *into && !unit.history.covers(*day, None) {
                return Err(conflict(unit).into());
            }
            let unit_after = unit.revised(unit_after, now);
            after.insert(unit.id, unit_after.history.clone());
            if unit_after != *unit {
                changed.push(unit_after);
            }
        }
        match tree::find_cycle(&after, [*into], *day) {
            Some(unit) => Err(Refusal::Cycle(unit)),
            None => Ok(changed),
        }
    }

    /// The people who change, each as they will be.
    pub fn people(&self, people: &[Person], now: DateTime<Utc>) -> Vec<Person> {
        let moved = |person: &Person| {
            let mut after = person.clone();
            after.memberships.change_unit(self.day, &self.from, self.into);
            let after = person.revised(after, now);
            (after != *person).then_some(after)
        };
        people.iter().filter_map(moved).collect()
    }
}

#[cfg(test)]
mod tests;
