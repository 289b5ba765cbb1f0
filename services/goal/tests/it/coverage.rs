use arki_ids::{UnitId, VisionId};
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, on_each_database, told};
use pb::CommitmentState::{Committed, Objected, Seen};
use tonic::Code;

use crate::world::World;

on_each_database!(
    coverage_counts_employees_by_unit_and_names_the_holes,
    small_groups_show_no_states,
    a_part_of_the_organisation_is_reported_as_in_the_whole,
    what_is_not_there_has_no_coverage,
);

/// A root with a unit of 6 and one of 7 below it, and one person without a unit.
async fn organisation(world: &World) -> [UnitId; 3] {
    let root = world.unit("Yhtiö", None);
    let (left, right) = (world.unit("Vasen", Some(root)), world.unit("Oikea", Some(root)));
    world.employee(None, None);
    [root, left, right]
}

async fn coverage_counts_employees_by_unit_and_names_the_holes(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.creates_vision(pb::Vision {
        sponsor: arki_ids::PersonId::generate().name(),
        ..world.whole_vision()
    });
    assert_eq!(told(vision.await), (Code::NotFound, "PERSON_NOT_FOUND".to_owned()));
    world.directory.change(world.tenant, |known| known.people.clear());
    let [root, left, right] = organisation(&world).await;
    let lefts: Vec<_> = (0..6).map(|_| world.employee(Some(left), None)).collect();
    let rights: Vec<_> = (0..7).map(|_| world.employee(Some(right), None)).collect();
    let vision = world.vision().await;
    let whole = world.goal(&vision, None, None).await;
    let own = world.goal(&vision, Some(left), None).await;
    world.answers(lefts[0], &own, Seen).await.unwrap();
    world.answers(lefts[1], &own, Seen).await.unwrap();
    world.answers(lefts[1], &own, Committed).await.unwrap();
    world.answers(lefts[2], &whole, Committed).await.unwrap();
    world.answers(lefts[2], &own, Objected).await.unwrap();
    world.answers(rights[0], &whole, Committed).await.unwrap();
    // A draft reaches nobody.
    world.creates_goal(pb::Goal { unit: right.name(), ..world.whole_goal(&vision) }).await.unwrap();

    let report = world.coverage(&vision, None).await.unwrap();
    assert_eq!((&report.vision, &report.holes), (&vision, &vec![right.name()]));
    let of = |unit: &pb::UnitCoverage| {
        [
            unit.employees,
            unit.with_goal,
            unit.unseen,
            unit.seen,
            unit.understood,
            unit.committed,
            unit.objected,
        ]
    };
    let total = report.total.unwrap();
    assert_eq!((total.unit.as_str(), total.display_name.as_str()), ("", ""));
    let names: Vec<_> =
        report.units.iter().map(|unit| (unit.unit.clone(), unit.display_name.as_str())).collect();
    assert_eq!(names, [(root.name(), "Yhtiö"), (left.name(), "Vasen"), (right.name(), "Oikea")]);
    assert_eq!(of(&report.units[1]), [6, 6, 3, 1, 0, 1, 1]);
    assert_eq!(of(&report.units[2]), [7, 0, 6, 0, 0, 1, 0]);
    assert_eq!(of(&report.units[0]), [13, 6, 9, 1, 0, 2, 1]);
    assert!(report.units.iter().all(|unit| unit.shown));
    // The sponsor, two owners, the owner of the draft and the person without a unit: five more in the whole alone.
    assert_eq!((total.employees, total.with_goal, total.shown), (18, 6, true));
    assert_eq!(of(&total)[2..].iter().sum::<i32>(), 18);
}

async fn small_groups_show_no_states(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let goal = world.goal(&vision, None, None).await;
    world.directory.change(world.tenant, |known| {
        known.people.clear();
        known.rules.minimum_group_employees = 7;
    });
    let root = world.unit("Yhtiö", None);
    let (left, right) = (world.unit("Vasen", Some(root)), world.unit("Oikea", Some(root)));
    let lefts: Vec<_> = (0..6).map(|_| world.employee(Some(left), None)).collect();
    for _ in 0..9 {
        world.employee(Some(right), None);
    }
    world.answers(lefts[0], &goal, Committed).await.unwrap();
    let report = world.coverage(&vision, None).await.unwrap();
    // The unit of nine would give away the six beside it, so it is hidden along with them.
    let shown: Vec<_> = report.units.iter().map(|unit| (unit.shown, unit.employees, unit.unseen)).collect();
    assert_eq!(shown, [(true, 15, 14), (false, 6, 0), (false, 9, 0)]);
    // Asking for the part doesn't get more.
    let part = world.coverage(&vision, Some(right)).await.unwrap();
    assert_eq!(part.total.as_ref(), Some(&report.units[2]));
}

async fn a_part_of_the_organisation_is_reported_as_in_the_whole(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let [root, left, right] = organisation(&world).await;
    let leaf = world.unit("Alin", Some(left));
    for unit in [left, leaf, right] {
        for _ in 0..5 {
            world.employee(Some(unit), None);
        }
    }
    let whole = world.coverage(&vision, None).await.unwrap();
    let part = world.coverage(&vision, Some(left)).await.unwrap();
    let find = |unit: UnitId| whole.units.iter().find(|one| one.unit == unit.name()).unwrap().clone();
    assert_eq!(part.total, Some(find(left)));
    assert_eq!(part.units, [find(left), find(leaf)]);
    assert_eq!(part.holes, [left.name(), leaf.name()]);
    assert_eq!(whole.holes.len(), 3);
    assert_eq!(find(root).employees, 15);
}

async fn what_is_not_there_has_no_coverage(database: TestDatabase) {
    let world = World::start(database).await;
    let answer = world.coverage(&VisionId::generate().name(), None).await;
    assert_eq!(told(answer), (Code::NotFound, "VISION_NOT_FOUND".to_owned()));
    let vision = world.vision().await;
    let answer = world.coverage(&vision, Some(UnitId::generate())).await;
    assert_eq!(told(answer), (Code::NotFound, "UNIT_NOT_FOUND".to_owned()));
    let empty = world.coverage(&vision, None).await.unwrap();
    assert!(empty.units.is_empty() && empty.holes.is_empty());
    assert!(!empty.total.unwrap().shown, "the one sponsor is no group");
}
