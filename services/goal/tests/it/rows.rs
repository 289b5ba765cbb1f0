//! What a leader and an employee see of coverage and of what people commit to.

use arki_ids::{PersonId, UnitId};
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, ask_as, on_each_database, said, told};
use tonic::Code;

use crate::world::World;

on_each_database!(
    a_leader_reads_the_coverage_of_own_units_alone,
    nobody_reads_or_sets_what_somebody_else_commits_to,
);

const BEYOND: (Code, &str) = (Code::PermissionDenied, "OUT_OF_REACH");

async fn a_leader_reads_the_coverage_of_own_units_alone(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Yhtiö", None);
    let (left, right) = (world.unit("Vasen", Some(root)), world.unit("Oikea", Some(root)));
    let below = world.unit("Alla", Some(left));
    for unit in [left, right, below] {
        for _ in 0..6 {
            world.employee(Some(unit), None);
        }
    }
    let vision = world.vision().await;
    let coverage = |unit: Option<UnitId>| {
        let request = pb::GetCoverageRequest {
            vision: vision.clone(),
            unit: unit.map(|unit| unit.name()).unwrap_or_default(),
        };
        let request = ask_as(world.tenant, "goal.read", &[left], None, request);
        let mut client = world.client();
        async move { said(client.get_coverage(request).await) }
    };
    let own = coverage(Some(left)).await.unwrap();
    assert_eq!(own, world.coverage(&vision, Some(left)).await.unwrap(), "as anybody sees it");
    assert_eq!(coverage(None).await.unwrap(), own);
    coverage(Some(below)).await.unwrap();
    for unit in [root, right, UnitId::generate()] {
        let (code, reason) = told(coverage(Some(unit)).await);
        assert_eq!((code, reason.as_str()), BEYOND);
    }
}

async fn nobody_reads_or_sets_what_somebody_else_commits_to(database: TestDatabase) {
    let world = World::start(database).await;
    let unit = world.unit("Yhtiö", None);
    let (ann, ben) = (world.employee(Some(unit), None), world.employee(Some(unit), None));
    let vision = world.vision().await;
    let goal = world.goal(&vision, Some(unit), None).await;
    // Ann leads the unit of both: what Ben commits to is not hers to read, nor to set.
    let by_ann = |person: PersonId| {
        let list = pb::ListCommitmentsRequest { person: person.name(), ..Default::default() };
        let set = pb::SetCommitmentRequest {
            goal: goal.clone(),
            person: person.name(),
            state: pb::CommitmentState::Seen.into(),
            ..Default::default()
        };
        let list = ask_as(world.tenant, "goal.write", &[unit], Some(ann), list);
        let set = ask_as(world.tenant, "goal.write", &[unit], Some(ann), set);
        let mut client = world.client();
        async move {
            let set = said(client.set_commitment(set).await).map(|_| ());
            (set, said(client.list_commitments(list).await).map(|page| page.commitments.len()))
        }
    };
    let (set, listed) = by_ann(ann).await;
    set.unwrap();
    assert_eq!(listed.unwrap(), 1);
    for person in [ben, PersonId::generate()] {
        let (set, listed) = by_ann(person).await;
        for answer in [told(set), told(listed.map(|_| ()))] {
            assert_eq!((answer.0, answer.1.as_str()), BEYOND, "whether there is such a person or not");
        }
    }
    let stop = pb::EndGoalRequest { name: goal.clone(), ..Default::default() };
    let stop = ask_as(world.tenant, "goal.write", &[unit], Some(ann), stop);
    let (code, reason) = told(said(world.client().end_goal(stop).await));
    assert_eq!((code, reason.as_str()), BEYOND, "the scope is for one's own commitments");
}
