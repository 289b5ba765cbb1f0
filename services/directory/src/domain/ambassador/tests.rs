use proptest::prelude::*;

use super::super::tree::{Node, arrange};
use super::*;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn ambassador(person: PersonId, unit: UnitId, since: i64, until: Option<i64>) -> Ambassador {
    let now = day(0).and_hms_opt(12, 0, 0).unwrap().and_utc();
    Ambassador {
        id: AmbassadorId::generate(),
        person,
        unit,
        hours_per_month: 8,
        since: day(since),
        until: until.map(day),
        revision: 1,
        create_time: now,
        update_time: now,
    }
}

#[test]
fn needs_time_and_an_end_after_its_beginning() {
    let (person, unit) = (PersonId::generate(), UnitId::generate());
    assert_eq!(ambassador(person, unit, 0, None).check(), Ok(()));
    assert_eq!(ambassador(person, unit, 5, Some(5)).check().unwrap_err().field, "until");
    let idle = Ambassador { hours_per_month: 0, ..ambassador(person, unit, 0, None) };
    assert_eq!(idle.check().unwrap_err().field, "hours_per_month");
}

#[test]
fn who_is_one_in_two_units_counts_once_above_both() {
    let [group, north, south] = [UnitId::generate(), UnitId::generate(), UnitId::generate()];
    let node = |unit, name: &str, parent, employees| Node {
        unit,
        display_name: name.to_owned(),
        parent,
        leader: None,
        employees,
    };
    let placed = arrange(vec![
        node(group, "Group", None, 1),
        node(north, "North", Some(group), 100),
        node(south, "South", Some(group), 0),
    ]);
    let aino = PersonId::generate();
    let both = [ambassador(aino, north, 0, None), ambassador(aino, south, 0, None)];
    let covered = coverage(&placed, &both, 50);
    let of = |unit: UnitId| {
        let Coverage { employees, ambassadors, hours_per_month, wanted, .. } = &covered[&unit];
        (*employees, *ambassadors, *hours_per_month, *wanted)
    };
    assert_eq!(of(group), (101, 1, 16, 3));
    assert_eq!(of(north), (100, 1, 8, 2));
    assert_eq!(of(south), (0, 1, 8, 0));
    assert_eq!([group, north, south].map(|unit| covered[&unit].is_below()), [true, true, false]);
}

proptest! {
    #[test]
    fn two_times_overlap_exactly_when_they_share_a_day(
        one in (0_i64..20, proptest::option::of(1_i64..10)),
        other in (0_i64..20, proptest::option::of(1_i64..10)),
    ) {
        let (person, unit) = (PersonId::generate(), UnitId::generate());
        let of = |(since, length): (i64, Option<i64>)| {
            ambassador(person, unit, since, length.map(|length| since + length))
        };
        let (one, other) = (of(one), of(other));
        let share = (0..40).any(|at| one.is_on(day(at)) && other.is_on(day(at)));
        prop_assert_eq!(one.overlaps(&other), share);
        prop_assert_eq!(other.overlaps(&one), share);
    }
}
