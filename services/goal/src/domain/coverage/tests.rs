use super::*;
use crate::domain::organisation::UnitRow;

use CommitmentState::{Committed, Objected, Seen, Understood};

/// A tree from the positions of the parents, each before its children.
fn tree(parents: &[Option<usize>]) -> (Organisation, Vec<UnitId>) {
    let ids: Vec<UnitId> = parents.iter().map(|_| UnitId::generate()).collect();
    let rows = parents.iter().zip(&ids).map(|(parent, id)| UnitRow {
        id: *id,
        display_name: String::new(),
        parent: parent.map(|parent| ids[parent]),
        leader: None,
    });
    (Organisation::new(rows).unwrap(), ids)
}

fn employee(unit: Option<UnitId>, role: Option<RoleId>) -> Employee {
    Employee { person: PersonId::generate(), unit, role }
}

fn goal(unit: Option<UnitId>, role: Option<RoleId>) -> ActiveGoal {
    ActiveGoal { id: GoalId::generate(), place: Place { unit, role } }
}

fn with_goal(employee: Employee, goals: &[ActiveGoal], tree: &Organisation) -> u64 {
    report(tree, &[employee], goals, &[], 5).total.counts.with_goal
}

#[test]
fn only_words_of_the_own_unit_or_role_count_as_everyday_words() {
    let (tree, ids) = tree(&[None, Some(0), Some(0)]);
    let (driver, clerk) = (RoleId::generate(), RoleId::generate());
    let ann = employee(Some(ids[1]), Some(driver));
    for (goal, counts, why) in [
        (goal(Some(ids[1]), None), 1, "the own unit"),
        (goal(Some(ids[1]), Some(driver)), 1, "the own role in the own unit"),
        (goal(Some(ids[0]), Some(driver)), 1, "the own role in a unit above"),
        (goal(None, Some(driver)), 1, "the own role everywhere"),
        (goal(Some(ids[1]), Some(clerk)), 0, "another role in the own unit"),
        (goal(Some(ids[0]), None), 0, "everyone in a unit above"),
        (goal(None, None), 0, "the whole organisation"),
        (goal(Some(ids[2]), Some(driver)), 0, "the own role in another unit"),
    ] {
        assert_eq!(with_goal(ann, &[goal], &tree), counts, "{why}");
    }
    let unplaced = employee(None, Some(driver));
    assert_eq!(with_goal(unplaced, &[goal(None, Some(driver))], &tree), 1);
    assert_eq!(with_goal(unplaced, &[goal(Some(ids[1]), None)], &tree), 0);
}

#[test]
fn an_employee_counts_by_the_furthest_of_the_goals_that_are_for_them_today() {
    let (tree, ids) = tree(&[None, Some(0)]);
    let staff: Vec<Employee> = (0..5).map(|_| employee(Some(ids[1]), None)).collect();
    let (own, whole, elsewhere) =
        (goal(Some(ids[1]), None), goal(None, None), goal(Some(UnitId::generate()), None));
    let said =
        |who: usize, goal: ActiveGoal, state| Progress { goal: goal.id, person: staff[who].person, state };
    let progress = [
        said(0, own, Seen),
        said(0, whole, Understood),
        said(1, own, Committed),
        said(1, whole, Objected),
        // A goal of a unit that the person has left, and one that has ended.
        said(2, elsewhere, Committed),
        Progress { goal: GoalId::generate(), person: staff[3].person, state: Committed },
        // Someone who is no employee any more.
        Progress { goal: own.id, person: PersonId::generate(), state: Committed },
    ];
    let report = report(&tree, &staff, &[own, whole, elsewhere], &progress, 5);
    assert!(report.total.shown);
    assert_eq!(report.total.counts.states, [3, 0, 1, 0, 1]);
    assert_eq!(report.total.counts.with_goal, 5);
}

#[test]
fn states_of_small_groups_are_hidden_and_cannot_be_subtracted() {
    // A unit of 9 beside one of 3: showing the first and the whole would tell of the second.
    let (tree, ids) = tree(&[None, Some(0), Some(0)]);
    let mut staff: Vec<Employee> = (0..9).map(|_| employee(Some(ids[1]), None)).collect();
    staff.extend((0..3).map(|_| employee(Some(ids[2]), None)));
    let goals = [goal(Some(ids[1]), None)];
    let progress: Vec<Progress> =
        staff.iter().map(|who| Progress { goal: goals[0].id, person: who.person, state: Seen }).collect();
    let report = report(&tree, &staff, &goals, &progress, 5);
    let shown: Vec<bool> = report.units.iter().map(|unit| unit.shown).collect();
    assert_eq!((report.total.shown, shown), (true, vec![true, false, false]));
    let [_, left, right] = report.units[..] else { panic!("three units") };
    assert_eq!((left.counts.employees, left.counts.with_goal, left.counts.states), (9, 9, [0; 5]));
    assert_eq!((right.counts.employees, right.counts.with_goal), (3, 0));
    assert_eq!(report.holes, [ids[2]]);
    // The part of a report hides what the whole hides.
    let part = report.below(ids[1], &tree).unwrap();
    assert_eq!((part.total, part.units.len(), part.holes.len()), (left, 1, 0));
}

#[test]
fn a_tenant_cannot_show_groups_below_the_products_floor() {
    let (tree, ids) = tree(&[None]);
    let staff: Vec<Employee> = (0..4).map(|_| employee(Some(ids[0]), None)).collect();
    assert!(!report(&tree, &staff, &[], &[], 1).total.shown);
}

#[test]
fn the_part_below_an_unknown_unit_is_none() {
    let (tree, ids) = tree(&[None, Some(0), Some(1)]);
    let whole = report(&tree, &[], &[], &[], 5);
    assert_eq!(whole.clone().below(UnitId::generate(), &tree), None);
    let part = whole.below(ids[1], &tree).unwrap();
    let units: Vec<_> = part.units.iter().map(|unit| unit.unit).collect();
    assert_eq!((part.total.unit, units), (Some(ids[1]), vec![Some(ids[1]), Some(ids[2])]));
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug)]
    struct World {
        tree: Organisation,
        ids: Vec<UnitId>,
        staff: Vec<Employee>,
        goals: Vec<ActiveGoal>,
        progress: Vec<Progress>,
    }

    fn world() -> impl Strategy<Value = World> {
        let seeds = prop::collection::vec(any::<prop::sample::Index>(), 1..10);
        let staff = prop::collection::vec(
            (prop::option::weighted(0.9, any::<prop::sample::Index>()), 0..3_usize),
            0..60,
        );
        let goals = prop::collection::vec((prop::option::of(any::<prop::sample::Index>()), 0..3_usize), 0..8);
        let progress = prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_usize),
            0..80,
        );
        (seeds, staff, goals, progress).prop_map(|(seeds, staff, goals, progress)| {
            let parents: Vec<Option<usize>> = seeds
                .iter()
                .enumerate()
                .map(|(at, seed)| Some(seed.index(at + 1)).filter(|parent| *parent < at))
                .collect();
            let (tree, ids) = tree(&parents);
            let roles = [None, Some(RoleId::generate()), Some(RoleId::generate())];
            let pick = |unit: Option<prop::sample::Index>| unit.map(|unit| ids[unit.index(ids.len())]);
            let staff: Vec<_> =
                staff.into_iter().map(|(unit, role)| employee(pick(unit), roles[role])).collect();
            let goals: Vec<_> = goals.into_iter().map(|(unit, role)| goal(pick(unit), roles[role])).collect();
            let progress = if staff.is_empty() || goals.is_empty() {
                Vec::new()
            } else {
                let said =
                    |(goal, person, state): (prop::sample::Index, prop::sample::Index, usize)| Progress {
                        goal: goals[goal.index(goals.len())].id,
                        person: staff[person.index(staff.len())].person,
                        state: CommitmentState::ALL[state],
                    };
                progress.into_iter().map(said).collect()
            };
            World { tree, ids, staff, goals, progress }
        })
    }

    proptest! {
        #[test]
        fn every_employee_is_counted_once_on_each_level(world in world()) {
            let World { tree, ids, staff, goals, progress } = world;
            let report = report(&tree, &staff, &goals, &progress, 5);
            prop_assert_eq!(report.total.counts.employees, staff.len() as u64);
            for (position, unit) in report.units.iter().enumerate() {
                let own: Vec<_> = staff.iter().filter(|who| who.unit == Some(ids[position])).collect();
                let below = || report.units.iter().zip(tree.units())
                    .filter(|(_, node)| node.parent == Some(position)).map(|(unit, _)| unit.counts);
                prop_assert_eq!(
                    unit.counts.employees,
                    own.len() as u64 + below().map(|counts| counts.employees).sum::<u64>()
                );
                let own_with = own.iter().filter(|who| with_goal(***who, &goals, &tree) == 1).count();
                prop_assert_eq!(
                    unit.counts.with_goal,
                    own_with as u64 + below().map(|counts| counts.with_goal).sum::<u64>()
                );
                prop_assert_eq!(
                    report.holes.contains(&ids[position]),
                    !own.is_empty() && own_with == 0
                );
            }
        }

        #[test]
        fn shown_states_add_up_to_the_employees_and_hidden_ones_are_nought(world in world()) {
            let World { tree, ids: _, staff, goals, progress } = world;
            let report = report(&tree, &staff, &goals, &progress, 5);
            for unit in report.units.iter().chain([&report.total]) {
                let states: u64 = unit.counts.states.iter().sum();
                if unit.shown {
                    prop_assert_eq!(states, unit.counts.employees);
                    prop_assert!(unit.counts.employees >= 5);
                } else {
                    prop_assert_eq!(states, 0);
                }
                prop_assert!(unit.counts.with_goal <= unit.counts.employees);
            }
        }

        #[test]
        fn a_further_goal_takes_words_from_nobody(world in world()) {
            let World { tree, ids, staff, mut goals, progress } = world;
            let before = report(&tree, &staff, &goals, &progress, 5);
            goals.push(goal(Some(ids[0]), None));
            let after = report(&tree, &staff, &goals, &progress, 5);
            for (before, after) in before.units.iter().zip(&after.units) {
                prop_assert!(after.counts.with_goal >= before.counts.with_goal);
            }
        }
    }
}
