use arki_database::page::PageRequest;
use arki_events::{Bus, Envelope, Payload};
use arki_goal::storage::commitments;
use arki_ids::{EventId, PersonId};
use arki_process::Clock;
use arki_proto::event::v1::PersonMerged;
use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, eventually, on_each_database, said};
use pb::CommitmentState::{Committed, Seen, Understood};
use prost::Message;

use crate::world::World;

on_each_database!(what_somebody_had_is_of_who_they_turned_out_to_be);

async fn goals_of(world: &World, person: PersonId) -> Vec<(String, pb::CommitmentState)> {
    let request = pb::ListCommitmentsRequest { person: person.name(), ..Default::default() };
    let listed = said(world.client().list_commitments(world.ask(request)).await).unwrap().commitments;
    listed.iter().map(|one| (one.goal.clone(), one.state())).collect()
}

async fn what_somebody_had_is_of_who_they_turned_out_to_be(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let (both, newer, theirs) = (
        world.goal(&vision, None, None).await,
        world.goal(&vision, None, None).await,
        world.goal(&vision, None, None).await,
    );
    let (ann, double) = (world.employee(None, None), world.employee(None, None));
    let owned = pb::Goal { owner: double.name(), ..world.whole_goal(&vision) };
    let owned = world.creates_goal(owned).await.unwrap();
    world.answers(double, &both, Seen).await.unwrap();
    world.answers(ann, &newer, Seen).await.unwrap();
    world.answers(double, &theirs, Understood).await.unwrap();
    world.clock.advance(chrono::TimeDelta::hours(1));
    world.answers(ann, &both, Committed).await.unwrap();
    world.answers(double, &newer, Understood).await.unwrap();

    let merged = PersonMerged { survivor: ann.name(), duplicate: double.name(), revision: 2 };
    let envelope = |replay| Envelope {
        id: EventId::generate().to_string(),
        tenant: world.tenant,
        subject: PersonMerged::SUBJECT.to_owned(),
        aggregate: double.name(),
        time: world.clock.now(),
        traceparent: None,
        payload: merged.encode_to_vec().into(),
        replay,
    };
    for replay in [false, true] {
        world.bus.publish(envelope(replay)).await.unwrap();
    }
    let page = PageRequest::default();
    eventually("the duplicate has nothing left", || async {
        let left =
            commitments::list_of_person(world.store.reader(), world.tenant, double, &page).await.unwrap();
        left.items.is_empty()
    })
    .await;
    let mut found = goals_of(&world, ann).await;
    found.sort();
    let mut expected = vec![(both, Committed), (newer, Understood), (theirs, Understood)];
    expected.sort();
    assert_eq!(found, expected);
    let get = pb::GetGoalRequest { name: owned.name };
    let goal = said(world.client().get_goal(world.ask(get)).await).unwrap().goal.unwrap();
    assert_eq!((goal.owner, goal.etag != owned.etag), (ann.name(), true));
}
