//! Forgetting who took goals, owned them and sponsored visions.

use std::collections::BTreeMap;

use arki_events::{Bus, Envelope, Payload};
use arki_goal::storage::privacy::ROOMS;
use arki_ids::{ErasureId, EventId, PersonId, PurgeId};
use arki_privacy::{COMMON, schema};
use arki_process::Clock;
use arki_proto::event::v1::{PersonErased, PurgeConfirmed, PurgeCutoffs, PurgeDue};
use arki_proto::goal::v1 as pb;
use arki_rpc::time::timestamp;
use arki_test_support::{TestDatabase, eventually, on_each_database, said};
use pb::CommitmentState::{Committed, Seen};
use prost::Message;

use crate::world::World;

on_each_database!(
    every_table_says_what_it_holds_of_a_person,
    who_is_erased_is_in_no_table_any_more,
    a_purge_is_confirmed_though_nothing_goes_by_time,
);

async fn every_table_says_what_it_holds_of_a_person(database: TestDatabase) {
    let world = World::start(database).await;
    let wrong = schema::unclassified(world.store.reader(), &[ROOMS, COMMON]).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn tables_with(world: &World, person: PersonId) -> Vec<String> {
    let id = person.to_string();
    let dumped = schema::dump(world.store.reader()).await.unwrap();
    let holds = |bytes: &[u8]| bytes.windows(id.len()).any(|window| window == id.as_bytes());
    dumped.into_iter().filter(|(_, bytes)| holds(bytes)).map(|(table, _)| table).collect()
}

async fn who_is_erased_is_in_no_table_any_more(database: TestDatabase) {
    let world = World::start(database).await;
    let vision = world.vision().await;
    let (ann, bo) = (world.employee(None, None), world.employee(None, None));
    let owned = pb::Goal { owner: ann.name(), ..world.whole_goal(&vision) };
    let owned = world.creates_goal(owned).await.unwrap();
    let goal = world.goal(&vision, None, None).await;
    world.answers(ann, &goal, Committed).await.unwrap();
    world.answers(bo, &goal, Seen).await.unwrap();
    assert!(tables_with(&world, ann).await.len() >= 2);

    let erased =
        PersonErased { erasure: ErasureId::generate().name(), person: ann.name(), merged: Vec::new() };
    for _ in 0..2 {
        let envelope = Envelope {
            id: EventId::generate().to_string(),
            tenant: world.tenant,
            subject: PersonErased::SUBJECT.to_owned(),
            aggregate: ann.name(),
            time: world.clock.now(),
            traceparent: None,
            payload: erased.encode_to_vec().into(),
            replay: false,
        };
        world.bus.publish(envelope).await.unwrap();
    }
    let confirmed = world.confirmed(2).await;
    let counts: BTreeMap<_, _> = confirmed[0].rows.iter().map(|one| (one.kind.as_str(), one.rows)).collect();
    assert_eq!((counts.get("commitment"), counts.get("goal")), (Some(&1), Some(&1)));
    assert_eq!((confirmed[0].service.as_str(), &confirmed[0].erasure), ("goal", &erased.erasure));
    // Events that waited to be told when the person was erased hold the id alone, and go two weeks after.
    eventually("nobody is left but in events", async || {
        tables_with(&world, ann).await.iter().all(|table| table == "outbox")
    })
    .await;
    let get = pb::GetGoalRequest { name: owned.name };
    let goal = said(world.client().get_goal(world.ask(get)).await).unwrap().goal.unwrap();
    assert_eq!((goal.owner.as_str(), goal.etag != owned.etag), ("", true));
    assert!(tables_with(&world, bo).await.contains(&"commitment".to_owned()), "others keep theirs");
}

async fn a_purge_is_confirmed_though_nothing_goes_by_time(database: TestDatabase) {
    let world = World::start(database).await;
    let now = Some(timestamp(world.clock.now()));
    let due = PurgeDue {
        purge: PurgeId::generate().name(),
        service: String::new(),
        part: 0,
        after: String::new(),
        cutoffs: Some(PurgeCutoffs {
            link_time: now,
            answer_time: now,
            comment_time: now,
            contact_time: now,
            delivery_time: now,
        }),
    };
    let envelope = Envelope {
        id: EventId::generate().to_string(),
        tenant: world.tenant,
        subject: PurgeDue::SUBJECT.to_owned(),
        aggregate: due.purge.clone(),
        time: world.clock.now(),
        traceparent: None,
        payload: due.encode_to_vec().into(),
        replay: false,
    };
    world.bus.publish(envelope).await.unwrap();
    let confirmed = world.told::<PurgeConfirmed>(1).await;
    let PurgeConfirmed { purge, service, part, rows, is_done } = &confirmed[0];
    assert_eq!((purge, service.as_str(), *part, rows.len(), *is_done), (&due.purge, "goal", 0, 0, true));
}
