use arki_ids::TenantId;
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, ask, on_each_database, said, told};
use tonic::{Code, Request};

use crate::world::World;

on_each_database!(a_second_tenant_sees_and_changes_nothing, a_request_id_belongs_to_its_tenant);

async fn a_second_tenant_sees_and_changes_nothing(database: TestDatabase) {
    let mut world = World::start(database).await;
    let vision = world.vision().await;
    let goal = world.goal(&vision, None, None).await;
    let ann = world.employee(None, None);
    world.answers(ann, &goal, pb::CommitmentState::Seen).await.unwrap();

    world.tenant = TenantId::generate();
    let mut client = world.client();
    let own = world.vision().await;
    let vision_missing = (Code::NotFound, "VISION_NOT_FOUND".to_owned());
    let goal_missing = (Code::NotFound, "GOAL_NOT_FOUND".to_owned());
    let person_missing = (Code::NotFound, "PERSON_NOT_FOUND".to_owned());

    let request = pb::GetVisionRequest { name: vision.clone() };
    assert_eq!(told(said(client.get_vision(world.ask(request)).await)), vision_missing);
    let visions = said(client.list_visions(world.ask(pb::ListVisionsRequest::default())).await).unwrap();
    assert!(visions.visions.len() == 1 && visions.visions[0].name == own);
    let update_mask = Some(prost_types::FieldMask { paths: vec!["strategy_reference".to_owned()] });
    let theirs = Some(pb::Vision { name: vision.clone(), ..Default::default() });
    let request = pb::UpdateVisionRequest { vision: theirs, update_mask, ..Default::default() };
    assert_eq!(told(said(client.update_vision(world.ask(request)).await)), vision_missing);
    assert_eq!(told(world.activates_vision(&vision).await), vision_missing);
    assert_eq!(told(world.creates_goal(world.whole_goal(&vision)).await), vision_missing);
    assert_eq!(told(world.coverage(&vision, None).await), vision_missing);

    let request = pb::GetGoalRequest { name: goal.clone() };
    assert_eq!(told(said(client.get_goal(world.ask(request)).await)), goal_missing);
    for request in [
        pb::ListGoalsRequest::default(),
        pb::ListGoalsRequest { vision: vision.clone(), ..Default::default() },
        pb::ListGoalsRequest { parent: goal.clone(), ..Default::default() },
    ] {
        assert!(said(client.list_goals(world.ask(request)).await).unwrap().goals.is_empty());
    }
    let theirs = pb::Goal { name: goal.clone(), ..Default::default() };
    assert_eq!(told(world.updates_goal(theirs, &["weight"]).await), goal_missing);
    let under = pb::Goal { parent: goal.clone(), ..world.whole_goal(&own) };
    assert_eq!(told(world.creates_goal(under).await), goal_missing);
    assert_eq!(told(world.activates_goal(&goal).await), goal_missing);
    assert_eq!(told(world.ends_goal(&goal).await), goal_missing);
    assert_eq!(told(world.cascades(&goal, &[]).await), goal_missing);

    let eve = world.employee(None, None);
    assert_eq!(told(world.answers(eve, &goal, pb::CommitmentState::Seen).await), goal_missing);
    let own_goal = world.goal(&own, None, None).await;
    assert_eq!(told(world.answers(ann, &own_goal, pb::CommitmentState::Seen).await), person_missing);
    let request = pb::ListCommitmentsRequest { person: ann.name(), ..Default::default() };
    assert_eq!(told(said(client.list_commitments(world.ask(request)).await)), person_missing);
    let request = pb::ListDeadLettersRequest::default();
    let letters = said(client.list_dead_letters(ask(world.tenant, "goal.admin", request)).await).unwrap();
    assert!(letters.dead_letters.is_empty());
    // The sponsor and the three owners of this tenant, and eve.
    let report = world.coverage(&own, None).await.unwrap();
    assert_eq!(report.total.unwrap().employees, 5);
}

async fn a_request_id_belongs_to_its_tenant(database: TestDatabase) {
    let mut world = World::start(database).await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let vision = pb::Vision { sponsor: String::new(), ..world.whole_vision() };
        let request = pb::CreateVisionRequest { vision: Some(vision), request_id: "1".to_owned() };
        names
            .push(said(world.client().create_vision(world.ask(request)).await).unwrap().vision.unwrap().name);
        world.tenant = TenantId::generate();
    }
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn an_rpc_is_open_to_callers_with_its_scope_alone() {
    let world = World::start(TestDatabase::sqlite()).await;
    let mut client = world.client();
    let request = pb::CreateVisionRequest { vision: Some(world.whole_vision()), ..Default::default() };
    let answer = said(client.create_vision(ask(world.tenant, "goal.read", request.clone())).await);
    assert_eq!(answer.as_ref().unwrap_err().metadata["scope"], "goal.write");
    assert_eq!(told(answer), (Code::PermissionDenied, "SCOPE_MISSING".to_owned()));
    let answer = said(client.create_vision(Request::new(request)).await);
    assert_eq!(told(answer), (Code::Unauthenticated, "UNAUTHENTICATED".to_owned()));
    let letters = pb::ListDeadLettersRequest::default();
    let answer = said(client.list_dead_letters(world.ask(letters)).await);
    assert_eq!(told(answer), (Code::PermissionDenied, "SCOPE_MISSING".to_owned()));
    let visions = pb::ListVisionsRequest::default();
    assert!(client.list_visions(ask(world.tenant, "goal.read", visions)).await.is_ok());
}
