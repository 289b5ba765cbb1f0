//! Files that tell of everybody, and the brake.

use super::*;

const COLUMNS: &[&str] = &["person_id", "name", "email", "unit_id"];

fn file(people: impl IntoIterator<Item = u32>) -> String {
    let line = |person| format!("{person},Name {person},p{person}@fiction.example,G\n");
    "person_id,name,email,unit_id\n".to_owned() + &people.into_iter().map(line).collect::<String>()
}

fn stored(people: u32) -> State {
    let mut state = State::default();
    let (plan, report) = take_as(&file(0..people), &mapping(COLUMNS), &state, day(-30), true);
    assert_eq!(report.faults, []);
    carry_out(&mut state, plan);
    state
}

fn full(content: &str, state: &State, effective: NaiveDate) -> (Plan, Report) {
    take_as(content, &mapping(COLUMNS), state, effective, true)
}

#[test]
fn who_is_missing_in_a_full_file_leaves_on_its_day_and_nobody_leaves_by_a_delta() {
    let mut state = stored(3);
    let (plan, report) = take(&file(0..2), &mapping(COLUMNS), &state, day(0));
    assert!(plan.people.is_empty() && report.changes.is_empty());
    let (plan, report) = full(&file(0..2), &state, day(-2));
    assert_eq!((report.turnover.employees, report.turnover.leavers), (3, 1));
    let kinds: Vec<_> =
        report.changes.iter().map(|change| (change.kind, change.external_id.as_str())).collect();
    assert_eq!(kinds, [(Kind::People, "2"), (Kind::Memberships, "2")]);
    carry_out(&mut state, plan);
    let left = person(&state, "2");
    assert_eq!((left.profile.kind, left.profile.employment), (PersonKind::Leaver, Some(Employment::Left)));
    assert!(left.memberships.on(day(-3)).is_some() && left.memberships.on(day(-2)).is_none());
    let (plan, report) = full(&file(0..2), &state, day(0));
    assert!(plan.people.is_empty() && report.changes.is_empty(), "a second run changes nothing");
}

#[test]
fn who_comes_back_is_the_same_person_with_a_gap() {
    let mut state = stored(3);
    let id = person(&state, "2").id;
    let (plan, _) = full(&file(0..2), &state, day(-20));
    carry_out(&mut state, plan);
    let (plan, report) = full(&file(0..3), &state, day(0));
    assert_eq!((report.turnover.returned, report.turnover.leavers), (1, 0));
    carry_out(&mut state, plan);
    let back = person(&state, "2");
    assert_eq!((back.id, back.profile.kind, back.memberships.periods().len()), (id, PersonKind::Employee, 2));
    assert!(back.memberships.on(day(-10)).is_none() && back.memberships.on(day(0)).is_some());
}

#[test]
fn who_leaves_later_works_until_then() {
    let mut state = stored(3);
    let (plan, report) = full(&file(0..2), &state, day(10));
    assert_eq!(report.turnover.leavers, 1);
    carry_out(&mut state, plan);
    let leaving = person(&state, "2");
    assert_eq!(leaving.profile.kind, PersonKind::Employee);
    assert!(leaving.memberships.on(day(9)).is_some() && leaving.memberships.on(day(10)).is_none());
    let (plan, report) = full(&file(0..2), &state, day(10));
    assert!(plan.people.is_empty() && report.changes.is_empty());
}

#[test]
fn all_that_was_planned_for_a_leaver_ends() {
    let mut state = stored(2);
    let (plan, _) = take(
        "person_id,name,email,unit_id\n1,Name 1,p1@fiction.example,H\n",
        &mapping(COLUMNS),
        &state,
        day(40),
    );
    carry_out(&mut state, plan);
    let (plan, _) = full(&file(0..1), &state, day(0));
    carry_out(&mut state, plan);
    let left = person(&state, "1");
    assert!([0, 39, 40, 400].iter().all(|later| left.memberships.on(day(*later)).is_none()));
}

#[test]
fn a_full_file_of_nobody_is_refused() {
    let (plan, report) = full(&file([]), &stored(3), day(0));
    assert!(plan.people.is_empty());
    assert!(report.faults[0].problem.contains("tells of nobody"));
}

#[test]
fn the_brake_stops_a_file_that_loses_too_many() {
    for (before, after, stops) in
        [(3, 1, false), (10, 6, false), (10, 5, true), (100, 60, false), (100, 59, true), (11, 7, false)]
    {
        let (_, report) = full(&file(0..after), &stored(before), day(0));
        assert_eq!(!report.brake.is_empty(), stops, "{before} to {after}: {}", report.brake);
    }
}

#[test]
fn the_brake_stops_a_file_with_other_keys() {
    for (changed, stops) in [(4, false), (5, false), (6, true)] {
        let content = file(0..100);
        let content: String = content
            .lines()
            .map(|line| match line.split_once(',') {
                Some((key, rest)) if key.parse().is_ok_and(|key: u32| key < changed) => {
                    format!("new-{key},{rest}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        let (_, report) = take(&content, &mapping(COLUMNS), &stored(100), day(0));
        assert_eq!(report.turnover.changed_ids, u64::from(changed));
        assert_eq!(!report.brake.is_empty(), stops, "{changed}: {}", report.brake);
    }
}

proptest! {
    #[test]
    fn after_a_full_file_exactly_those_in_it_are_employees(
        first in prop::collection::btree_set(0..20_u32, 1..15),
        second in prop::collection::btree_set(0..20_u32, 1..15),
    ) {
        let mut state = State::default();
        for people in [&first, &second] {
            let (plan, _) = full(&file(people.iter().copied()), &state, day(0));
            carry_out(&mut state, plan);
        }
        for person in &state.people {
            let key: u32 = person.profile.external_id.as_deref().unwrap().parse().unwrap();
            prop_assert_eq!(person.profile.kind == PersonKind::Employee, second.contains(&key));
            prop_assert_eq!(person.memberships.on(day(0)).is_some(), second.contains(&key));
        }
        let (plan, report) = full(&file(second.iter().copied()), &state, day(0));
        prop_assert!(plan.people.is_empty() && report.changes.is_empty());
    }
}
