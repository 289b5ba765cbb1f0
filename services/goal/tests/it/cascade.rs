use arki_ids::{PersonId, RoleId};
use arki_proto::event::v1::GoalChanged;
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, fields, on_each_database, said, told};
use tonic::Code;

use crate::world::World;

on_each_database!(
    a_cascade_drafts_for_each_unit_right_below_and_each_role,
    a_second_cascade_drafts_only_what_is_new,
    a_repeated_cascade_answers_with_the_same_drafts,
    a_draft_waits_for_words_of_its_own,
    what_cannot_be_cascaded_is_refused,
    two_cascades_at_once_draft_each_unit_once,
);

async fn a_cascade_drafts_for_each_unit_right_below_and_each_role(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let root = world.unit("Yhtiö", None);
    let (left, right) = (world.unit("Vasen", Some(root)), world.unit("Oikea", Some(root)));
    world.unit("Alin", Some(left));
    let leader = PersonId::generate().name();
    world.directory.change(world.tenant, |known| known.units[1].leader = leader.clone());
    let role = world.role();
    let top = world.goal(&vision, Some(root), None).await;

    let drafts = world.cascades(&top, &[role]).await.unwrap();
    let places: Vec<_> = drafts.iter().map(|draft| (draft.unit.clone(), draft.role.clone())).collect();
    assert_eq!(
        places,
        [(left.name(), String::new()), (right.name(), String::new()), (root.name(), role.name())]
    );
    assert!(
        drafts.iter().all(|draft| draft.parent == top && draft.vision == vision && draft.state == "draft")
    );
    assert_eq!((drafts[0].owner.as_str(), drafts[1].owner.as_str()), (leader.as_str(), ""));
    for draft in &drafts {
        let request = pb::GetGoalRequest { name: draft.name.clone() };
        assert_eq!(
            said(world.client().get_goal(world.ask(request)).await).unwrap().goal.as_ref(),
            Some(draft)
        );
    }
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let (_, changed) = world.hears::<GoalChanged>().await;
        if changed.goal != top {
            heard.push(changed.goal);
        }
    }
    heard.sort();
    let mut names: Vec<_> = drafts.into_iter().map(|draft| draft.name).collect();
    names.sort();
    assert_eq!(heard, names);
}

async fn a_second_cascade_drafts_only_what_is_new(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let root = world.unit("Yhtiö", None);
    let top = world.goal(&vision, None, None).await;
    let first = world.cascades(&top, &[]).await.unwrap();
    assert_eq!(first.len(), 1);
    assert!(world.cascades(&top, &[]).await.unwrap().is_empty());
    let second = world.unit("Uusi", None);
    let more = world.cascades(&top, &[]).await.unwrap();
    assert_eq!(more.iter().map(|draft| draft.unit.clone()).collect::<Vec<_>>(), [second.name()]);
    // A goal that has ended leaves its place free again.
    world.ends_goal(&first[0].name).await.unwrap();
    let again = world.cascades(&top, &[]).await.unwrap();
    assert_eq!(again.iter().map(|draft| draft.unit.clone()).collect::<Vec<_>>(), [root.name()]);
}

async fn a_repeated_cascade_answers_with_the_same_drafts(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    world.unit("Yhtiö", None);
    let top = world.goal(&vision, None, None).await;
    let request = pb::CascadeGoalRequest { name: top, request_id: "once".to_owned(), ..Default::default() };
    let first = said(world.client().cascade_goal(world.ask(request.clone())).await).unwrap();
    world.unit("Uusi", None);
    let second = said(world.client().cascade_goal(world.ask(request)).await).unwrap();
    assert_eq!((first.goals.len(), second), (1, first));
}

async fn a_draft_waits_for_words_of_its_own(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    world.unit("Yhtiö", None);
    let top = world.goal(&vision, None, None).await;
    let draft = world.cascades(&top, &[]).await.unwrap().remove(0);
    let answer = world.activates_goal(&draft.name).await;
    assert_eq!(fields(answer), ["everyday_text", "owner"]);
    let answer = world.activates_goal(&draft.name).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_INCOMPLETE".to_owned()));
    let written = pb::Goal { name: draft.name.clone(), ..world.whole_goal(&vision) };
    world.updates_goal(written, &["everyday_text", "owner"]).await.unwrap();
    assert_eq!(world.activates_goal(&draft.name).await.unwrap().unit, draft.unit);
}

async fn what_cannot_be_cascaded_is_refused(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let role = world.role();
    let top = world.goal(&vision, None, None).await;
    let answer = world.cascades(&top, &[RoleId::generate()]).await;
    assert_eq!(told(answer), (Code::NotFound, "ROLE_NOT_FOUND".to_owned()));
    let of_role = world.goal(&vision, None, Some(role)).await;
    assert_eq!(fields(world.cascades(&of_role, &[role]).await), ["roles"]);
    let unknown = arki_ids::GoalId::generate().name();
    let answer = world.cascades(&unknown, &[]).await;
    assert_eq!(told(answer), (Code::NotFound, "GOAL_NOT_FOUND".to_owned()));
    let broken =
        pb::CascadeGoalRequest { name: top.clone(), roles: vec!["drivers".to_owned()], ..Default::default() };
    assert_eq!(fields(said(world.client().cascade_goal(world.ask(broken)).await)), ["roles[0]"]);
    world.ends_goal(&top).await.unwrap();
    let answer = world.cascades(&top, &[]).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
}

async fn two_cascades_at_once_draft_each_unit_once(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    for name in ["Vasen", "Oikea"] {
        world.unit(name, None);
    }
    for _ in 0..5 {
        let top = world.goal(&vision, None, None).await;
        let (first, second) = tokio::join!(world.cascades(&top, &[]), world.cascades(&top, &[]));
        assert_eq!(first.unwrap().len() + second.unwrap().len(), 2);
    }
}
