//! Everything ever released of a wave, so that the next release cannot be subtracted from it.
//!
//! A release is a set of respondents. The releases so far cut the respondents into classes: those who are in the
//! same releases. Whoever combines the releases, in whatever way, can tell classes apart but not the members of one
//! class. So a further release is accepted only if every class it leaves has at least `k` members.
//!
//! The ledger knows who is in which class and is as confidential as the answers; it is deleted with them, and no
//! release is possible after that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::release::MinimumGroup;

/// A release that would let a small group be isolated. It says nothing of how small, or of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this set cannot be released beside what is released already")]
pub struct Refused;

/// The classes of respondents of one wave, who are told apart by `R`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger<R: Ord> {
    k: MinimumGroup,
    /// The class of everyone who is in some release.
    classes: BTreeMap<R, u32>,
    next: u32,
}

impl<R: Ord + Copy> Ledger<R> {
    /// A ledger without releases. The minimum group is fixed from here on.
    #[must_use]
    pub fn new(k: MinimumGroup) -> Self {
        Self { k, classes: BTreeMap::new(), next: 0 }
    }

    /// Accepts one more set of respondents, or refuses it and stays as it was.
    ///
    /// # Errors
    /// [`Refused`] when a class would be left with one to `k - 1` members.
    pub fn release(&mut self, set: impl IntoIterator<Item = R>) -> Result<(), Refused> {
        self.release_together([set])
    }

    /// Accepts several sets or none of them, for instance all groups of a breakdown.
    ///
    /// # Errors
    /// [`Refused`] when a class would be left with one to `k - 1` members.
    pub fn release_together<S: IntoIterator<Item = R>>(
        &mut self,
        sets: impl IntoIterator<Item = S>,
    ) -> Result<(), Refused> {
        let mut refined = self.clone();
        for set in sets {
            refined.split(&set.into_iter().collect());
        }
        let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
        for class in refined.classes.values() {
            *sizes.entry(*class).or_default() += 1;
        }
        if sizes.values().any(|size| *size < self.k.get()) {
            return Err(Refused);
        }
        *self = refined;
        Ok(())
    }

    /// Gives the members of the set classes of their own, one for each class they come from.
    fn split(&mut self, set: &BTreeSet<R>) {
        let mut inside: BTreeMap<Option<u32>, u32> = BTreeMap::new();
        for respondent in set {
            let before = self.classes.get(respondent).copied();
            let class = *inside.entry(before).or_insert_with(|| {
                self.next += 1;
                self.next
            });
            self.classes.insert(*respondent, class);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Ledger, Refused};
    use crate::domain::release::MinimumGroup;

    fn ledger() -> Ledger<u64> {
        Ledger::new(MinimumGroup::DEFAULT)
    }

    fn set(value: &Value) -> Vec<u64> {
        value.as_array().unwrap().iter().map(|row| row.as_u64().unwrap()).collect()
    }

    #[test]
    fn release_sequences_are_decided_as_in_the_reference() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors/anonymity_ledger.json")).unwrap();
        for case in vectors["cases"].as_array().unwrap() {
            let mut ledger = Ledger::new(MinimumGroup::new(vectors["k"].as_u64().unwrap()).unwrap());
            for released in case["released"].as_array().unwrap() {
                ledger.release(set(released)).unwrap();
            }
            let accepted = ledger.release(set(&case["candidate"])).is_ok();
            assert_eq!(accepted, case["expected_accept"].as_bool().unwrap(), "{}", case["name"]);
        }
    }

    #[test]
    fn a_refused_set_leaves_no_trace() {
        let mut ledger = ledger();
        ledger.release(0..12).unwrap();
        let before = ledger.clone();
        assert_eq!(ledger.release(4..12), Err(Refused));
        assert_eq!(ledger, before);
    }

    #[test]
    fn a_breakdown_is_released_whole_or_not_at_all() {
        let mut ledger = ledger();
        ledger.release(0..15).unwrap();
        assert_eq!(ledger.release_together([0..5, 5..12, 12..15]), Err(Refused));
        assert_eq!(ledger.release_together([0..5, 5..10, 10..15]), Ok(()));
    }

    #[test]
    fn a_person_named_twice_is_one_person() {
        assert_eq!(ledger().release([1, 1, 1, 2, 2, 3]), Err(Refused));
    }

    #[test]
    fn a_stored_ledger_goes_on_where_it_was() {
        let mut first = ledger();
        first.release(0..12).unwrap();
        let text = serde_json::to_string(&first).unwrap();
        let mut again: Ledger<u64> = serde_json::from_str(&text).unwrap();
        assert_eq!(again.release(0..11), Err(Refused));
        assert_eq!(again.release(0..6), Ok(()));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_every_class_is_large_enough(
            sets in prop::collection::vec(prop::collection::btree_set(0..40u64, 0..30), 1..8)
        ) {
            let mut ledger = ledger();
            let accepted: Vec<BTreeSet<u64>> =
                sets.into_iter().filter(|set| ledger.release(set.iter().copied()).is_ok()).collect();
            let mut classes: BTreeMap<Vec<bool>, u64> = BTreeMap::new();
            for person in 0..40 {
                let signature: Vec<bool> = accepted.iter().map(|set| set.contains(&person)).collect();
                if signature.contains(&true) {
                    *classes.entry(signature).or_default() += 1;
                }
            }
            prop_assert!(classes.values().all(|size| *size >= 5));
        }
    }
}
