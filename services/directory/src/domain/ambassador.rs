//! Ambassadors: who speaks for the change in a unit, and whether there are enough of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arki_ids::{AmbassadorId, PersonId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;
use super::tree::Placed;

/// How many employees one ambassador is for, where the tenant says nothing.
pub const PEOPLE_PER_AMBASSADOR: u32 = 50;

/// An employee who goes ahead in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambassador {
    pub id: AmbassadorId,
    pub person: PersonId,
    pub unit: UnitId,
    pub hours_per_month: u32,
    /// The first day.
    pub since: NaiveDate,
    /// The day after the last; none while it goes on.
    pub until: Option<NaiveDate>,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub hours_per_month: Option<u32>,
    pub until: Option<Option<NaiveDate>>,
}

impl Ambassador {
    /// What is wrong with it, if anything.
    pub fn check(&self) -> Result<(), Refused> {
        if self.hours_per_month == 0 {
            return Err(Refused::new(
                "hours_per_month",
                "must be at least 1: nobody goes ahead without time",
            ));
        }
        if self.until.is_some_and(|until| until <= self.since) {
            return Err(Refused::new("until", format!("must come after the first day, {}", self.since)));
        }
        Ok(())
    }

    /// The ambassador after a change. A change of nothing keeps the revision.
    #[must_use]
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Self {
        let Change { hours_per_month, until } = change;
        let changed = Self {
            hours_per_month: hours_per_month.unwrap_or(self.hours_per_month),
            until: until.unwrap_or(self.until),
            ..self.clone()
        };
        if changed == *self {
            return changed;
        }
        Self { revision: self.revision + 1, update_time: now, ..changed }
    }

    /// Whether two times of one person in one unit share a day.
    pub fn overlaps(&self, other: &Self) -> bool {
        (self.person, self.unit) == (other.person, other.unit)
            && self.until.is_none_or(|until| other.since < until)
            && other.until.is_none_or(|until| self.since < until)
    }

    /// Whether it holds on a day.
    pub fn is_on(&self, day: NaiveDate) -> bool {
        self.since <= day && self.until.is_none_or(|until| day < until)
    }
}

/// How well a unit with all below it is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub unit: UnitId,
    pub display_name: String,
    pub employees: u64,
    /// Each person once.
    pub ambassadors: u64,
    pub hours_per_month: u64,
    pub wanted: u64,
}

impl Coverage {
    /// Whether there are fewer than are wanted.
    pub fn is_below(&self) -> bool {
        self.ambassadors < self.wanted
    }
}

/// The coverage of each unit of a tree, by unit. `working` are the ambassadors of the day who work on it.
pub fn coverage(
    placed: &[Placed],
    working: &[Ambassador],
    people_per_ambassador: u32,
) -> BTreeMap<UnitId, Coverage> {
    let mut employees: HashMap<UnitId, u64> = HashMap::new();
    let mut people: HashMap<UnitId, BTreeSet<PersonId>> = HashMap::new();
    let mut hours: HashMap<UnitId, u64> = HashMap::new();
    for ambassador in working {
        people.entry(ambassador.unit).or_default().insert(ambassador.person);
        *hours.entry(ambassador.unit).or_default() += u64::from(ambassador.hours_per_month);
    }
    let mut covered = BTreeMap::new();
    // From the leaves up: parents stand before children.
    for Placed { node, depth: _ } in placed.iter().rev() {
        let unit = node.unit;
        let own = node.employees + employees.get(&unit).copied().unwrap_or_default();
        let those = people.remove(&unit).unwrap_or_default();
        let time = hours.get(&unit).copied().unwrap_or_default();
        covered.insert(
            unit,
            Coverage {
                unit,
                display_name: node.display_name.clone(),
                employees: own,
                ambassadors: those.len() as u64,
                hours_per_month: time,
                wanted: own.div_ceil(u64::from(people_per_ambassador.max(1))),
            },
        );
        if let Some(parent) = node.parent {
            *employees.entry(parent).or_default() += own;
            *hours.entry(parent).or_default() += time;
            people.entry(parent).or_default().extend(those);
        }
    }
    covered
}

#[cfg(test)]
mod tests;
