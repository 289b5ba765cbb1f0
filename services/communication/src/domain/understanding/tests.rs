use proptest::prelude::*;

use super::*;

fn count(correct: u64, answered: u64) -> Count {
    Count { answered, correct }
}

fn one(count: Count) -> Option<Shown> {
    let counts = BTreeMap::from([(None, count)]);
    understanding(&[], &BTreeMap::new(), &counts, 5).remove(0).shown
}

/// A root with leaves; what each leaf and the root itself answered.
fn company(leaves: &[Count], root: Count) -> Vec<Option<Shown>> {
    let head = UnitId::generate();
    let mut tree = vec![TreeUnit { id: head, display_name: "Head".to_owned(), parent: None }];
    let mut counts = BTreeMap::from([(Some(head), root)]);
    for (number, leaf) in leaves.iter().enumerate() {
        let id = UnitId::generate();
        tree.push(TreeUnit { id, display_name: format!("Team {number}"), parent: Some(head) });
        counts.insert(Some(id), *leaf);
    }
    understanding(&tree, &BTreeMap::new(), &counts, 5).into_iter().map(|unit| unit.shown).collect()
}

#[test]
fn small_groups_are_hidden_and_larger_ones_rounded_the_less_the_larger_they_are() {
    let table = [
        (count(0, 0), None),
        (count(2, 4), None),
        (count(3, 5), Some((5, 60.0, Some((20.0, 90.0))))),
        (count(5, 7), Some((5, 70.0, Some((30.0, 100.0))))),
        (count(9, 12), Some((10, 75.0, Some((45.0, 95.0))))),
        (count(13, 19), Some((15, 70.0, Some((45.0, 85.0))))),
    ];
    for (given, expected) in table {
        let shown = one(given).map(|shown| (shown.answered, shown.percent, shown.interval));
        assert_eq!(shown, expected, "{given:?}");
    }
    let large = one(count(30, 40)).unwrap();
    assert_eq!((large.answered, large.percent), (40, 75.0));
    let (low, high) = large.interval.unwrap();
    assert!((low - 59.8).abs() < 0.05 && (high - 85.8).abs() < 0.05, "{low} {high}");
}

#[test]
fn like_answers_of_few_are_hidden_and_of_some_told_as_a_band() {
    for telling in [count(5, 5), count(0, 5), count(4, 5), count(1, 9), count(9, 9)] {
        assert_eq!(one(telling), None, "{telling:?}");
    }
    let band = |given: Count| one(given).map(|shown| (shown.answered, shown.percent, shown.interval));
    assert_eq!(band(count(10, 10)), Some((10, 90.0, None)));
    assert_eq!(band(count(28, 29)), Some((29, 90.0, None)));
    assert_eq!(band(count(1, 15)), Some((15, 10.0, None)));
    assert_eq!(band(count(30, 30)).unwrap().1, 100.0);
}

#[test]
fn a_unit_with_too_few_takes_another_along() {
    // Shown are the head and the large team; to show the team of six too would reveal the three by subtraction.
    let shown = company(&[count(4, 6), count(1, 3), count(8, 12)], Count::default());
    assert_eq!(shown.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, false, true]);
}

#[test]
fn a_team_of_one_mind_cannot_be_computed_from_the_others() {
    let shown = company(&[count(6, 6), count(14, 20), count(15, 25)], Count::default());
    let shown: Vec<_> = shown.iter().map(Option::is_some).collect();
    // The team of six is hidden, and so is the next smallest, or the head less the teams would show the six.
    assert_eq!(shown, [true, true, false, false, true]);
}

#[test]
fn what_belongs_to_no_unit_of_today_counts_for_the_whole_alone() {
    let unit = UnitId::generate();
    let tree = [TreeUnit { id: unit, display_name: "Team".to_owned(), parent: Some(UnitId::generate()) }];
    let gone = Some(UnitId::generate());
    let delivered = BTreeMap::from([(Some(unit), 30), (gone, 7), (None, 3)]);
    let counts = BTreeMap::from([(Some(unit), count(10, 20)), (gone, count(3, 6)), (None, count(2, 5))]);
    let rows = understanding(&tree, &delivered, &counts, 5);
    assert_eq!((rows[0].unit, rows[0].delivered), (None, 40));
    assert_eq!(rows[0].shown.unwrap().answered, 31);
    assert_eq!((rows[1].unit, rows[1].delivered), (Some(unit), 30));
    assert_eq!(rows[1].shown.unwrap().percent, 50.0);
}

fn forest() -> impl Strategy<Value = (Vec<Option<usize>>, Vec<Count>)> {
    let unit = (any::<prop::sample::Index>(), 0_u64..16, 0_u64..16);
    prop::collection::vec(unit, 1..14).prop_map(|units| {
        let parents = units.iter().enumerate().map(|(place, unit)| (place > 0).then(|| unit.0.index(place)));
        let parents = parents.collect();
        let own = units.iter().map(|(_, one, other)| count(*one.min(other), *one.max(other))).collect();
        (parents, own)
    })
}

/// The classes that the shown sets tell apart: answers by which shown places contain them.
fn classes(parents: &[Option<usize>], own: &[Count], shown: &[bool]) -> BTreeMap<Vec<usize>, Count> {
    let mut classes: BTreeMap<Vec<usize>, Count> = BTreeMap::new();
    for (place, count) in own.iter().enumerate() {
        let mut containing = Vec::new();
        let mut at = Some(place);
        while let Some(above) = at {
            if shown[above] {
                containing.push(above);
            }
            at = parents[above];
        }
        if !containing.is_empty() {
            *classes.entry(containing).or_default() += *count;
        }
    }
    classes
}

proptest! {
    #[test]
    fn every_class_of_answers_is_large_enough_and_small_ones_are_of_several_minds((parents, own) in forest(), k in 5_u64..12) {
        let shown = released(&parents, &own, k);
        for (containing, class) in classes(&parents, &own, &shown) {
            prop_assert!(class.answered == 0 || class.answered >= k, "{class:?} in {containing:?}");
            prop_assert!(!class.must_hide(), "{class:?} in {containing:?}");
        }
    }

    #[test]
    fn figures_stay_within_their_bounds(answered in 0_u64..60, correct in 0_u64..60) {
        let given = count(correct.min(answered), answered);
        if let Some(Shown { answered: told, percent, interval }) = one(given) {
            prop_assert!(told <= answered && (0.0..=100.0).contains(&percent));
            if let Some((low, high)) = interval {
                prop_assert!(0.0 <= low && low <= percent && percent <= high && high <= 100.0);
            }
        }
    }
}
