use proptest::prelude::*;

use super::*;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

/// Days that the naive model looks at; changes are made well inside.
const DAYS: i64 = 40;

#[derive(Clone, Debug)]
enum Change {
    Put(i64, u8, u8),
    SetLeft(i64, u8),
    SetRight(i64, u8),
    Close(i64),
}

fn change() -> impl Strategy<Value = Change> {
    let at = -3..DAYS - 5;
    prop_oneof![
        4 => (at.clone(), 0..3_u8, 0..3_u8).prop_map(|(at, left, right)| Change::Put(at, left, right)),
        4 => (at.clone(), 0..3_u8).prop_map(|(at, left)| Change::SetLeft(at, left)),
        4 => (at.clone(), 0..3_u8).prop_map(|(at, right)| Change::SetRight(at, right)),
        1 => at.prop_map(Change::Close),
    ]
}

/// What holds on each day, written down day by day.
fn diary(history: &History<(u8, u8)>) -> Vec<Option<(u8, u8)>> {
    (-5..DAYS).map(|offset| history.on(day(offset)).map(|period| *period.value)).collect()
}

fn index(offset: i64) -> usize {
    usize::try_from(offset + 5).unwrap()
}

fn apply(history: &mut History<(u8, u8)>, change: &Change) -> Result<(), Conflict> {
    match *change {
        Change::Put(at, left, right) => history.put(day(at), (left, right)).map(|_| ()),
        Change::SetLeft(at, left) => history.set(day(at), |value| &mut value.0, left).map(|_| ()),
        Change::SetRight(at, right) => history.set(day(at), |value| &mut value.1, right).map(|_| ()),
        Change::Close(at) => history.close(day(at)),
    }
}

proptest! {
    #[test]
    fn versions_never_overlap_and_follow_each_other_from_first_to_end(changes in prop::collection::vec(change(), 0..12)) {
        let mut history = History::starting(day(0), (0, 0));
        for change in &changes {
            let _ = apply(&mut history, change);
            let periods: Vec<_> = history.periods().collect();
            prop_assert_eq!(periods[0].from, day(0));
            for pair in periods.windows(2) {
                prop_assert_eq!(pair[0].to, Some(pair[1].from));
                prop_assert!(pair[0].from < pair[1].from);
                prop_assert_ne!(pair[0].value, pair[1].value);
            }
            let last = periods.last().unwrap();
            prop_assert_eq!(last.to, history.end());
            prop_assert!(last.to.is_none_or(|to| last.from < to));
        }
    }

    #[test]
    fn a_change_touches_no_day_before_its_own(changes in prop::collection::vec(change(), 0..12), last in change()) {
        let mut history = History::starting(day(0), (0, 0));
        for change in &changes {
            let _ = apply(&mut history, change);
        }
        let before = diary(&history);
        let result = apply(&mut history, &last);
        let after = diary(&history);
        let (Change::Put(at, ..) | Change::SetLeft(at, _) | Change::SetRight(at, _) | Change::Close(at)) = last;
        if result.is_err() {
            prop_assert_eq!(before, after);
        } else {
            prop_assert_eq!(&before[..index(at)], &after[..index(at)]);
        }
    }

    #[test]
    fn setting_a_part_holds_until_that_part_changes_anyway(
        changes in prop::collection::vec(change(), 0..12),
        at in 0..DAYS - 5,
        value in 0..3_u8,
    ) {
        let mut history = History::starting(day(0), (0, 0));
        for change in &changes {
            let _ = apply(&mut history, change);
        }
        let before = diary(&history);
        let until = history.set(day(at), |value| &mut value.0, value);
        prop_assume!(until.is_ok());
        let old = before[index(at)].unwrap().0;
        let mut holds = true;
        for (offset, (before, after)) in before.iter().zip(diary(&history)).enumerate().skip(index(at)) {
            holds = holds && before.is_some_and(|before| before.0 == old);
            let expected = before.map(|before| if holds { (value, before.1) } else { before });
            prop_assert_eq!(after, expected, "day {}", offset);
        }
    }

    #[test]
    fn putting_changes_the_version_of_the_day_and_no_later_one(
        changes in prop::collection::vec(change(), 0..12),
        at in 0..DAYS - 5,
        value in (0..3_u8, 0..3_u8),
    ) {
        let mut history = History::starting(day(0), (0, 0));
        for change in &changes {
            let _ = apply(&mut history, change);
        }
        let before = diary(&history);
        let held_until = history.on(day(at)).and_then(|period| period.to);
        let until = history.put(day(at), value);
        prop_assume!(until.is_ok());
        prop_assert_eq!(until.unwrap(), held_until);
        for (offset, (before, after)) in (-5..DAYS).zip(before.iter().zip(diary(&history))) {
            let inside = offset >= at && held_until.is_none_or(|until| day(offset) < until);
            prop_assert_eq!(after, if inside { Some(value) } else { *before });
        }
    }

    #[test]
    fn periods_read_back_as_they_were(changes in prop::collection::vec(change(), 0..12)) {
        let mut history = History::starting(day(0), (0, 0));
        for change in &changes {
            let _ = apply(&mut history, change);
        }
        let periods = history.periods().map(|Period { from, to, value }| Period { from, to, value: *value });
        prop_assert_eq!(History::from_periods(periods.rev().collect()), Ok(history));
    }
}

#[test]
fn a_change_before_the_first_day_or_after_the_end_is_a_conflict() {
    let mut history = History::starting(day(10), 'a');
    assert_eq!(history.put(day(9), 'b'), Err(Conflict { day: day(9), first: day(10) }));
    history.close(day(20)).unwrap();
    assert!(history.put(day(19), 'b').is_ok());
    assert!(history.put(day(20), 'c').is_err());
    assert!(history.close(day(21)).is_err(), "an end is not put off");
    assert!(history.close(day(10)).is_err(), "a history has at least one day");
    assert!(history.close(day(15)).is_ok(), "an end is brought forward");
    assert_eq!(history.periods().map(|period| *period.value).collect::<Vec<_>>(), ['a']);
}

#[test]
fn a_reader_outside_of_the_time_sees_the_nearest_version() {
    let mut history = History::starting(day(0), 'a');
    history.put(day(5), 'b').unwrap();
    history.close(day(9)).unwrap();
    assert_eq!(*history.nearest(day(-4)).value, 'a');
    assert_eq!(*history.nearest(day(7)).value, 'b');
    assert_eq!(*history.nearest(day(30)).value, 'b');
    assert!(history.on(day(9)).is_none());
}

#[test]
fn a_period_is_covered_only_when_every_day_of_it_is() {
    let mut history = History::starting(day(0), 'a');
    assert!(history.covers(day(0), None));
    assert!(!history.covers(day(-1), Some(day(3))));
    history.close(day(9)).unwrap();
    assert!(history.covers(day(3), Some(day(9))));
    assert!(!history.covers(day(3), Some(day(10))));
    assert!(!history.covers(day(3), None));
}

#[test]
fn broken_periods_are_refused() {
    let period = |from, to| Period { from: day(from), to, value: () };
    assert_eq!(History::<()>::from_periods(Vec::new()), Err(Broken));
    assert_eq!(History::from_periods(vec![period(0, None), period(5, None)]), Err(Broken));
    assert_eq!(History::from_periods(vec![period(0, Some(day(4))), period(5, None)]), Err(Broken));
    assert_eq!(History::from_periods(vec![period(3, Some(day(3)))]), Err(Broken));
}
