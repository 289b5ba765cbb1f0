//! Which units of a tree may be shown so that no group smaller than `k` can be isolated.
//!
//! A figure of a unit covers itself and all below it. Showing a parent and all but a few of the people below it
//! reveals those few by subtraction, however deep they sit, so a minimum size alone is not enough. The rule here
//! is complementary suppression on the tree: what is left of a shown unit after its greatest shown parts must be
//! nobody or at least `k` people. Then every class of people that the shown sets tell apart is empty or has at
//! least `k` members, and any permutation of answers within a class leaves all that is shown unchanged.
//! Background: Hundepool and others, Handbook on Statistical Disclosure Control, chapter 4.

/// For each unit, whether its figure may be shown.
///
/// `parents[i]` is the index of the unit above unit `i`, smaller than `i`, or `None` for a root; `own[i]` is how
/// many people belong to the unit itself. Takes `O(units * depth)`. Nothing is shown when the slices differ in
/// length, a parent does not come before its child, or `k` is 0.
pub fn publishable(parents: &[Option<usize>], own: &[u64], k: u64) -> Vec<bool> {
    let mut shown = vec![false; own.len()];
    let in_order = parents.iter().enumerate().all(|(unit, parent)| parent.is_none_or(|p| p < unit));
    if parents.len() != own.len() || !in_order || k == 0 {
        return shown;
    }
    let mut total = own.to_vec();
    // The greatest shown units strictly below each unit.
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); own.len()];
    // Children come after their parents, so going backwards each unit is complete when it is reached.
    for unit in (0..own.len()).rev() {
        if total[unit] >= k {
            shown[unit] = true;
            loop {
                let rest = total[unit] - parts[unit].iter().map(|&part| total[part]).sum::<u64>();
                let smallest = parts[unit].iter().enumerate().min_by_key(|&(_, &part)| (total[part], part));
                let Some((place, &part)) = smallest.filter(|_| rest > 0 && rest < k) else { break };
                // Hiding the smallest part adds its people to the rest; its own shown parts take its place.
                shown[part] = false;
                parts[unit].swap_remove(place);
                let below = std::mem::take(&mut parts[part]);
                parts[unit].extend(below);
            }
        }
        if let Some(parent) = parents[unit] {
            total[parent] += total[unit];
            if shown[unit] {
                parts[parent].push(unit);
            } else {
                let below = std::mem::take(&mut parts[unit]);
                parts[parent].extend(below);
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_team_beside_its_parent_takes_the_team_next_to_it_along() {
        // A parent of nine with teams of eight and one: showing eight and nine would reveal the one.
        assert_eq!(publishable(&[None, Some(0), Some(0)], &[0, 8, 1], 5), [true, false, false]);
    }

    #[test]
    fn a_grandchild_cannot_be_reached_by_subtraction_over_two_levels() {
        let parents = [None, Some(0), Some(1), Some(1), Some(0)];
        assert_eq!(publishable(&parents, &[1, 2, 6, 6, 6], 5), [true, true, false, true, false]);
    }

    #[test]
    fn malformed_trees_show_nothing() {
        assert_eq!(publishable(&[Some(1), None], &[9, 9], 5), [false, false]);
        assert_eq!(publishable(&[None], &[9, 9], 5), [false, false]);
        assert_eq!(publishable(&[None], &[9], 0), [false]);
    }

    fn forest() -> impl Strategy<Value = (Vec<Option<usize>>, Vec<u64>)> {
        prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0_u64..14), 1..18).prop_map(
            |units| {
                let mut parents = Vec::new();
                let mut own = Vec::new();
                for (unit, (place, is_root, people)) in units.into_iter().enumerate() {
                    parents.push((unit > 0 && !is_root).then(|| place.index(unit)));
                    own.push(people);
                }
                (parents, own)
            },
        )
    }

    /// The classes that the shown sets tell apart: people by which shown units contain them.
    fn classes(parents: &[Option<usize>], own: &[u64], shown: &[bool]) -> Vec<(Vec<usize>, u64)> {
        let mut classes: std::collections::BTreeMap<Vec<usize>, u64> = std::collections::BTreeMap::new();
        for (unit, people) in own.iter().enumerate() {
            let mut containing = Vec::new();
            let mut at = Some(unit);
            while let Some(place) = at {
                if shown[place] {
                    containing.push(place);
                }
                at = parents[place];
            }
            if !containing.is_empty() {
                *classes.entry(containing).or_default() += people;
            }
        }
        classes.into_iter().collect()
    }

    proptest! {
        #[test]
        fn every_class_that_the_shown_units_tell_apart_is_empty_or_large_enough((parents, own) in forest(), k in 2_u64..7) {
            let shown = publishable(&parents, &own, k);
            for (containing, people) in classes(&parents, &own, &shown) {
                prop_assert!(people == 0 || people >= k, "{people} people in {containing:?}");
            }
        }

        #[test]
        fn a_tree_is_shown_at_its_root_whenever_it_has_enough_people((parents, own) in forest()) {
            let shown = publishable(&parents, &own, 5);
            for root in (0..own.len()).filter(|&unit| parents[unit].is_none()) {
                let people: u64 = (0..own.len()).filter(|&unit| {
                    let mut at = unit;
                    while let Some(parent) = parents[at] { at = parent; }
                    at == root
                }).map(|unit| own[unit]).sum();
                prop_assert_eq!(shown[root], people >= 5);
            }
        }
    }
}
