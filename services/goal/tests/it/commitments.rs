use arki_ids::{GoalId, PersonId};
use arki_proto::directory::v1 as directory;
use arki_proto::event::v1::CommitmentChanged;
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, fields, on_each_database, said, told};
use pb::CommitmentState::{Committed, Objected, Seen, Understood, Unseen};
use tonic::Code;

use crate::world::World;

on_each_database!(
    a_person_moves_on_with_a_goal_and_never_back,
    a_goal_is_answered_by_those_whom_it_is_for,
    an_objection_says_why,
    a_person_reads_the_own_commitments_newest_first,
    a_repeated_answer_has_one_effect,
    other_services_hear_what_moved_and_not_who,
);

async fn list(
    world: &World,
    request: pb::ListCommitmentsRequest,
) -> Result<pb::ListCommitmentsResponse, arki_rpc::Failure> {
    said(world.client().list_commitments(world.ask(request)).await)
}

async fn a_person_moves_on_with_a_goal_and_never_back(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let goal = world.goal(&vision, None, None).await;
    let ann = world.employee(None, None);
    for state in [Unseen, Seen, Understood, Understood, Committed, Objected, Committed] {
        let commitment = world.answers(ann, &goal, state).await.unwrap();
        assert_eq!((commitment.state(), &commitment.goal, &commitment.person), (state, &goal, &ann.name()));
    }
    let back = world.answers(ann, &goal, Seen).await;
    let metadata = &back.as_ref().unwrap_err().metadata;
    assert_eq!((metadata["from"].as_str(), metadata["to"].as_str()), ("committed", "seen"));
    assert_eq!(told(back), (Code::FailedPrecondition, "COMMITMENT_BACKWARD".to_owned()));
    let bob = world.employee(None, None);
    assert_eq!(world.answers(bob, &goal, Committed).await.unwrap().state(), Committed);

    let said_nothing = pb::SetCommitmentRequest { goal, person: ann.name(), ..Default::default() };
    assert_eq!(fields(said(world.client().set_commitment(world.ask(said_nothing)).await)), ["state"]);
}

async fn a_goal_is_answered_by_those_whom_it_is_for(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let root = world.unit("Yhtiö", None);
    let (left, right) = (world.unit("Vasen", Some(root)), world.unit("Oikea", Some(root)));
    let leaf = world.unit("Alin", Some(left));
    let role = world.role();
    let goal = world.goal(&vision, Some(left), Some(role)).await;
    let below = world.employee(Some(leaf), Some(role));
    world.answers(below, &goal, Seen).await.unwrap();
    let other_role = world.employee(Some(left), None);
    let other_unit = world.employee(Some(right), Some(role));
    let above = world.employee(Some(root), Some(role));
    let nowhere = world.employee(None, Some(role));
    let (left_us, customer) =
        (world.employee(Some(left), Some(role)), world.employee(Some(left), Some(role)));
    world.directory.change(world.tenant, |known| {
        let count = known.people.len();
        known.people[count - 2].employment_state = directory::EmploymentState::Left.into();
        known.people[count - 1].kind = directory::PersonKind::Customer.into();
    });
    for person in [other_role, other_unit, above, nowhere, left_us, customer] {
        let answer = world.answers(person, &goal, Seen).await;
        assert_eq!(answer.as_ref().unwrap_err().metadata["person"], person.name());
        assert_eq!(told(answer), (Code::FailedPrecondition, "NOT_FOR_PERSON".to_owned()));
    }
    let answer = world.answers(PersonId::generate(), &goal, Seen).await;
    assert_eq!(told(answer), (Code::NotFound, "PERSON_NOT_FOUND".to_owned()));
    let answer = world.answers(below, &GoalId::generate().name(), Seen).await;
    assert_eq!(told(answer), (Code::NotFound, "GOAL_NOT_FOUND".to_owned()));
    let draft = world.creates_goal(world.whole_goal(&vision)).await.unwrap();
    world.ends_goal(&goal).await.unwrap();
    for name in [&draft.name, &goal] {
        let answer = world.answers(below, name, Understood).await;
        assert_eq!(answer.as_ref().unwrap_err().metadata["needed"], "active");
        assert_eq!(told(answer), (Code::FailedPrecondition, "GOAL_STATE_WRONG".to_owned()));
    }
}

async fn an_objection_says_why(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let goal = world.goal(&vision, None, None).await;
    let ann = world.employee(None, None);
    let silent = pb::SetCommitmentRequest {
        goal: goal.clone(),
        person: ann.name(),
        state: Objected.into(),
        own_words: "I would rather call".to_owned(),
        ..Default::default()
    };
    assert_eq!(fields(said(world.client().set_commitment(world.ask(silent.clone())).await)), ["objection"]);
    let spoken = pb::SetCommitmentRequest { objection: "the counter closes too early".to_owned(), ..silent };
    let objected = said(world.client().set_commitment(world.ask(spoken)).await).unwrap().commitment.unwrap();
    assert_eq!(objected.objection, "the counter closes too early");
    let committed = world.answers(ann, &goal, Committed).await.unwrap();
    assert_eq!((committed.own_words.as_str(), committed.objection.as_str()), ("I would rather call", ""));
}

async fn a_person_reads_the_own_commitments_newest_first(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let (ann, bob) = (world.employee(None, None), world.employee(None, None));
    let mut goals = Vec::new();
    for _ in 0..5 {
        goals.push(world.goal(&vision, None, None).await);
    }
    for goal in &goals {
        world.answers(ann, goal, Seen).await.unwrap();
    }
    world.answers(bob, &goals[0], Seen).await.unwrap();
    // The second moves on later; the others have the same time, and are told apart by the goal.
    world.clock.advance(chrono::TimeDelta::milliseconds(1));
    world.answers(ann, &goals[1], Committed).await.unwrap();
    goals.reverse();
    let second = goals.remove(3);
    goals.insert(0, second);

    let mut request = pb::ListCommitmentsRequest { person: ann.name(), page_size: 2, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = list(&world, request.clone()).await.unwrap();
        assert!(page.commitments.len() <= 2 && page.commitments.iter().all(|one| one.person == ann.name()));
        found.extend(page.commitments.into_iter().map(|one| one.goal));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(found, goals);
    request.person = bob.name();
    assert_eq!(told(list(&world, request).await), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
    let stranger = pb::ListCommitmentsRequest { person: PersonId::generate().name(), ..Default::default() };
    assert_eq!(told(list(&world, stranger).await), (Code::NotFound, "PERSON_NOT_FOUND".to_owned()));
}

async fn a_repeated_answer_has_one_effect(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let goal = world.goal(&vision, None, None).await;
    let ann = world.employee(None, None);
    let request = pb::SetCommitmentRequest {
        goal: goal.clone(),
        person: ann.name(),
        state: Seen.into(),
        request_id: "seen".to_owned(),
        ..Default::default()
    };
    let first = said(world.client().set_commitment(world.ask(request.clone())).await).unwrap();
    world.answers(ann, &goal, Committed).await.unwrap();
    // Without the request id this would be a step back.
    let again = said(world.client().set_commitment(world.ask(request.clone())).await).unwrap();
    assert_eq!(again, first);
    let other = pb::SetCommitmentRequest { own_words: "I call first".to_owned(), ..request };
    let answer = said(world.client().set_commitment(world.ask(other)).await);
    assert_eq!(told(answer), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
}

async fn other_services_hear_what_moved_and_not_who(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let unit = world.unit("Palvelu", None);
    let goal = world.goal(&vision, None, None).await;
    let ann = world.employee(Some(unit), None);
    // Saying the same again moves nothing.
    for state in [Seen, Seen, Committed] {
        world.answers(ann, &goal, state).await.unwrap();
    }
    for state in ["seen", "committed"] {
        let (event, changed) = world.hears::<CommitmentChanged>().await;
        let expected = CommitmentChanged { goal: goal.clone(), unit: unit.name(), state: state.to_owned() };
        assert_eq!((&event.aggregate, changed), (&goal, expected));
        let bytes = String::from_utf8_lossy(&event.payload).into_owned();
        assert!(!bytes.contains(&ann.to_string()), "{bytes}");
    }
}
