//! Which rows of its tenant a caller may see: the one place of the rule.
//!
//! The contract says for each method what somebody gets who does not reach the whole tenant (`arki.auth.v1.reach`),
//! and the server stack holds that. Where it says "rows", the service asks the [`Reach`] here, with what it knows of
//! the tree of units as it is today.

use std::collections::{BTreeSet, HashMap, HashSet};

use arki_ids::{PersonId, UnitId};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// Which rows of its tenant a caller may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// All of them.
    #[default]
    Tenant,
    /// All of them, but nothing of any one person.
    Impersonal,
    /// Those of some units and all below them, and those of one person.
    Rows(Rows),
}

/// The rows of some units and of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// The roots: what is below them is within reach too. None for whoever leads nothing.
    pub units: BTreeSet<UnitId>,
    /// Who the caller is, if a person of the directory.
    pub person: Option<PersonId>,
}

impl Reach {
    /// Whether it is the whole tenant with everybody in it, which is what there was before there were rows.
    pub fn is_whole(&self) -> bool {
        *self == Self::Tenant
    }

    /// The rows, where it is not the whole tenant.
    pub fn rows(&self) -> Option<&Rows> {
        match self {
            Self::Tenant | Self::Impersonal => None,
            Self::Rows(rows) => Some(rows),
        }
    }

    /// Whether a person is the caller's own self.
    pub fn is_own(&self, person: PersonId) -> bool {
        self.rows().is_some_and(|rows| rows.person == Some(person))
    }

    /// The unit that a call without one means: for whoever leads one unit, that one; for the whole tenant, none.
    ///
    /// # Errors
    /// `OUT_OF_REACH` for whoever leads none or several, who has to say which.
    pub fn unit_or_own(&self, unit: Option<UnitId>) -> Result<Option<UnitId>, Failure> {
        let (Some(rows), None) = (self.rows(), unit) else { return Ok(unit) };
        let mut roots = rows.units.iter();
        match (roots.next(), roots.next()) {
            (Some(one), None) => Ok(Some(*one)),
            _ => Err(Failure::out_of_reach()),
        }
    }

    /// The unit that a call is about, where units `within` are covered: the only root where it names none.
    ///
    /// # Errors
    /// `OUT_OF_REACH` for a unit that is not covered, whether it is there or not, and for whoever has to say which.
    pub fn unit_within(
        &self,
        unit: Option<UnitId>,
        within: Option<&HashSet<UnitId>>,
    ) -> Result<Option<UnitId>, Failure> {
        let unit = self.unit_or_own(unit)?;
        match (unit, within) {
            (Some(unit), Some(within)) if !within.contains(&unit) => Err(Failure::out_of_reach()),
            _ => Ok(unit),
        }
    }

    /// Whether a unit is one of the roots or below one, by the tree that `parent` tells. Ends on a circle too.
    pub fn covers(&self, unit: UnitId, mut parent: impl FnMut(UnitId) -> Option<UnitId>) -> bool {
        let Some(rows) = self.rows() else { return true };
        let mut seen = HashSet::new();
        let mut at = Some(unit);
        while let Some(unit) = at.filter(|unit| seen.insert(*unit)) {
            if rows.units.contains(&unit) {
                return true;
            }
            at = parent(unit);
        }
        false
    }

    /// Refuses a unit that is not covered.
    ///
    /// # Errors
    /// `OUT_OF_REACH`.
    pub fn admit(&self, unit: UnitId, parent: impl FnMut(UnitId) -> Option<UnitId>) -> Result<(), Failure> {
        if self.covers(unit, parent) { Ok(()) } else { Err(Failure::out_of_reach()) }
    }

    /// Which of these units, each with the one above it, are covered.
    pub fn within(&self, tree: &HashMap<UnitId, Option<UnitId>>) -> HashSet<UnitId> {
        let parent = |unit| tree.get(&unit).copied().flatten();
        tree.keys().copied().filter(|unit| self.covers(*unit, parent)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(number: u8) -> UnitId {
        UnitId::from_uuid(uuid::Uuid::from_u128(u128::from(number)))
    }

    fn leader(of: &[u8]) -> Reach {
        let units = of.iter().map(|number| unit(*number)).collect();
        Reach::Rows(Rows { units, person: Some(PersonId::from_uuid(uuid::Uuid::from_u128(1))) })
    }

    #[test]
    fn a_leader_reaches_what_is_below_and_nobody_beside_or_above() {
        let tree = HashMap::from([
            (unit(1), None),
            (unit(2), Some(unit(1))),
            (unit(3), Some(unit(2))),
            (unit(4), Some(unit(1))),
        ]);
        assert_eq!(leader(&[2]).within(&tree), HashSet::from([unit(2), unit(3)]));
        assert_eq!(leader(&[]).within(&tree), HashSet::new());
        assert_eq!(Reach::Tenant.within(&tree).len(), 4);
        assert!(leader(&[2]).admit(unit(9), |_| None).is_err(), "one that is not there");
    }

    #[test]
    fn a_call_without_a_unit_means_the_only_one() {
        assert_eq!(leader(&[7]).unit_or_own(None).unwrap(), Some(unit(7)));
        assert_eq!(leader(&[7]).unit_or_own(Some(unit(1))).unwrap(), Some(unit(1)), "judged later");
        assert!(leader(&[]).unit_or_own(None).is_err());
        assert!(leader(&[1, 2]).unit_or_own(None).is_err());
        assert_eq!(Reach::Tenant.unit_or_own(None).unwrap(), None);
    }

    proptest! {
        #[test]
        fn a_walk_ends_on_any_tree_and_covers_exactly_what_has_a_root_above(
            parents in proptest::collection::vec(0_u8..20, 20),
            root in 0_u8..20,
            asked in 0_u8..20,
        ) {
            let parent = |at: UnitId| parents.get(at.uuid().as_u128() as usize).map(|number| unit(*number));
            let mut above = Some(unit(asked));
            let has_root = (0..=20).any(|_| {
                let is_root = above == Some(unit(root));
                above = above.and_then(parent);
                is_root
            });
            prop_assert_eq!(leader(&[root]).covers(unit(asked), parent), has_root);
        }
    }
}
