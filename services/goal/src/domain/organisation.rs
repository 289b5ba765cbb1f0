//! The tree of units of one day, as the directory tells it.

use std::collections::HashMap;

use arki_ids::{PersonId, UnitId};

/// A unit in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub id: UnitId,
    pub display_name: String,
    /// The position of the unit above; none for a root.
    pub parent: Option<usize>,
    pub leader: Option<PersonId>,
}

/// A unit as it comes, with the id of the one above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    pub id: UnitId,
    pub display_name: String,
    pub parent: Option<UnitId>,
    pub leader: Option<PersonId>,
}

/// All units, parents before children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    units: Vec<Unit>,
    positions: HashMap<UnitId, usize>,
}

/// Rows that are not a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("unit {0} comes before the unit above it, or that one is missing")]
    Order(UnitId),
    #[error("unit {0} comes twice")]
    Twice(UnitId),
}

impl Organisation {
    /// Reads rows that come parents before children.
    pub fn new(rows: impl IntoIterator<Item = UnitRow>) -> Result<Self, Malformed> {
        let mut organisation = Self::default();
        for UnitRow { id, display_name, parent, leader } in rows {
            let parent = match parent {
                None => None,
                Some(parent) => Some(organisation.position(parent).ok_or(Malformed::Order(id))?),
            };
            let position = organisation.units.len();
            if organisation.positions.insert(id, position).is_some() {
                return Err(Malformed::Twice(id));
            }
            organisation.units.push(Unit { id, display_name, parent, leader });
        }
        Ok(organisation)
    }

    /// Every unit, parents before children.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Where in [`units`](Self::units) a unit is.
    pub fn position(&self, unit: UnitId) -> Option<usize> {
        self.positions.get(&unit).copied()
    }

    /// The unit at a position, then the one above it, up to the root.
    pub fn line(&self, position: usize) -> impl Iterator<Item = &Unit> {
        let at = |position: usize| self.units.get(position);
        std::iter::successors(at(position), move |unit| unit.parent.and_then(at))
    }

    /// Whether `upper` is `lower` itself or above it. No unit is the whole, which is above all.
    pub fn is_at_or_above(&self, upper: Option<UnitId>, lower: Option<UnitId>) -> bool {
        let Some(upper) = upper else { return true };
        let Some(lower) = lower else { return false };
        // A unit that has left the tree is still itself.
        upper == lower
            || self.position(lower).is_some_and(|position| self.line(position).any(|unit| unit.id == upper))
    }

    /// The units right below one; the roots for the whole.
    pub fn right_below(&self, unit: Option<UnitId>) -> impl Iterator<Item = &Unit> {
        let above = unit.map(|unit| self.position(unit));
        self.units.iter().filter(move |below| match above {
            None => below.parent.is_none(),
            Some(position) => position.is_some() && below.parent == position,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: UnitId, parent: Option<UnitId>) -> UnitRow {
        UnitRow { id, display_name: id.to_string(), parent, leader: None }
    }

    #[test]
    fn the_line_of_a_unit_leads_to_its_root() {
        let [root, middle, leaf, other] = std::array::from_fn(|_| UnitId::generate());
        let tree = Organisation::new([
            row(root, None),
            row(middle, Some(root)),
            row(leaf, Some(middle)),
            row(other, None),
        ])
        .unwrap();
        let line: Vec<_> = tree.line(2).map(|unit| unit.id).collect();
        assert_eq!(line, [leaf, middle, root]);
        for (upper, lower, expected) in [
            (None, Some(leaf), true),
            (None, None, true),
            (Some(root), Some(leaf), true),
            (Some(leaf), Some(leaf), true),
            (Some(leaf), Some(root), false),
            (Some(other), Some(leaf), false),
            (Some(root), None, false),
        ] {
            assert_eq!(tree.is_at_or_above(upper, lower), expected, "{upper:?} over {lower:?}");
        }
        let below = |unit| tree.right_below(unit).map(|unit| unit.id).collect::<Vec<_>>();
        assert_eq!(below(None), [root, other]);
        assert_eq!(below(Some(root)), [middle]);
        assert_eq!(below(Some(leaf)), []);
        assert_eq!(below(Some(UnitId::generate())), [], "an unknown unit has nothing below");
    }

    #[test]
    fn rows_that_are_no_tree_are_refused() {
        let [root, leaf] = std::array::from_fn(|_| UnitId::generate());
        assert_eq!(Organisation::new([row(leaf, Some(root)), row(root, None)]), Err(Malformed::Order(leaf)));
        assert_eq!(Organisation::new([row(root, None), row(root, None)]), Err(Malformed::Twice(root)));
        assert_eq!(Organisation::new([row(root, Some(root))]), Err(Malformed::Order(root)));
    }
}
