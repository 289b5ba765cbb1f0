use super::*;
use crate::domain::organisation::UnitRow;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn content() -> GoalContent {
    GoalContent {
        title: Words::new("en", "nobody waits without knowing"),
        everyday_text: Words::new("en", "I tell each customer how long it takes")
            .and("fi", "Kerron, kauanko kestää"),
        to_do: vec![Words::new("en", "greet first")],
        enough: Vec::new(),
        not_asked: Vec::new(),
        owner: Some(PersonId::generate()),
        metric: None,
        weight: 1,
    }
}

fn goal(place: Place) -> Goal {
    Goal::draft(GoalId::generate(), VisionId::generate(), None, place, content(), now())
}

fn with_text(text: Words) -> Goal {
    let mut goal = goal(Place::default());
    goal.content.everyday_text = text;
    goal
}

/// A root with two units below it, the first of which has one below and a leader.
fn tree() -> (Organisation, [UnitId; 4], PersonId) {
    let [root, left, right, leaf] = std::array::from_fn(|_| UnitId::generate());
    let leader = PersonId::generate();
    let row = |id, parent, leader| UnitRow { id, display_name: String::new(), parent, leader };
    let rows = [
        row(root, None, None),
        row(left, Some(root), Some(leader)),
        row(right, Some(root), None),
        row(leaf, Some(left), None),
    ];
    (Organisation::new(rows).unwrap(), [root, left, right, leaf], leader)
}

fn of(unit: UnitId) -> Place {
    Place { unit: Some(unit), role: None }
}

#[test]
fn a_goal_without_words_or_owner_does_not_come_into_force() {
    let mut bare = with_text(Words::default());
    bare.content.owner = None;
    let Err(Error::GoalIncomplete(missing)) = bare.activate(now()) else { panic!("it came into force") };
    let fields: Vec<_> = missing.into_iter().map(|missing| missing.field).collect();
    assert_eq!(fields, ["everyday_text", "owner"]);
    let Err(Error::GoalIncomplete(missing)) = with_text(Words::new("en", "…!")).activate(now()) else {
        panic!("marks are no words");
    };
    assert_eq!(missing[0].field, "everyday_text.by_language.en");
}

#[test]
fn empty_words_are_named_in_every_language_that_has_a_lexicon() {
    let text = Words::new("fi", "Annan hyvää palvelua").and("en", "NPS 62").and("et", "Parim teenindus");
    let Err(Error::GoalTextEmpty(found)) = with_text(text).activate(now()) else {
        panic!("it came into force")
    };
    let found: Vec<_> =
        found.iter().map(|empty| (empty.language.as_str(), empty.finding.words.as_str())).collect();
    assert_eq!(found, [("en", "NPS 62"), ("fi", "hyvää")]);
    assert_eq!(with_text(Words::new("et", "Parim teenindus")).activate(now()).unwrap().state, State::Active);
}

#[test]
fn a_goal_in_force_stays_fit_and_stays_for_the_same_people() {
    let active = goal(Place::default()).activate(now()).unwrap();
    let empty = GoalChange { everyday_text: Some(Words::new("en", "be excellent")), ..GoalChange::default() };
    assert!(matches!(active.clone().apply(empty.clone(), now()), Err(Error::GoalTextEmpty(_))));
    assert!(goal(Place::default()).apply(empty, now()).is_ok(), "a draft may say anything");
    let elsewhere = GoalChange { unit: Some(Some(UnitId::generate())), ..GoalChange::default() };
    assert_eq!(
        active.clone().apply(elsewhere, now()),
        Err(Error::WrongState { state: State::Active, needed: "draft".to_owned() })
    );
    let same = GoalChange { unit: Some(None), weight: Some(7), ..GoalChange::default() };
    let changed = active.apply(same, now()).unwrap();
    assert_eq!((changed.content.weight, changed.revision), (7, 3));
}

#[test]
fn a_goal_never_comes_back() {
    let ended = goal(Place::default()).end(now()).unwrap();
    for refused in
        [ended.clone().activate(now()), ended.clone().end(now()), ended.apply(GoalChange::default(), now())]
    {
        assert!(matches!(refused, Err(Error::WrongState { state: State::Ended, .. })));
    }
}

#[test]
fn a_parent_is_of_the_same_vision_and_of_the_same_unit_or_above() {
    let (tree, [root, left, right, leaf], _) = tree();
    let under = |child: Place, parent: Place| {
        let (child, mut parent) = (goal(child), goal(parent));
        parent.vision = child.vision;
        child.fits_under(&parent, &tree)
    };
    for (child, parent) in [
        (of(leaf), of(left)),
        (of(leaf), of(root)),
        (of(leaf), Place::default()),
        (of(left), of(left)),
        (Place::default(), Place::default()),
    ] {
        assert_eq!(under(child, parent), Ok(()));
    }
    for (child, parent) in [(of(left), of(leaf)), (of(leaf), of(right)), (Place::default(), of(root))] {
        assert!(matches!(under(child, parent), Err(Error::ParentMismatch { .. })));
    }
    let (child, parent) = (goal(of(leaf)), goal(of(left)));
    assert!(matches!(child.fits_under(&parent, &tree), Err(Error::ParentMismatch { .. })), "another vision");
}

#[test]
fn a_cascade_reaches_each_unit_right_below_and_each_role_once() {
    let (tree, [root, left, right, _], leader) = tree();
    let role = RoleId::generate();
    let above = goal(of(root));
    let targets = above.cascade(&[role, role], &[], &tree).unwrap();
    let in_root = Place { unit: Some(root), role: Some(role) };
    assert_eq!(
        targets,
        [
            Target { place: of(left), owner: Some(leader) },
            Target { place: of(right), owner: None },
            Target { place: in_root, owner: above.content.owner },
        ]
    );
    let rest = above.cascade(&[role], &[of(left), in_root], &tree).unwrap();
    assert_eq!(rest, [Target { place: of(right), owner: None }]);
    let whole: Vec<_> =
        goal(Place::default()).cascade(&[], &[], &tree).unwrap().iter().map(|target| target.place).collect();
    assert_eq!(whole, [of(root)]);
}

#[test]
fn a_cascade_of_a_roles_goal_keeps_to_the_role() {
    let (tree, [root, left, right, _], _) = tree();
    let role = RoleId::generate();
    let drivers = goal(Place { unit: Some(root), role: Some(role) });
    let places: Vec<_> =
        drivers.cascade(&[], &[], &tree).unwrap().iter().map(|target| target.place).collect();
    assert_eq!(places, [left, right].map(|unit| Place { unit: Some(unit), role: Some(role) }));
    let refused = drivers.cascade(&[RoleId::generate()], &[], &tree);
    assert!(matches!(refused, Err(Error::Field { field: "roles", .. })));
    let ended = goal(of(root)).end(now()).unwrap();
    assert!(matches!(ended.cascade(&[], &[], &tree), Err(Error::WrongState { .. })));
}

#[test]
fn a_draft_of_a_cascade_has_the_title_and_no_everyday_words() {
    let above = goal(Place::default());
    let target = Target { place: of(UnitId::generate()), owner: None };
    let draft = above.draft_below(GoalId::generate(), target, now());
    assert_eq!((draft.parent, draft.vision, draft.place), (Some(above.id), above.vision, target.place));
    assert_eq!(draft.content.title, above.content.title);
    assert!(draft.content.everyday_text.is_empty());
    assert!(matches!(draft.activate(now()), Err(Error::GoalIncomplete(_))));
}

#[test]
fn a_goal_is_for_its_unit_and_below_and_for_its_role() {
    let (tree, [root, left, right, leaf], _) = tree();
    let (driver, clerk) = (RoleId::generate(), RoleId::generate());
    let place = Place { unit: Some(left), role: Some(driver) };
    for (place, unit, role, expected) in [
        (place, Some(left), Some(driver), true),
        (place, Some(leaf), Some(driver), true),
        (place, Some(leaf), Some(clerk), false),
        (place, Some(leaf), None, false),
        (place, Some(right), Some(driver), false),
        (place, Some(root), Some(driver), false),
        (place, None, Some(driver), false),
        (of(left), Some(leaf), None, true),
        (Place::default(), None, None, true),
    ] {
        assert_eq!(place.is_for(unit, role, &tree), expected, "{place:?} for {unit:?} {role:?}");
    }
}
