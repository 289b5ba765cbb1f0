//! Whom a vision has reached, counted in employees.
//!
//! An employee has a goal in everyday words when a goal of the vision is in force for the employee's own unit (for
//! everyone in it, or for the employee's role), or for the employee's role in a unit above or in the whole
//! organisation. A goal for everyone in a unit above, or for everyone at all, is not yet the everyday of this unit
//! and doesn't count. The state of an employee is the furthest over every goal in force that is for the employee, so
//! a commitment to a goal of the whole organisation shows there.
//!
//! Numbers of states are shown for a unit only where neither it nor what is left beside its published parts is a
//! group below the minimum. That is decided over the whole organisation, whatever part of it is asked for: two
//! reports of different parts can't be subtracted from each other.

use std::collections::{HashMap, HashSet};
use std::ops::AddAssign;

use arki_ids::{GoalId, PersonId, RoleId, UnitId};
use arki_stats::disclosure::publishable;

use super::{CommitmentState, Organisation, Place};

/// The smallest group whose numbers may be shown, however low a tenant has set it.
pub const SMALLEST_GROUP: u64 = 5;

/// An active employee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Employee {
    pub person: PersonId,
    pub unit: Option<UnitId>,
    pub role: Option<RoleId>,
}

/// A goal in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveGoal {
    pub id: GoalId,
    pub place: Place,
}

/// How far a goal has come with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub goal: GoalId,
    pub person: PersonId,
    pub state: CommitmentState,
}

/// Numbers of a group of employees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub employees: u64,
    pub with_goal: u64,
    /// By state, in the order of [`CommitmentState::ALL`].
    pub states: [u64; CommitmentState::ALL.len()],
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        let Self { employees, with_goal, states } = other;
        self.employees += employees;
        self.with_goal += with_goal;
        for (mine, more) in self.states.iter_mut().zip(states) {
            *mine += more;
        }
    }
}

/// The numbers of a unit, itself and all below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitCoverage {
    /// None for the whole.
    pub unit: Option<UnitId>,
    pub counts: Counts,
    /// Whether the numbers of states are there; else they are 0.
    pub shown: bool,
}

/// Whom a vision has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub total: UnitCoverage,
    /// Parents before children.
    pub units: Vec<UnitCoverage>,
    /// Units with employees of their own, none of whom has a goal.
    pub holes: Vec<UnitId>,
}

/// Counts everybody. `minimum` is the smallest group whose states may be shown.
pub fn report(
    tree: &Organisation,
    employees: &[Employee],
    goals: &[ActiveGoal],
    progress: &[Progress],
    minimum: u64,
) -> Report {
    // Place 0 is the whole, and place n + 1 the unit at position n: parents come before children there too.
    let mut own = vec![Counts::default(); tree.units().len() + 1];
    let words = EverydayWords::of(goals);
    let states = furthest(tree, employees, goals, progress);
    for (employee, state) in employees.iter().zip(states) {
        // Whoever has no unit of today's tree counts in the whole alone.
        let place = employee.unit.and_then(|unit| tree.position(unit)).map_or(0, |position| position + 1);
        let counts = &mut own[place];
        counts.employees += 1;
        counts.with_goal += u64::from(words.reach(employee, tree));
        counts.states[state as usize] += 1;
    }
    let parents: Vec<Option<usize>> = std::iter::once(None)
        .chain(tree.units().iter().map(|unit| Some(unit.parent.map_or(0, |parent| parent + 1))))
        .collect();
    let group_sizes: Vec<u64> = own.iter().map(|counts| counts.employees).collect();
    let shown = publishable(&parents, &group_sizes, minimum.max(SMALLEST_GROUP));
    let mut all = own.clone();
    for place in (1..all.len()).rev() {
        let below = all[place];
        if let Some(parent) = parents[place] {
            all[parent] += below;
        }
    }
    let coverage = |place: usize, unit| {
        let mut counts = all[place];
        if !shown[place] {
            counts.states = Default::default();
        }
        UnitCoverage { unit, counts, shown: shown[place] }
    };
    let with_place = || tree.units().iter().enumerate().map(|(position, unit)| (position + 1, unit.id));
    Report {
        total: coverage(0, None),
        units: with_place().map(|(place, unit)| coverage(place, Some(unit))).collect(),
        holes: with_place()
            .filter(|&(place, _)| own[place].employees > 0 && own[place].with_goal == 0)
            .map(|(_, unit)| unit)
            .collect(),
    }
}

impl Report {
    /// The part of the report for a unit and all below it; none where the tree has no such unit.
    pub fn below(self, unit: UnitId, tree: &Organisation) -> Option<Self> {
        tree.position(unit)?;
        let is_inside = |inner: UnitId| tree.is_at_or_above(Some(unit), Some(inner));
        let units: Vec<_> =
            self.units.into_iter().filter(|coverage| coverage.unit.is_some_and(is_inside)).collect();
        let total = *units.iter().find(|coverage| coverage.unit == Some(unit))?;
        Some(Self { total, units, holes: self.holes.into_iter().filter(|hole| is_inside(*hole)).collect() })
    }
}

/// Where goals speak of somebody's own everyday.
struct EverydayWords {
    units: HashSet<UnitId>,
    roles: HashSet<Place>,
}

impl EverydayWords {
    fn of(goals: &[ActiveGoal]) -> Self {
        let places = goals.iter().map(|goal| goal.place);
        Self {
            units: places
                .clone()
                .filter(|place| place.role.is_none())
                .filter_map(|place| place.unit)
                .collect(),
            roles: places.filter(|place| place.role.is_some()).collect(),
        }
    }

    fn reach(&self, employee: &Employee, tree: &Organisation) -> bool {
        let Employee { person: _, unit, role } = *employee;
        unit.is_some_and(|unit| self.units.contains(&unit))
            || (role.is_some() && line(unit, tree).any(|unit| self.roles.contains(&Place { unit, role })))
    }
}

/// A unit, all above it, and the whole.
fn line(unit: Option<UnitId>, tree: &Organisation) -> impl Iterator<Item = Option<UnitId>> {
    let position = unit.and_then(|unit| tree.position(unit));
    let units = position.into_iter().flat_map(|position| tree.line(position).map(|unit| Some(unit.id)));
    units.chain(std::iter::once(None))
}

/// The furthest state of each employee, over the goals that are for the employee today.
fn furthest(
    tree: &Organisation,
    employees: &[Employee],
    goals: &[ActiveGoal],
    progress: &[Progress],
) -> Vec<CommitmentState> {
    let places: HashMap<GoalId, Place> = goals.iter().map(|goal| (goal.id, goal.place)).collect();
    let mut answers: HashMap<PersonId, Vec<(Place, CommitmentState)>> = HashMap::new();
    for Progress { goal, person, state } in progress {
        if let Some(place) = places.get(goal) {
            answers.entry(*person).or_default().push((*place, *state));
        }
    }
    employees
        .iter()
        .map(|Employee { person, unit, role }| {
            answers
                .get(person)
                .into_iter()
                .flatten()
                .filter(|(place, _)| place.is_for(*unit, *role, tree))
                .map(|(_, state)| *state)
                .max()
                .unwrap_or(CommitmentState::Unseen)
        })
        .collect()
}

#[cfg(test)]
mod tests;
