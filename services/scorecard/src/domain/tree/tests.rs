use arki_ids::UnitId;
use arki_stats::Histogram;
use chrono::NaiveDate;
use proptest::prelude::*;

use super::{Error, Tree, UnitVersion};

/// A unit whose ids sort as their numbers do.
fn unit(number: usize) -> UnitId {
    format!("unt_{number:026}").parse().unwrap()
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, number).unwrap()
}

fn version(number: usize, parent: Option<usize>) -> UnitVersion {
    UnitVersion {
        unit: unit(number),
        parent: parent.map(unit),
        name: format!("Unit {number}"),
        valid_from: day(1),
        valid_to: None,
    }
}

fn units(numbers: &[usize]) -> Vec<UnitId> {
    numbers.iter().copied().map(unit).collect()
}

#[test]
fn a_unit_moves_on_the_day_its_new_version_begins() {
    let mut versions = vec![version(1, None), version(2, None), version(3, Some(1))];
    versions[2].valid_to = Some(day(10));
    versions.push(UnitVersion { valid_from: day(10), ..version(3, Some(2)) });
    let before = Tree::as_of(&versions, day(9)).unwrap();
    let after = Tree::as_of(&versions, day(10)).unwrap();
    assert_eq!(before.path(unit(3)), units(&[1, 3]));
    assert_eq!(after.path(unit(3)), units(&[2, 3]));
}

#[test]
fn the_day_after_the_last_a_unit_is_gone_and_what_was_below_it_is_an_orphan() {
    let mut versions = vec![version(1, None), version(2, Some(1)), version(3, Some(2))];
    versions[1].valid_to = Some(day(5));
    let tree = Tree::as_of(&versions, day(5)).unwrap();
    assert_eq!(tree.number(unit(2)), None);
    assert_eq!(tree.orphans(), units(&[3]));
    assert_eq!(tree.path(unit(3)), units(&[3]));
}

#[test]
fn of_overlapping_versions_the_one_that_began_last_counts() {
    let versions =
        [version(1, None), UnitVersion { name: "Later".into(), valid_from: day(3), ..version(1, None) }];
    for versions in [versions.to_vec(), versions.iter().rev().cloned().collect()] {
        assert_eq!(Tree::as_of(&versions, day(4)).unwrap().name(unit(1)), Some("Later"));
        assert_eq!(Tree::as_of(&versions, day(2)).unwrap().name(unit(1)), Some("Unit 1"));
    }
}

#[test]
fn two_different_versions_from_the_same_day_are_refused_and_a_repeated_one_is_not() {
    let versions = [version(1, None), version(2, Some(1)), version(2, None)];
    assert_eq!(Tree::as_of(&versions, day(2)), Err(Error::Ambiguous { unit: unit(2), from: day(1) }));
    let repeated = [version(1, None), version(2, Some(1)), version(2, Some(1))];
    assert_eq!(Tree::as_of(&repeated, day(2)).unwrap().len(), 2);
}

#[test]
fn units_in_a_circle_are_refused_by_name() {
    let versions = [version(1, None), version(2, Some(3)), version(3, Some(2)), version(4, Some(4))];
    assert_eq!(Tree::as_of(&versions, day(1)), Err(Error::Cycle { day: day(1), units: units(&[2, 3, 4]) }));
}

#[test]
fn descendants_come_parents_first_and_siblings_by_id() {
    let versions =
        [version(5, Some(1)), version(1, None), version(2, Some(1)), version(9, Some(2)), version(7, None)];
    let tree = Tree::as_of(&versions, day(1)).unwrap();
    assert_eq!(tree.descendants(unit(1)).collect::<Vec<_>>(), units(&[2, 9, 5]));
    assert_eq!(tree.children(unit(1)).collect::<Vec<_>>(), units(&[2, 5]));
    assert_eq!(tree.descendants(unit(9)).count(), 0);
    assert_eq!(tree.descendants(unit(99)).count(), 0);
}

#[test]
fn a_hundred_thousand_levels_are_summed_without_running_out_of_stack() {
    let versions: Vec<UnitVersion> = (0..100_000).map(|n| version(n, n.checked_sub(1))).collect();
    let tree = Tree::as_of(&versions, day(1)).unwrap();
    let totals = tree.roll_up(vec![1_u64; 100_000]).unwrap();
    assert_eq!((totals[0], totals[99_999]), (100_000, 1));
}

#[test]
fn a_missing_cell_is_refused() {
    let tree = Tree::as_of(&[version(1, None)], day(1)).unwrap();
    assert_eq!(tree.roll_up::<u64>(vec![]), Err(Error::CellCount { units: 1, got: 0 }));
}

proptest! {
    #[test]
    fn a_unit_sums_exactly_its_own_answers_and_those_below(
        shape in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), prop::collection::vec(0..=10i32, 0..6)), 1..30),
        reverse in any::<bool>()
    ) {
        let mut versions: Vec<UnitVersion> = shape
            .iter()
            .enumerate()
            .map(|(n, (place, is_root, _))| version(n, (n > 0 && !is_root).then(|| place.index(n))))
            .collect();
        if reverse {
            versions.reverse();
        }
        let tree = Tree::as_of(&versions, day(1)).unwrap();
        let own = |unit_id: UnitId| {
            let number = (0..shape.len()).find(|n| unit(*n) == unit_id).unwrap();
            Histogram::from_values(shape[number].2.iter().copied()).unwrap()
        };
        let totals = tree.roll_up(tree.units().map(own).collect()).unwrap();
        for (place, unit_id) in tree.units().enumerate() {
            let mut expected = own(unit_id);
            for below in tree.units().filter(|other| *other != unit_id && tree.path(*other).contains(&unit_id)) {
                expected.merge(&own(below));
            }
            prop_assert_eq!(&totals[place], &expected);
            prop_assert!(tree.parents()[place].is_none_or(|parent| parent < place));
        }
    }
}
