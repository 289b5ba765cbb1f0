use proptest::prelude::*;

use super::*;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

#[test]
fn each_step_is_legal_or_not() {
    use Employment::{Active, Left, LongLeave, Returned};
    let legal = |from, to| Employment::step(from, Some(to)).is_ok();
    for (from, expected) in [
        (None, [true, true, true, false]),
        (Some(Active), [true, true, true, false]),
        (Some(LongLeave), [true, true, true, true]),
        (Some(Left), [false, false, true, true]),
        (Some(Returned), [true, true, true, true]),
    ] {
        assert_eq!([Active, LongLeave, Left, Returned].map(|to| legal(from, to)), expected, "{from:?}");
    }
    assert_eq!(Employment::step(Some(Left), None), Ok(()));
}

#[test]
fn a_system_that_knows_no_return_is_heard_right() {
    use Employment::{Active, Left, LongLeave, Returned};
    for (before, said, heard) in [
        (None, Active, Active),
        (Some(LongLeave), Active, Active),
        (Some(Left), Active, Returned),
        (Some(Returned), Active, Returned),
        (Some(Returned), Left, Left),
        (Some(Left), LongLeave, LongLeave),
    ] {
        assert_eq!(said.heard_of(before), heard, "{said:?} of {before:?}");
    }
}

#[test]
fn what_is_told_first_has_held_ever_since() {
    let mut employments = Employments::default();
    assert_eq!(employments.on(day(0)), None);
    employments.follow(day(0), Employment::LongLeave).unwrap();
    assert_eq!(employments.on(day(-9_000)), Some(Employment::LongLeave));
    employments.put(day(5), Employment::Returned).unwrap();
    assert_eq!(employments.on(day(4)), Some(Employment::LongLeave));
    assert_eq!(employments.on(day(5)), Some(Employment::Returned));
}

#[test]
fn a_change_may_not_break_what_is_planned_after_it() {
    let mut employments = Employments::default();
    employments.put(day(0), Employment::Active).unwrap();
    employments.put(day(100), Employment::LongLeave).unwrap();
    let before = employments.clone();
    // From left to the long leave that is planned there is no step.
    assert!(matches!(employments.put(day(50), Employment::Left), Err(ChangeError::Illegal(_))));
    assert!(matches!(employments.put(day(-1), Employment::Active), Err(ChangeError::Conflict(_))));
    assert_eq!(employments, before);
}

proptest! {
    #[test]
    fn every_step_of_a_history_that_was_put_together_is_legal(
        changes in proptest::collection::vec((0_i64..40, 0_usize..4), 0..20),
    ) {
        let mut employments = Employments::default();
        for (at, state) in changes {
            let (before, state) = (employments.clone(), Employment::ALL[state]);
            match employments.put(day(at), state) {
                Ok(()) => prop_assert_eq!(employments.on(day(at)), Some(state)),
                Err(_) => prop_assert_eq!(&employments, &before),
            }
        }
        let mut from = None;
        for period in employments.periods() {
            prop_assert!(Employment::step(from, Some(period.value)).is_ok());
            prop_assert_ne!(from, Some(period.value));
            from = Some(period.value);
        }
        let read = Employments::from_periods(employments.periods()).unwrap();
        prop_assert_eq!(read, employments);
    }
}
