use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, fields, on_each_database, said, text, told};
use prost_types::FieldMask;
use tonic::Code;

use crate::world::World;

on_each_database!(
    a_vision_is_created_read_changed_and_listed,
    a_vision_without_meanings_or_sponsor_is_refused_with_what_is_missing,
    one_vision_is_in_force_at_a_time,
    a_vision_that_changed_since_it_was_read_is_not_overwritten,
    a_repeated_create_answers_as_the_first_one_did,
    wrong_fields_and_unknown_things_are_named,
    a_page_token_of_another_list_is_refused,
    two_activations_at_once_leave_one_vision_in_force,
);

async fn get(world: &World, name: &str) -> Result<pb::Vision, arki_rpc::Failure> {
    let request = pb::GetVisionRequest { name: name.to_owned() };
    said(world.client().get_vision(world.ask(request)).await).map(|response| response.vision.unwrap())
}

async fn update(world: &World, vision: pb::Vision, mask: &[&str]) -> Result<pb::Vision, arki_rpc::Failure> {
    let update_mask = Some(FieldMask { paths: mask.iter().map(ToString::to_string).collect() });
    let request = pb::UpdateVisionRequest { vision: Some(vision), update_mask, ..Default::default() };
    said(world.client().update_vision(world.ask(request)).await).map(|response| response.vision.unwrap())
}

async fn list(
    world: &World,
    page_size: i32,
    page_token: &str,
) -> Result<pb::ListVisionsResponse, arki_rpc::Failure> {
    let request = pb::ListVisionsRequest { page_size, page_token: page_token.to_owned() };
    said(world.client().list_visions(world.ask(request)).await)
}

async fn a_vision_is_created_read_changed_and_listed(database: TestDatabase) {
    let world = World::start(database).await;
    let sent = world.whole_vision();
    let created = world.creates_vision(sent.clone()).await.unwrap();
    assert!(created.name.starts_with("visions/vis_"));
    assert_eq!((created.state.as_str(), created.etag.as_str()), ("draft", "1"));
    assert_eq!((&created.statement, &created.sponsor), (&sent.statement, &sent.sponsor));
    assert!(created.create_time.is_some() && created.create_time == created.update_time);
    assert_eq!(get(&world, &created.name).await.unwrap(), created);

    world.clock.advance(chrono::TimeDelta::minutes(1));
    let change = pb::Vision { strategy_reference: "chapter 2".to_owned(), ..created.clone() };
    let changed = update(&world, change, &["strategy_reference"]).await.unwrap();
    assert_eq!((changed.strategy_reference.as_str(), changed.etag.as_str()), ("chapter 2", "2"));
    assert_eq!(changed.statement, created.statement);
    assert!(changed.update_time != created.update_time);
    assert_eq!(get(&world, &created.name).await.unwrap(), changed);

    let second = world.creates_vision(world.whole_vision()).await.unwrap();
    let first_page = list(&world, 1, "").await.unwrap();
    assert_eq!(first_page.visions, [changed]);
    let second_page = list(&world, 1, &first_page.next_page_token).await.unwrap();
    assert_eq!((second_page.visions, second_page.next_page_token.as_str()), (vec![second], ""));
}

async fn a_vision_without_meanings_or_sponsor_is_refused_with_what_is_missing(database: TestDatabase) {
    let world = World::start(database).await;
    let bare = pb::Vision { statement: text("en", "nobody waits"), ..Default::default() };
    let bare = world.creates_vision(bare).await.unwrap();
    let answer = world.activates_vision(&bare.name).await;
    assert_eq!(fields(answer), ["customer_meaning", "staff_meaning", "sponsor"]);
    let answer = world.activates_vision(&bare.name).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "VISION_INCOMPLETE".to_owned()));
    assert_eq!(get(&world, &bare.name).await.unwrap().state, "draft");

    let active = world.vision().await;
    let silent = pb::Vision { name: active, ..Default::default() };
    let answer = update(&world, silent, &["sponsor"]).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "VISION_INCOMPLETE".to_owned()));
}

async fn one_vision_is_in_force_at_a_time(database: TestDatabase) {
    let world = World::start(database).await;
    let first = world.vision().await;
    let second = world.vision().await;
    assert_eq!(get(&world, &first).await.unwrap().state, "ended");
    assert_eq!(get(&world, &second).await.unwrap().state, "active");
    for name in [&first, &second] {
        let answer = world.activates_vision(name).await;
        assert_eq!(answer.as_ref().unwrap_err().metadata["needed"], "draft");
        assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    }
    let ended = pb::Vision { name: first, ..Default::default() };
    let answer = update(&world, ended, &["strategy_reference"]).await;
    assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
}

async fn a_vision_that_changed_since_it_was_read_is_not_overwritten(database: TestDatabase) {
    let world = World::start(database).await;
    let read = world.creates_vision(world.whole_vision()).await.unwrap();
    update(&world, read.clone(), &["strategy_reference"]).await.unwrap();
    let answer = update(&world, read.clone(), &["strategy_reference"]).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["etag"], "2");
    assert_eq!(told(answer), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    let request = pb::ActivateVisionRequest { name: read.name, etag: "1".to_owned(), ..Default::default() };
    let answer = said(world.client().activate_vision(world.ask(request)).await);
    assert_eq!(told(answer), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
}

async fn a_repeated_create_answers_as_the_first_one_did(database: TestDatabase) {
    let world = World::start(database).await;
    let request =
        pb::CreateVisionRequest { vision: Some(world.whole_vision()), request_id: "create-1".to_owned() };
    let create = |request: pb::CreateVisionRequest| {
        let (mut client, request) = (world.client(), world.ask(request));
        async move { said(client.create_vision(request).await).map(|response| response.vision.unwrap()) }
    };
    let first = create(request.clone()).await.unwrap();
    world.clock.advance(chrono::TimeDelta::hours(1));
    // Even when the sponsor is gone by now: the effect has been had.
    world.directory.change(world.tenant, |known| known.people.clear());
    assert_eq!(create(request.clone()).await.unwrap(), first);
    assert_eq!(list(&world, 0, "").await.unwrap().visions.len(), 1);

    let mut other = request;
    other.vision.as_mut().unwrap().strategy_reference = "chapter 3".to_owned();
    let answer = create(other).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["request_id"], "create-1");
    assert_eq!(told(answer), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));

    let name = first.name;
    for _ in 0..2 {
        let request = pb::ActivateVisionRequest {
            name: name.clone(),
            request_id: "go".to_owned(),
            ..Default::default()
        };
        let active = said(world.client().activate_vision(world.ask(request)).await);
        assert_eq!(active.unwrap().vision.unwrap().etag, "2");
    }
    for _ in 0..2 {
        let vision =
            pb::Vision { name: name.clone(), strategy_reference: "4".to_owned(), ..Default::default() };
        let update_mask = Some(FieldMask { paths: vec!["strategy_reference".to_owned()] });
        let request =
            pb::UpdateVisionRequest { vision: Some(vision), update_mask, request_id: "change".to_owned() };
        let changed = said(world.client().update_vision(world.ask(request)).await);
        assert_eq!(changed.unwrap().vision.unwrap().etag, "3");
    }
}

async fn wrong_fields_and_unknown_things_are_named(database: TestDatabase) {
    let world = World::start(database).await;
    let unknown = "visions/vis_00000000000000000000000000";
    let answer = get(&world, unknown).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["name"], unknown);
    assert_eq!(told(answer), (Code::NotFound, "VISION_NOT_FOUND".to_owned()));
    let answer = world.activates_vision(unknown).await;
    assert_eq!(told(answer), (Code::NotFound, "VISION_NOT_FOUND".to_owned()));

    let wrong = pb::Vision { statement: text("Finnish", "odotus"), ..world.whole_vision() };
    assert_eq!(fields(world.creates_vision(wrong).await), ["vision.statement.by_language.Finnish"]);
    let silent = pb::Vision { statement: text("fi", "  "), ..world.whole_vision() };
    assert_eq!(fields(world.creates_vision(silent).await), ["vision.statement"]);
    let long = pb::Vision { staff_meaning: text("en", &"x".repeat(2_001)), ..world.whole_vision() };
    assert_eq!(fields(world.creates_vision(long).await), ["vision.staff_meaning.by_language.en"]);

    let stranger = pb::Vision { sponsor: arki_ids::PersonId::generate().name(), ..world.whole_vision() };
    let answer = world.creates_vision(stranger).await;
    assert_eq!(told(answer), (Code::NotFound, "PERSON_NOT_FOUND".to_owned()));

    let vision = world.creates_vision(world.whole_vision()).await.unwrap();
    let answer = update(&world, vision.clone(), &["colour"]).await;
    assert_eq!(answer.as_ref().unwrap_err().metadata["path"], "colour");
    assert_eq!(told(answer), (Code::InvalidArgument, "UPDATE_MASK_INVALID".to_owned()));
    // What only the service writes may be named and stays.
    let forged = pb::Vision { state: "ended".to_owned(), ..vision };
    assert_eq!(update(&world, forged, &["state", "strategy_reference"]).await.unwrap().state, "draft");
}

async fn a_page_token_of_another_list_is_refused(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    for _ in 0..2 {
        world.creates_goal(world.whole_goal(&vision)).await.unwrap();
    }
    let request = pb::ListGoalsRequest { page_size: 1, ..Default::default() };
    let token = said(world.client().list_goals(world.ask(request)).await).unwrap().next_page_token;
    let answer = list(&world, 1, &token).await;
    assert_eq!(told(answer), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
    let request = pb::ListGoalsRequest { page_token: token, vision, ..Default::default() };
    let answer = said(world.client().list_goals(world.ask(request)).await);
    assert_eq!(told(answer), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
}

async fn two_activations_at_once_leave_one_vision_in_force(database: TestDatabase) {
    let world = World::start(database).await;
    for _ in 0..5 {
        let one = world.creates_vision(world.whole_vision()).await.unwrap().name;
        let other = world.creates_vision(world.whole_vision()).await.unwrap().name;
        let (first, second) = tokio::join!(world.activates_vision(&one), world.activates_vision(&other));
        first.unwrap();
        second.unwrap();
        let states = [get(&world, &one).await.unwrap().state, get(&world, &other).await.unwrap().state];
        assert!(states == ["active", "ended"] || states == ["ended", "active"], "{states:?}");
    }
}
