//! Circles where there must be none: among managers, among units.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// The circles among those who each stand under at most one other. Each circle begins where its walk entered it;
/// none is told twice.
pub fn circles<K: Copy + Eq + Hash + Ord>(above: &HashMap<K, K>) -> Vec<Vec<K>> {
    let mut known = HashSet::new();
    let mut circles = Vec::new();
    let mut starts: Vec<K> = above.keys().copied().collect();
    starts.sort_unstable();
    for start in starts {
        let mut walk = Vec::new();
        let mut at = Some(start);
        while let Some(person) = at {
            if !known.insert(person) {
                if let Some(begin) = walk.iter().position(|walked| *walked == person) {
                    circles.push(walk.split_off(begin));
                }
                break;
            }
            walk.push(person);
            at = above.get(&person).copied();
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_circle_is_told_once() {
        let managers = HashMap::from([(1, 2), (2, 3), (3, 1), (4, 3), (5, 5), (6, 7)]);
        let mut circles = circles(&managers);
        circles.iter_mut().for_each(|circle| circle.sort_unstable());
        assert_eq!(circles, [vec![1, 2, 3], vec![5]]);
    }

    proptest! {
        #[test]
        fn there_is_a_circle_exactly_when_a_walk_does_not_end(managers: HashMap<u8, u8>) {
            let endless = managers.keys().any(|start| {
                let mut at = Some(*start);
                for _ in 0..300 {
                    at = at.and_then(|person| managers.get(&person).copied());
                }
                at.is_some()
            });
            let found = circles(&managers);
            prop_assert_eq!(endless, !found.is_empty());
            for circle in found {
                for (index, person) in circle.iter().enumerate() {
                    prop_assert_eq!(managers[person], circle[(index + 1) % circle.len()]);
                }
            }
        }
    }
}
