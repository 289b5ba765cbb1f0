//! The places that the results of one wave roll up: the units of a day, and the whole tenant above them.
//!
//! The whole tenant is a place of its own only where no unit is it: where the tree has several roots, or where
//! somebody who answered was in no unit of the tree. It then comes first, and everything below it rolls up into it; so
//! the gate decides on it as on any other place.

use std::collections::BTreeMap;

use arki_ids::UnitId;

use super::tree::{Merge, Tree};

/// Where results are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `None` for the whole tenant.
    pub unit: Option<UnitId>,
    /// What the unit was called on the day; empty for the whole tenant.
    pub name: String,
    /// The number of the place above, smaller than the own one.
    pub parent: Option<usize>,
}

/// All places of a wave, each before those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchy {
    places: Vec<Place>,
    numbers: BTreeMap<Option<UnitId>, usize>,
}

/// Somebody answered in a unit that the places do not know, and there is no whole tenant to count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("answers of unit {} have no place in the hierarchy", .0.map(|unit| unit.to_string()).unwrap_or_default())]
pub struct Homeless(pub Option<UnitId>);

impl Hierarchy {
    /// The places of a tree; `has_outsiders` says that somebody answered who is in no unit of it.
    #[must_use]
    pub fn of(tree: &Tree, has_outsiders: bool) -> Self {
        let parents = tree.parents();
        let roots = parents.iter().filter(|parent| parent.is_none()).count();
        let above = usize::from(has_outsiders || roots > 1);
        let whole = Place { unit: None, name: String::new(), parent: None };
        let places = tree.units().zip(parents).map(|(unit, parent)| Place {
            unit: Some(unit),
            name: tree.name(unit).unwrap_or_default().to_owned(),
            parent: parent.map(|number| number + above).or((above > 0).then_some(0)),
        });
        Self::number(std::iter::repeat_n(whole, above).chain(places).collect())
    }

    /// The places as they were stored; `None` when they cannot have been made by [`Hierarchy::of`].
    #[must_use]
    pub fn restore(places: Vec<Place>) -> Option<Self> {
        let is_ordered = places.iter().enumerate().all(|(number, place)| match place.parent {
            Some(parent) => parent < number && place.unit.is_some(),
            None => number == 0,
        });
        let count = places.len();
        Some(Self::number(places)).filter(|restored| is_ordered && restored.numbers.len() == count)
    }

    fn number(places: Vec<Place>) -> Self {
        let numbers = places.iter().enumerate().map(|(number, place)| (place.unit, number)).collect();
        Self { places, numbers }
    }

    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    #[must_use]
    pub fn parents(&self) -> Vec<Option<usize>> {
        self.places.iter().map(|place| place.parent).collect()
    }

    /// The number of a unit.
    #[must_use]
    pub fn of_unit(&self, unit: UnitId) -> Option<usize> {
        self.numbers.get(&Some(unit)).copied()
    }

    /// Whether answers of a unit, or of none, count for some place.
    #[must_use]
    pub fn has_place(&self, unit: Option<UnitId>) -> bool {
        self.numbers.contains_key(&unit) || self.numbers.contains_key(&None)
    }

    /// The number of the place that is the whole tenant: one of its own, or the only root. `None` without any places.
    #[must_use]
    pub fn whole(&self) -> Option<usize> {
        // There is one place without one above, and it is the first.
        (!self.places.is_empty()).then_some(0)
    }

    /// Whether a place is the whole tenant and no unit.
    #[must_use]
    pub fn is_tenant(&self, number: usize) -> bool {
        self.places.get(number).is_some_and(|place| place.unit.is_none())
    }

    /// A place and those right below it.
    pub fn with_children(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let below = move |(_, place): &(usize, &Place)| place.parent == Some(number);
        std::iter::once(number).chain(self.places.iter().enumerate().filter(below).map(|(child, _)| child))
    }

    /// Puts cells at the places of their units, and rolls them up. A unit that is no place, or none at all, counts for
    /// the whole tenant alone.
    ///
    /// # Errors
    /// [`Homeless`] where that is no place either.
    pub fn roll_up<C: Merge + Default + Clone>(
        &self,
        cells: impl IntoIterator<Item = (Option<UnitId>, C)>,
    ) -> Result<Vec<C>, Homeless> {
        let mut sums = self.own(cells)?;
        for number in (1..sums.len()).rev() {
            if let Some(parent) = self.places[number].parent {
                let (above, rest) = sums.split_at_mut(number);
                above[parent].merge(&rest[0]);
            }
        }
        Ok(sums)
    }

    /// Puts cells at the places of their units, without those below.
    ///
    /// # Errors
    /// As [`Hierarchy::roll_up`].
    pub fn own<C: Merge + Default + Clone>(
        &self,
        cells: impl IntoIterator<Item = (Option<UnitId>, C)>,
    ) -> Result<Vec<C>, Homeless> {
        let mut sums = vec![C::default(); self.places.len()];
        for (unit, cell) in cells {
            let number = self.numbers.get(&unit).or_else(|| self.numbers.get(&None)).ok_or(Homeless(unit))?;
            sums[*number].merge(&cell);
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::tree::UnitVersion;

    fn unit(number: u8) -> UnitId {
        format!("unt_0000000000000000000000000{number}").parse().unwrap()
    }

    fn tree(units: &[(u8, Option<u8>)]) -> Tree {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let version = |&(id, parent): &(u8, Option<u8>)| UnitVersion {
            unit: unit(id),
            parent: parent.map(unit),
            name: format!("Unit {id}"),
            valid_from: day,
            valid_to: None,
        };
        Tree::as_of(&units.iter().map(version).collect::<Vec<_>>(), day).unwrap()
    }

    fn parents(hierarchy: &Hierarchy) -> Vec<Option<usize>> {
        hierarchy.parents()
    }

    #[test]
    fn one_root_is_the_whole_tenant() {
        let hierarchy = Hierarchy::of(&tree(&[(1, None), (2, Some(1))]), false);
        assert_eq!(parents(&hierarchy), [None, Some(0)]);
        assert_eq!((hierarchy.whole(), hierarchy.is_tenant(0)), (Some(0), false));
    }

    #[test]
    fn several_roots_or_people_without_a_unit_make_a_place_of_the_whole_tenant() {
        let several = Hierarchy::of(&tree(&[(1, None), (2, Some(1)), (3, None)]), false);
        assert_eq!(parents(&several), [None, Some(0), Some(1), Some(0)]);
        assert!(several.is_tenant(0) && !several.is_tenant(1));
        let outsiders = Hierarchy::of(&tree(&[(1, None)]), true);
        assert_eq!(parents(&outsiders), [None, Some(0)]);
        let nobody = Hierarchy::of(&tree(&[]), false);
        assert_eq!((nobody.whole(), nobody.places().len()), (None, 0));
    }

    #[test]
    fn cells_of_units_that_are_no_place_count_for_the_whole_tenant_alone() {
        let hierarchy = Hierarchy::of(&tree(&[(1, None), (2, Some(1))]), true);
        let cells = [(Some(unit(1)), 1_u64), (Some(unit(2)), 10), (None, 100), (Some(unit(9)), 1000)];
        assert_eq!(hierarchy.roll_up(cells), Ok(vec![1111, 11, 10]));
        assert_eq!(hierarchy.own(cells), Ok(vec![1100, 1, 10]));
        let without = Hierarchy::of(&tree(&[(1, None)]), false);
        assert_eq!(without.roll_up([(Some(unit(9)), 1_u64)]), Err(Homeless(Some(unit(9)))));
    }

    #[test]
    fn a_place_is_followed_by_those_right_below_it() {
        let hierarchy = Hierarchy::of(&tree(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))]), false);
        assert_eq!(hierarchy.with_children(0).collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(hierarchy.with_children(2).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn stored_places_come_back_and_mixed_up_ones_do_not() {
        let hierarchy = Hierarchy::of(&tree(&[(1, None), (2, Some(1)), (3, None)]), false);
        let places = hierarchy.places().to_vec();
        assert_eq!(Hierarchy::restore(places.clone()), Some(hierarchy));
        assert_eq!(Hierarchy::restore(places.iter().rev().cloned().collect()), None);
        assert_eq!(Hierarchy::restore([&places[..], &places[1..2]].concat()), None);
        assert_eq!(Hierarchy::restore(Vec::new()), Some(Hierarchy::default()));
    }
}
