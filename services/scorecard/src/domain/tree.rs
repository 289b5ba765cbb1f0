//! The organisation as it was on a day, on dense indices.
//!
//! Units are numbered in preorder: a unit comes before all units below it, and these are the numbers right after
//! it. So a roll-up is one pass backwards, and all descendants are a range.

use std::collections::BTreeMap;
use std::ops::Range;

use arki_ids::UnitId;
use arki_stats::Histogram;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A unit during a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitVersion {
    pub unit: UnitId,
    /// The unit above; `None` for a root.
    pub parent: Option<UnitId>,
    pub name: String,
    /// The first day.
    pub valid_from: NaiveDate,
    /// The day after the last; `None` while it goes on.
    pub valid_to: Option<NaiveDate>,
}

impl UnitVersion {
    fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }
}

/// Why no tree can be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("units {} are above each other in a circle on {day}, move one of them", list(.units))]
    Cycle { day: NaiveDate, units: Vec<UnitId> },
    #[error("unit {unit} has two versions that begin on {from}, remove one")]
    Ambiguous { unit: UnitId, from: NaiveDate },
    #[error("{got} cells were given for a tree of {units} units, give one for each")]
    CellCount { units: usize, got: usize },
}

fn list(units: &[UnitId]) -> String {
    units.iter().map(UnitId::to_string).collect::<Vec<_>>().join(", ")
}

/// What can be summed up a tree: merging must be associative and commutative.
pub trait Merge {
    fn merge(&mut self, other: &Self);
}

impl Merge for Histogram {
    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }
}

impl Merge for u64 {
    fn merge(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }
}

/// Element by element; the shorter one counts as followed by nothing.
impl<T: Merge + Clone> Merge for Vec<T> {
    fn merge(&mut self, other: &Self) {
        let have = self.len();
        for (mine, theirs) in self.iter_mut().zip(other) {
            mine.merge(theirs);
        }
        self.extend(other.iter().skip(have).cloned());
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    unit: UnitId,
    name: String,
    parent: Option<usize>,
    /// The number after that of the last unit below.
    end: usize,
}

/// The units of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
    index: BTreeMap<UnitId, usize>,
    orphans: Vec<UnitId>,
}

impl Tree {
    /// The tree on a day. Of several versions of a unit that hold on that day, the one that began last counts.
    ///
    /// A unit whose parent does not exist on the day becomes a root and is reported by [`Tree::orphans`]: events
    /// about units arrive in any order, and a missing parent must not make the answers of a unit disappear.
    /// Siblings are ordered by id, so the same versions always give the same numbers.
    ///
    /// # Errors
    /// [`Error::Cycle`] when units are above each other, [`Error::Ambiguous`] when two versions of a unit begin on
    /// the same day.
    pub fn as_of(versions: &[UnitVersion], day: NaiveDate) -> Result<Self, Error> {
        let mut current: BTreeMap<UnitId, &UnitVersion> = BTreeMap::new();
        for version in versions.iter().filter(|version| version.holds_on(day)) {
            match current.get(&version.unit) {
                Some(other) if other.valid_from == version.valid_from && *other != version => {
                    return Err(Error::Ambiguous { unit: version.unit, from: version.valid_from });
                }
                Some(other) if other.valid_from >= version.valid_from => {}
                _ => {
                    current.insert(version.unit, version);
                }
            }
        }
        let mut roots = Vec::new();
        let mut orphans = Vec::new();
        let mut children: BTreeMap<UnitId, Vec<UnitId>> = BTreeMap::new();
        for version in current.values() {
            match version.parent {
                Some(parent) if current.contains_key(&parent) => {
                    children.entry(parent).or_default().push(version.unit);
                }
                missing => {
                    roots.push(version.unit);
                    if missing.is_some() {
                        orphans.push(version.unit);
                    }
                }
            }
        }
        let mut tree = Self { nodes: Vec::with_capacity(current.len()), index: BTreeMap::new(), orphans };
        // A stack of its own, because a hostile import can be deeper than the call stack.
        let mut stack: Vec<(UnitId, Option<usize>)> =
            roots.into_iter().rev().map(|unit| (unit, None)).collect();
        while let Some((unit, parent)) = stack.pop() {
            let place = tree.nodes.len();
            let name = current.get(&unit).map_or_else(String::new, |version| version.name.clone());
            tree.nodes.push(Node { unit, name, parent, end: place + 1 });
            tree.index.insert(unit, place);
            let below = children.get(&unit).map_or(&[][..], Vec::as_slice);
            stack.extend(below.iter().rev().map(|child| (*child, Some(place))));
        }
        for place in (0..tree.nodes.len()).rev() {
            let Node { parent, end, .. } = tree.nodes[place];
            if let Some(parent) = parent {
                tree.nodes[parent].end = tree.nodes[parent].end.max(end);
            }
        }
        if tree.nodes.len() < current.len() {
            let units = current.into_keys().filter(|unit| !tree.index.contains_key(unit)).collect();
            return Err(Error::Cycle { day, units });
        }
        Ok(tree)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The units, each at its number.
    pub fn units(&self) -> impl ExactSizeIterator<Item = UnitId> + '_ {
        self.nodes.iter().map(|node| node.unit)
    }

    /// The units whose parent does not exist on the day; they stand as roots.
    #[must_use]
    pub fn orphans(&self) -> &[UnitId] {
        &self.orphans
    }

    /// The number of a unit.
    #[must_use]
    pub fn number(&self, unit: UnitId) -> Option<usize> {
        self.index.get(&unit).copied()
    }

    /// What a unit was called on the day.
    #[must_use]
    pub fn name(&self, unit: UnitId) -> Option<&str> {
        self.number(unit).map(|place| self.nodes[place].name.as_str())
    }

    /// For each unit the number of the one above, which is smaller than its own.
    #[must_use]
    pub fn parents(&self) -> Vec<Option<usize>> {
        self.nodes.iter().map(|node| node.parent).collect()
    }

    /// The numbers of the units below a unit, without itself; empty for an unknown unit.
    #[must_use]
    pub fn below(&self, unit: UnitId) -> Range<usize> {
        self.number(unit).map_or(0..0, |place| place + 1..self.nodes[place].end)
    }

    /// The units below a unit at any depth, without itself, parents before children.
    pub fn descendants(&self, unit: UnitId) -> impl Iterator<Item = UnitId> + '_ {
        self.nodes[self.below(unit)].iter().map(|node| node.unit)
    }

    /// The units right below a unit.
    pub fn children(&self, unit: UnitId) -> impl Iterator<Item = UnitId> + '_ {
        let parent = self.number(unit);
        self.nodes[self.below(unit)].iter().filter(move |node| node.parent == parent).map(|node| node.unit)
    }

    /// From the root down to the unit itself; empty for an unknown unit.
    #[must_use]
    pub fn path(&self, unit: UnitId) -> Vec<UnitId> {
        let mut path = Vec::new();
        let mut at = self.number(unit);
        while let Some(place) = at {
            path.push(self.nodes[place].unit);
            at = self.nodes[place].parent;
        }
        path.reverse();
        path
    }

    /// Turns the cells of the units alone, each at the number of its unit, into those of the units with all below
    /// them. Merges each cell once.
    ///
    /// # Errors
    /// [`Error::CellCount`] unless there is a cell for each unit.
    pub fn roll_up<C: Merge>(&self, mut cells: Vec<C>) -> Result<Vec<C>, Error> {
        if cells.len() != self.nodes.len() {
            return Err(Error::CellCount { units: self.nodes.len(), got: cells.len() });
        }
        for place in (1..cells.len()).rev() {
            if let Some(parent) = self.nodes[place].parent {
                let (above, rest) = cells.split_at_mut(place);
                above[parent].merge(&rest[0]);
            }
        }
        Ok(cells)
    }
}

#[cfg(test)]
mod tests;
