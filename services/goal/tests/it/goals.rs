use arki_ids::{GoalId, MetricId, RoleId, UnitId};
use arki_proto::event::v1::GoalChanged;
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, fields, on_each_database, said, text, told};
use tonic::Code;

use crate::world::World;

on_each_database!(
    a_goal_is_created_read_changed_and_listed,
    goals_are_listed_by_unit_parent_and_vision_page_by_page,
    a_goal_comes_into_force_and_ends,
    empty_words_keep_a_goal_from_coming_into_force,
    goals_need_a_vision_in_force,
    a_goal_stays_a_tree_of_units_and_goals,
    things_that_the_directory_does_not_have_are_refused,
    repeated_changes_have_one_effect,
    other_services_hear_of_each_change,
    nothing_changes_while_the_directory_is_away,
    two_moves_at_once_make_no_cycle,
);

async fn get(world: &World, name: &str) -> Result<pb::Goal, arki_rpc::Failure> {
    let request = pb::GetGoalRequest { name: name.to_owned() };
    said(world.client().get_goal(world.ask(request)).await).map(|response| response.goal.unwrap())
}

async fn list(world: &World, request: pb::ListGoalsRequest) -> pb::ListGoalsResponse {
    said(world.client().list_goals(world.ask(request)).await).unwrap()
}

async fn a_goal_is_created_read_changed_and_listed(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let unit = world.unit("Palvelu", None);
    let role = world.role();
    let sent = pb::Goal {
        unit: unit.name(),
        role: role.name(),
        r#do: vec![text("en", "greet first").unwrap()],
        enough: vec![text("en", "one call a day").unwrap(), text("fi", "yksi soitto").unwrap()],
        not_asked: vec![text("en", "a gift").unwrap()],
        metric: MetricId::generate().name(),
        weight: 3,
        ..world.whole_goal(&vision)
    };
    let created = world.creates_goal(sent.clone()).await.unwrap();
    let expected = pb::Goal {
        name: created.name.clone(),
        state: "draft".to_owned(),
        create_time: created.create_time,
        update_time: created.create_time,
        etag: "1".to_owned(),
        ..sent
    };
    assert_eq!(created, expected);
    assert_eq!(get(&world, &created.name).await.unwrap(), created);

    let change = pb::Goal { weight: 0, title: text("sv", "ingen väntar"), ..created.clone() };
    let changed = world.updates_goal(change.clone(), &["weight"]).await.unwrap();
    assert_eq!((changed.weight, &changed.title, changed.etag.as_str()), (1, &created.title, "2"));
    let stale = world.updates_goal(change, &["title"]).await;
    assert_eq!(told(stale), (Code::Aborted, "ETAG_MISMATCH".to_owned()));

    // Without a mask everything that may change does.
    let all = pb::Goal { name: created.name.clone(), ..world.whole_goal(&vision) };
    let changed = world.updates_goal(all.clone(), &[]).await.unwrap();
    assert_eq!((changed.unit.as_str(), changed.r#do.len(), changed.metric.as_str()), ("", 0, ""));
    assert_eq!(changed.owner, all.owner);
    assert_eq!(list(&world, pb::ListGoalsRequest::default()).await.goals, [changed]);

    let other = pb::Goal { vision: world.vision().await, ..all };
    let moved = world.updates_goal(other, &["vision"]).await;
    assert_eq!(fields(moved), ["goal.vision"]);
    let missing = get(&world, &GoalId::generate().name()).await;
    assert_eq!(told(missing), (Code::NotFound, "GOAL_NOT_FOUND".to_owned()));
    let mute =
        pb::Goal { everyday_text: None, title: text("en", &"x".repeat(201)), ..world.whole_goal(&vision) };
    assert_eq!(
        fields(world.creates_goal(mute).await),
        ["goal.everyday_text"],
        "the contract's own bounds come first"
    );
    let long = pb::Goal { title: text("en", &"x".repeat(201)), ..world.whole_goal(&vision) };
    assert_eq!(fields(world.creates_goal(long).await), ["goal.title.by_language.en"]);
}

async fn goals_are_listed_by_unit_parent_and_vision_page_by_page(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let draft = world.creates_vision(world.whole_vision()).await.unwrap().name;
    world.creates_goal(world.whole_goal(&draft)).await.unwrap();
    let unit = world.unit("Palvelu", None);
    let top = world.creates_goal(world.whole_goal(&vision)).await.unwrap();
    let mut names = Vec::new();
    for _ in 0..3 {
        let goal = pb::Goal { parent: top.name.clone(), unit: unit.name(), ..world.whole_goal(&vision) };
        names.push(world.creates_goal(goal).await.unwrap().name);
    }
    for request in [
        pb::ListGoalsRequest { parent: top.name.clone(), ..Default::default() },
        pb::ListGoalsRequest { unit: unit.name(), ..Default::default() },
    ] {
        let found = list(&world, request).await;
        assert_eq!(found.goals.into_iter().map(|goal| goal.name).collect::<Vec<_>>(), names);
    }
    let mut found = Vec::new();
    let mut request = pb::ListGoalsRequest { vision: vision.clone(), page_size: 3, ..Default::default() };
    loop {
        let page = list(&world, request.clone()).await;
        found.extend(page.goals.into_iter().map(|goal| goal.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let top_name = top.name;
    names.insert(0, top_name.clone());
    assert_eq!(found, names);
    let none = pb::ListGoalsRequest { unit: UnitId::generate().name(), ..Default::default() };
    assert!(list(&world, none).await.goals.is_empty());
    let across = pb::Goal { parent: top_name, ..world.whole_goal(&draft) };
    let answer = world.creates_goal(across).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "PARENT_MISMATCH".to_owned()));
    world.activates_vision(&draft).await.unwrap();
    let late = world.creates_goal(world.whole_goal(&vision)).await;
    assert_eq!(told(late), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
}

async fn a_goal_comes_into_force_and_ends(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let unit = world.unit("Palvelu", None);
    let goal = world.creates_goal(world.whole_goal(&vision)).await.unwrap();
    let active = world.activates_goal(&goal.name).await.unwrap();
    assert_eq!((active.state.as_str(), active.etag.as_str()), ("active", "2"));
    let again = world.activates_goal(&goal.name).await;
    assert_eq!(again.as_ref().unwrap_err().metadata["state"], "active");
    assert_eq!(told(again), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    // It stays for the people who have been asked.
    let elsewhere = pb::Goal { unit: unit.name(), ..active.clone() };
    let moved = world.updates_goal(elsewhere, &["unit"]).await;
    assert_eq!(told(moved), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    let ownerless = pb::Goal { owner: String::new(), ..active };
    let answer = world.updates_goal(ownerless, &["owner"]).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_INCOMPLETE".to_owned()));

    assert_eq!(world.ends_goal(&goal.name).await.unwrap().state, "ended");
    let again = world.ends_goal(&goal.name).await;
    assert_eq!(told(again), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    for answer in [
        world.activates_goal(&GoalId::generate().name()).await,
        world.ends_goal(&GoalId::generate().name()).await,
    ] {
        assert_eq!(told(answer), (Code::NotFound, "GOAL_NOT_FOUND".to_owned()));
    }
    let draft = world.creates_goal(world.whole_goal(&vision)).await.unwrap();
    let request = pb::EndGoalRequest { name: draft.name, etag: "7".to_owned(), ..Default::default() };
    let answer = said(world.client().end_goal(world.ask(request)).await);
    assert_eq!(told(answer), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
}

async fn empty_words_keep_a_goal_from_coming_into_force(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let mut everyday_text = text("en", "Excellent service, always the best");
    let by_language = &mut everyday_text.as_mut().unwrap().by_language;
    by_language.insert("fi".to_owned(), "Annan hyvää palvelua".to_owned());
    by_language.insert("sv".to_owned(), "NPS 62".to_owned());
    by_language.insert("et".to_owned(), "Parim teenindus".to_owned());
    let empty = pb::Goal { everyday_text, ..world.whole_goal(&vision) };
    let goal = world.creates_goal(empty).await.unwrap();
    let failure = world.activates_goal(&goal.name).await.unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (Code::FailedPrecondition, "GOAL_TEXT_EMPTY"));
    assert_eq!(failure.metadata["language"], "en,fi,sv");
    let found: Vec<_> = failure
        .violations
        .iter()
        .map(|violation| (violation.field.as_str(), violation.description.split(':').next().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("everyday_text.by_language.en", "\"Excellent\" at 0 to 9"),
            ("everyday_text.by_language.en", "\"best\" at 30 to 34"),
            ("everyday_text.by_language.fi", "\"hyvää\" at 6 to 11"),
            ("everyday_text.by_language.sv", "\"NPS 62\" at 0 to 6"),
        ]
    );
    let said = pb::Goal { name: goal.name.clone(), ..world.whole_goal(&vision) };
    world.updates_goal(said, &["everyday_text"]).await.unwrap();
    assert_eq!(world.activates_goal(&goal.name).await.unwrap().state, "active");
}

async fn goals_need_a_vision_in_force(database: TestDatabase) {
    let world = World::start(database).await;
    let draft = world.creates_vision(world.whole_vision()).await.unwrap();
    let goal = world.creates_goal(world.whole_goal(&draft.name)).await.unwrap();
    let answer = world.activates_goal(&goal.name).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["needed"], "active");
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    world.activates_vision(&draft.name).await.unwrap();
    world.activates_goal(&goal.name).await.unwrap();

    let unknown = world.whole_goal("visions/vis_00000000000000000000000000");
    let answer = world.creates_goal(unknown).await;
    assert_eq!(told(answer), (Code::NotFound, "VISION_NOT_FOUND".to_owned()));
    world.vision().await;
    let answer = world.cascades(&goal.name, &[]).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    // What is in force stays so until it is ended.
    assert_eq!(get(&world, &goal.name).await.unwrap().state, "active");
}

async fn a_goal_stays_a_tree_of_units_and_goals(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let root = world.unit("Yhtiö", None);
    let (left, right) = (world.unit("Vasen", Some(root)), world.unit("Oikea", Some(root)));
    let of = |unit: UnitId, parent: &str| pb::Goal {
        unit: unit.name(),
        parent: parent.to_owned(),
        ..world.whole_goal(&vision)
    };
    let top = world.creates_goal(of(root, "")).await.unwrap();
    let middle = world.creates_goal(of(left, &top.name)).await.unwrap();
    let bottom = world.creates_goal(of(left, &middle.name)).await.unwrap();

    for (goal, parent) in [(&top, &bottom), (&top, &top), (&middle, &bottom)] {
        let under = pb::Goal { parent: parent.name.clone(), ..goal.clone() };
        let answer = world.updates_goal(under, &["parent"]).await;
        assert_eq!(answer.as_ref().unwrap_err().metadata["parent"], parent.name);
        assert_eq!(told(answer), (Code::FailedPrecondition, "CASCADE_WOULD_CYCLE".to_owned()));
    }
    let answer = world.creates_goal(of(right, &middle.name)).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["parent"], middle.name);
    assert_eq!(told(answer), (Code::FailedPrecondition, "PARENT_MISMATCH".to_owned()));
    // Moving a goal to another unit would tear it from the goals above or below.
    let moved = pb::Goal { unit: right.name(), ..middle.clone() };
    let answer = world.updates_goal(moved, &["unit"]).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["parent"], middle.name);
    assert_eq!(told(answer), (Code::FailedPrecondition, "PARENT_MISMATCH".to_owned()));
    let moved = pb::Goal { unit: String::new(), ..bottom.clone() };
    let answer = world.updates_goal(moved, &["unit"]).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "PARENT_MISMATCH".to_owned()));

    let shorter = pb::Goal { parent: top.name.clone(), ..bottom.clone() };
    assert_eq!(world.updates_goal(shorter, &["parent"]).await.unwrap().parent, top.name);
    let alone = pb::Goal { name: bottom.name.clone(), ..Default::default() };
    assert_eq!(world.updates_goal(alone, &["parent"]).await.unwrap().parent, "");
    let answer = world.creates_goal(of(left, &GoalId::generate().name())).await;
    assert_eq!(told(answer), (Code::NotFound, "GOAL_NOT_FOUND".to_owned()));
    world.ends_goal(&top.name).await.unwrap();
    let answer = world.creates_goal(of(left, &top.name)).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
}

async fn things_that_the_directory_does_not_have_are_refused(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let whole = world.whole_goal(&vision);
    let (unit, role) = (UnitId::generate().name(), RoleId::generate().name());
    let owner = arki_ids::PersonId::generate().name();
    let draft = world.creates_goal(whole.clone()).await.unwrap();
    for (field, goal, reason) in [
        ("unit", pb::Goal { unit: unit.clone(), ..whole.clone() }, "UNIT_NOT_FOUND"),
        ("role", pb::Goal { role: role.clone(), ..whole.clone() }, "ROLE_NOT_FOUND"),
        ("owner", pb::Goal { owner: owner.clone(), ..whole.clone() }, "PERSON_NOT_FOUND"),
    ] {
        let answer = world.creates_goal(goal.clone()).await;
        assert!([&unit, &role, &owner].contains(&&answer.as_ref().unwrap_err().metadata["name"]));
        assert_eq!(told(answer), (Code::NotFound, reason.to_owned()));
        let change = pb::Goal { name: draft.name.clone(), ..goal };
        assert_eq!(told(world.updates_goal(change, &[field]).await), (Code::NotFound, reason.to_owned()));
    }
    // What a goal has already may stay, though the directory has lost it since.
    let unit = world.unit("Suljettu", None).name();
    let goal = world.creates_goal(pb::Goal { unit: unit.clone(), ..whole.clone() }).await.unwrap();
    world.directory.change(world.tenant, |known| {
        known.units.clear();
        known.people.clear();
    });
    let change = pb::Goal { weight: 5, ..goal };
    let changed = world.updates_goal(change, &[]).await.unwrap();
    assert_eq!((changed.unit, changed.weight), (unit, 5));
}

async fn repeated_changes_have_one_effect(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let create =
        pb::CreateGoalRequest { goal: Some(world.whole_goal(&vision)), request_id: "create".to_owned() };
    let mut names = Vec::new();
    for _ in 0..2 {
        let created = said(world.client().create_goal(world.ask(create.clone())).await).unwrap();
        names.push(created.goal.unwrap().name);
    }
    assert_eq!(names[0], names[1]);
    let name = names.remove(0);
    for _ in 0..2 {
        let goal = Some(pb::Goal { name: name.clone(), weight: 9, ..Default::default() });
        let update_mask = Some(prost_types::FieldMask { paths: vec!["weight".to_owned()] });
        let request = pb::UpdateGoalRequest { goal, update_mask, request_id: "change".to_owned() };
        let changed = said(world.client().update_goal(world.ask(request)).await).unwrap().goal.unwrap();
        assert_eq!((changed.weight, changed.etag.as_str()), (9, "2"));
    }
    for _ in 0..2 {
        let request =
            pb::ActivateGoalRequest { name: name.clone(), request_id: "go".to_owned(), ..Default::default() };
        let active = said(world.client().activate_goal(world.ask(request)).await).unwrap().goal.unwrap();
        assert_eq!((active.state.as_str(), active.etag.as_str()), ("active", "3"));
    }
    for _ in 0..2 {
        let request =
            pb::EndGoalRequest { name: name.clone(), request_id: "go".to_owned(), ..Default::default() };
        let ended = said(world.client().end_goal(world.ask(request)).await).unwrap().goal.unwrap();
        assert_eq!((ended.state.as_str(), ended.etag.as_str()), ("ended", "4"));
    }
    let mut other = create;
    other.goal.as_mut().unwrap().weight = 2;
    let answer = said(world.client().create_goal(world.ask(other)).await);
    assert_eq!(told(answer), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
    assert_eq!(list(&world, pb::ListGoalsRequest::default()).await.goals.len(), 1);
}

async fn other_services_hear_of_each_change(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let unit = world.unit("Palvelu", None);
    let goal = pb::Goal { unit: unit.name(), ..world.whole_goal(&vision) };
    let goal = world.creates_goal(goal).await.unwrap();
    world.activates_goal(&goal.name).await.unwrap();
    world.ends_goal(&goal.name).await.unwrap();
    for state in ["draft", "active", "ended"] {
        let (event, changed) = world.hears::<GoalChanged>().await;
        let expected = GoalChanged { goal: goal.name.clone(), unit: unit.name(), state: state.to_owned() };
        assert_eq!((event.tenant, &event.aggregate, changed), (world.tenant, &goal.name, expected));
    }
}

async fn nothing_changes_while_the_directory_is_away(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let goal = world.whole_goal(&vision);
    world.directory.set_away(true);
    let answer = world.creates_goal(goal.clone()).await;
    assert!(answer.as_ref().unwrap_err().retry_after.is_some());
    assert_eq!(told(answer), (Code::Unavailable, "UNAVAILABLE".to_owned()));
    world.directory.set_away(false);
    assert!(list(&world, pb::ListGoalsRequest::default()).await.goals.is_empty());
    world.creates_goal(goal).await.unwrap();
}

async fn two_moves_at_once_make_no_cycle(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    for _ in 0..5 {
        let one = world.creates_goal(world.whole_goal(&vision)).await.unwrap();
        let other = world.creates_goal(world.whole_goal(&vision)).await.unwrap();
        let under = |goal: &pb::Goal, parent: &pb::Goal| pb::Goal {
            name: goal.name.clone(),
            parent: parent.name.clone(),
            ..Default::default()
        };
        let (first, second) = tokio::join!(
            world.updates_goal(under(&one, &other), &["parent"]),
            world.updates_goal(under(&other, &one), &["parent"]),
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} and {second:?}");
        let refusal = if first.is_ok() { second } else { first };
        assert_eq!(told(refusal), (Code::FailedPrecondition, "CASCADE_WOULD_CYCLE".to_owned()));
    }
}
