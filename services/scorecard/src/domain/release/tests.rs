use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::attack::{minimum_only, smallest_isolated};
use super::{Classes, Error, MinimumGroup, Plan, Verdict};

const K: MinimumGroup = MinimumGroup::DEFAULT;

fn classes(unfavourable: u64, neutral: u64, favourable: u64) -> Classes {
    Classes { unfavourable, neutral, favourable }
}

/// The verdicts of a tree whose units have these answers of their own.
fn verdicts(parents: &[Option<usize>], own: &[Classes]) -> Vec<Verdict> {
    let people: Vec<u64> = own.iter().map(|cell| cell.n()).collect();
    let plan = Plan::new(parents, &people, K).unwrap();
    plan.clear(&rolled_up(parents, own)).unwrap().iter().map(super::Clearance::verdict).collect()
}

fn rolled_up(parents: &[Option<usize>], own: &[Classes]) -> Vec<Classes> {
    let mut cells = own.to_vec();
    for unit in (0..own.len()).rev() {
        if let Some(parent) = parents[unit] {
            cells[parent] = cells[parent].with(cells[unit]);
        }
    }
    cells
}

fn parents_of(case: &Value) -> Vec<Option<usize>> {
    case["parent"].as_array().unwrap().iter().map(|p| usize::try_from(p.as_i64().unwrap()).ok()).collect()
}

fn counts_of(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
}

fn numbers(shown: &[bool]) -> Vec<u64> {
    (0..).zip(shown).filter(|(_, shown)| **shown).map(|(unit, _)| unit).collect()
}

#[test]
fn trees_are_shown_and_the_naive_rule_is_broken_as_in_the_reference() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/anonymity_tree.json")).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let (parents, own) = (parents_of(case), counts_of(&case["own_counts"]));
        let k = case["k"].as_u64().unwrap();
        let plan = Plan::new(&parents, &own, MinimumGroup::new(k).unwrap()).unwrap();
        assert_eq!(plan.people, counts_of(&case["total_counts"]), "{case}");
        assert_eq!(numbers(&plan.shown), counts_of(&case["expected_published"]), "{case}");
        assert_eq!(smallest_isolated(&parents, &own, &plan.shown, k), None, "{case}");
        let naive = minimum_only(&parents, &own, k);
        assert_eq!(numbers(&naive), counts_of(&case["min_n_only_published"]), "{case}");
        let is_broken = smallest_isolated(&parents, &own, &naive, k).is_some();
        assert_eq!(is_broken, case["min_n_only_is_breached"].as_bool().unwrap(), "{case}");
    }
}

#[test]
fn sizes_at_the_edge_of_the_minimum_are_decided_exactly() {
    let shown = |own: &[u64]| {
        let parents: Vec<Option<usize>> = (0..own.len()).map(|unit| (unit > 0).then_some(0)).collect();
        numbers(&Plan::new(&parents, own, K).unwrap().shown)
    };
    assert!(shown(&[4]).is_empty() && shown(&[0]).is_empty());
    assert_eq!(shown(&[5]), [0]);
    assert_eq!(shown(&[0, 4, 5]), [0], "nine less five would be four");
    assert_eq!(shown(&[0, 5, 5]), [0, 1, 2]);
    assert_eq!(shown(&[1, 12]), [0], "a leader above one team");
    assert_eq!(shown(&[]), [] as [u64; 0]);
}

#[test]
fn in_a_deep_chain_a_level_of_too_few_people_takes_the_levels_below_it_along() {
    let parents: Vec<Option<usize>> = (0..12_usize).map(|unit| unit.checked_sub(1)).collect();
    let shown = |own| numbers(&Plan::new(&parents, own, K).unwrap().shown);
    assert_eq!(shown(&[5; 12]), (0..12).collect::<Vec<_>>());
    // Each level adds two people to the one below, who would be the difference of the two.
    assert_eq!(shown(&[2; 12]), [0]);
}

#[test]
fn a_minimum_below_the_floor_is_refused_wherever_it_comes_from() {
    assert_eq!(MinimumGroup::new(3), Err(Error::BelowFloor(3)));
    assert_eq!(MinimumGroup::new(4).map(MinimumGroup::get), Ok(4));
    assert!(serde_json::from_str::<MinimumGroup>("3").is_err());
    assert_eq!(serde_json::from_str::<MinimumGroup>("7").unwrap().get(), 7);
}

#[test]
fn a_plan_refuses_what_does_not_fit_together() {
    assert_eq!(Plan::new(&[None], &[], K), Err(Error::CountMismatch { units: 1, got: 0 }));
    assert_eq!(Plan::new(&[Some(1), None], &[5, 5], K), Err(Error::Order { unit: 0 }));
    let plan = Plan::new(&[None, Some(0)], &[10, 10], K).unwrap();
    assert!(matches!(plan.clear(&[]), Err(Error::CountMismatch { .. })));
    let cells = [classes(3, 3, 3), classes(4, 3, 3)];
    assert_eq!(plan.clear(&cells), Err(Error::NotRolledUp { unit: 0 }));
    let cells = [classes(9, 9, 9), classes(0, 0, 0)];
    assert_eq!(plan.clear(&cells), Err(Error::MoreAnswersThanPeople { unit: 0 }));
}

#[test]
fn a_unit_that_agrees_shows_a_band_or_nothing_but_never_the_number() {
    let alone = |cell| verdicts(&[None], &[cell])[0];
    assert_eq!(alone(classes(0, 0, 8)), Verdict::Nothing);
    assert_eq!(alone(classes(0, 0, 12)), Verdict::AtLeastNinetyPercent);
    assert_eq!(alone(classes(0, 1, 11)), Verdict::AtLeastNinetyPercent, "one person differs");
    assert_eq!(alone(classes(0, 2, 10)), Verdict::Figure);
    assert_eq!(alone(classes(12, 0, 0)), Verdict::AtMostTenPercent);
    assert_eq!(alone(classes(6, 6, 0)), Verdict::AtMostTenPercent, "nobody is favourable");
    assert_eq!(alone(classes(0, 0, 30)), Verdict::Figure, "agreement of many is a result");
    assert_eq!(alone(classes(1, 1, 2)), Verdict::Nothing);
}

#[test]
fn people_who_agree_are_not_found_by_subtracting_a_team_from_its_department() {
    let parents = [None, Some(0)];
    // Six people above the team all say the same.
    let own = [classes(0, 0, 6), classes(4, 2, 6)];
    assert_eq!(verdicts(&parents, &own), [Verdict::Figure, Verdict::Nothing]);
    let mixed = [classes(1, 1, 4), classes(4, 2, 6)];
    assert_eq!(verdicts(&parents, &mixed), [Verdict::Figure, Verdict::Figure]);
}

#[test]
fn a_question_that_few_of_a_shown_unit_answered_is_not_shown_there() {
    let parents = [None, Some(0), Some(0)];
    let plan = Plan::new(&parents, &[0, 10, 10], K).unwrap();
    assert_eq!(plan.shown_units(), 3);
    let own = [classes(0, 0, 0), classes(1, 0, 2), classes(4, 2, 4)];
    let verdicts: Vec<Verdict> =
        plan.clear(&rolled_up(&parents, &own)).unwrap().iter().map(super::Clearance::verdict).collect();
    // The ten of the second team have to go too, or the three of the first would follow.
    assert_eq!(verdicts, [Verdict::Figure, Verdict::Nothing, Verdict::Nothing]);
}

#[test]
fn a_feeling_that_a_whole_small_team_chose_is_not_shown_and_one_that_nobody_chose_is() {
    let plan = Plan::new(&[None], &[12], K).unwrap();
    let cleared = plan.clear_palette(&[(12, vec![12, 11, 10, 0])]).unwrap();
    let shown: Vec<bool> = (0..5).map(|term| cleared[0].is_term_shown(term)).collect();
    assert_eq!(shown, [false, false, true, true, false]);
    assert!(!cleared[0].is_whole());
    let many = Plan::new(&[None], &[40], K).unwrap();
    assert!(many.clear_palette(&[(40, vec![40, 0])]).unwrap()[0].is_whole());
}

#[test]
fn a_feeling_of_the_whole_rest_of_a_department_is_not_found_by_subtraction() {
    let plan = Plan::new(&[None, Some(0)], &[6, 20], K).unwrap();
    // All six people above the team chose the first term.
    let cleared = plan.clear_palette(&[(26, vec![16, 9]), (20, vec![10, 7])]).unwrap();
    assert!(cleared[0].is_term_shown(0) && !cleared[1].is_term_shown(0));
    assert!(cleared[0].is_term_shown(1) && cleared[1].is_term_shown(1));
}

#[test]
fn a_palette_that_does_not_fit_the_plan_is_refused() {
    let plan = Plan::new(&[None, Some(0)], &[6, 6], K).unwrap();
    assert!(plan.clear_palette(&[(12, vec![1, 2])]).is_err());
    assert!(plan.clear_palette(&[(12, vec![1, 2]), (6, vec![1])]).is_err());
    assert!(plan.clear_palette(&[(12, vec![13]), (6, vec![1])]).is_err());
}

/// A forest of up to `most` units, each with answers of its own.
fn forest(most: usize) -> impl Strategy<Value = (Vec<Option<usize>>, Vec<Classes>)> {
    let unit = (any::<prop::sample::Index>(), 0..8_u8, 0..5_u64, 0..3_u64, 0..7_u64);
    prop::collection::vec(unit, 1..most).prop_map(|units| {
        let shape = units.iter().enumerate();
        let parents = shape
            .map(|(unit, (place, root, ..))| (unit > 0 && *root > 0).then(|| place.index(unit)))
            .collect();
        let own = units.iter().map(|(_, _, a, b, c)| classes(*a, *b, *c)).collect();
        (parents, own)
    })
}

/// The answers of each class of people that the marked units tell apart.
fn atoms(parents: &[Option<usize>], own: &[Classes], marked: &[bool]) -> Vec<Classes> {
    let mut atoms: BTreeMap<Vec<usize>, Classes> = BTreeMap::new();
    for (unit, cell) in own.iter().enumerate() {
        let containing: Vec<usize> =
            std::iter::successors(Some(unit), |at| parents[*at]).filter(|at| marked[*at]).collect();
        if !containing.is_empty() {
            let atom = atoms.entry(containing).or_default();
            *atom = atom.with(*cell);
        }
    }
    atoms.into_values().collect()
}

proptest! {
    #[test]
    fn every_class_that_shown_units_tell_apart_is_empty_or_large_enough(
        (parents, own) in forest(20), k in 4..9_u64
    ) {
        let people: Vec<u64> = own.iter().map(|cell| cell.n()).collect();
        let plan = Plan::new(&parents, &people, MinimumGroup::new(k).unwrap()).unwrap();
        for atom in atoms(&parents, &own, &plan.shown) {
            prop_assert!(atom.n() == 0 || atom.n() >= k);
        }
    }

    #[test]
    fn nothing_small_can_be_subtracted_out_of_what_is_shown((parents, own) in forest(11)) {
        let people: Vec<u64> = own.iter().map(|cell| cell.n()).collect();
        let plan = Plan::new(&parents, &people, K).unwrap();
        prop_assert_eq!(smallest_isolated(&parents, &people, &plan.shown, 5), None);
    }

    #[test]
    fn exact_answers_never_reveal_a_class_of_people_who_agree((parents, own) in forest(20)) {
        let exact: Vec<bool> = verdicts(&parents, &own).iter().map(|v| *v == Verdict::Figure).collect();
        for atom in atoms(&parents, &own, &exact) {
            prop_assert!(atom.n() == 0 || atom.n() >= 5);
            prop_assert!(atom.n() == 0 || atom.n() >= 30 || !atom.agree());
        }
    }

    #[test]
    fn a_band_is_always_true((parents, own) in forest(12)) {
        for (verdict, cell) in verdicts(&parents, &own).iter().zip(rolled_up(&parents, &own)) {
            match verdict {
                Verdict::AtLeastNinetyPercent => prop_assert!(10 * cell.favourable >= 9 * cell.n()),
                Verdict::AtMostTenPercent => prop_assert!(10 * cell.favourable <= cell.n()),
                Verdict::Nothing | Verdict::Figure => {}
            }
        }
    }

    #[test]
    fn exchanging_answers_within_a_class_of_people_changes_nothing_that_is_shown((parents, own) in forest(20)) {
        let people: Vec<u64> = own.iter().map(|cell| cell.n()).collect();
        let plan = Plan::new(&parents, &people, K).unwrap();
        let mut pools: BTreeMap<Vec<usize>, (Classes, Vec<usize>)> = BTreeMap::new();
        for (unit, cell) in own.iter().enumerate() {
            let containing: Vec<usize> =
                std::iter::successors(Some(unit), |at| parents[*at]).filter(|at| plan.is_shown(*at)).collect();
            let (pool, members) = pools.entry(containing).or_default();
            *pool = pool.with(*cell);
            members.push(unit);
        }
        // Everybody of a class is dealt the answers of the class anew, the favourable ones first.
        let mut dealt = own.clone();
        for (mut pool, members) in pools.into_values() {
            for unit in members {
                let favourable = pool.favourable.min(people[unit]);
                let neutral = pool.neutral.min(people[unit] - favourable);
                dealt[unit] = classes(people[unit] - favourable - neutral, neutral, favourable);
                pool = pool.without(dealt[unit]).unwrap();
            }
        }
        let before = plan.clear(&rolled_up(&parents, &own)).unwrap();
        let after = plan.clear(&rolled_up(&parents, &dealt)).unwrap();
        for unit in (0..own.len()).filter(|unit| plan.is_shown(*unit)) {
            prop_assert_eq!(before[unit], after[unit]);
        }
    }

    #[test]
    fn answers_that_differ_everywhere_show_every_unit_of_the_plan((parents, _) in forest(12), k in 4..6_u64) {
        // With ten mixed answers in each unit the rule about questions must take nothing away.
        let own = vec![classes(3, 3, 4); parents.len()];
        let people: Vec<u64> = own.iter().map(|cell| cell.n()).collect();
        let plan = Plan::new(&parents, &people, MinimumGroup::new(k).unwrap()).unwrap();
        let cleared = plan.clear(&rolled_up(&parents, &own)).unwrap();
        for (unit, clearance) in cleared.iter().enumerate() {
            prop_assert_eq!(plan.is_shown(unit), clearance.verdict() == Verdict::Figure);
        }
    }
}
