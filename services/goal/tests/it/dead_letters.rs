use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arki_database::Tx;
use arki_events::{Bus, Envelope, Handler, HandlerError, Payload};
use arki_ids::EventId;
use arki_proto::event::v1::UnitChanged;
use arki_proto::goal::v1 as pb;
use arki_test_support::{PATIENCE, TestDatabase, ask, on_each_database, said, told};
use chrono::DateTime;
use tokio::sync::Notify;
use tonic::Code;

use crate::world::World;

on_each_database!(a_dead_letter_is_listed_and_replayed, an_unknown_dead_letter_is_refused);

/// A consumer that can't take an event until it is mended.
struct Broken {
    mended: AtomicBool,
    took: Notify,
}

#[async_trait::async_trait]
impl Handler for Broken {
    fn consumer(&self) -> &'static str {
        "goal.test"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[UnitChanged::SUBJECT]
    }

    async fn handle(&self, _: &Tx, _: &Envelope) -> Result<(), HandlerError> {
        if !self.mended.load(Ordering::SeqCst) {
            return Err(HandlerError::poison("the consumer is broken"));
        }
        self.took.notify_one();
        Ok(())
    }
}

async fn replay(
    world: &World,
    id: &str,
    request_id: &str,
) -> Result<pb::ReplayDeadLetterResponse, arki_rpc::Failure> {
    let request =
        pb::ReplayDeadLetterRequest { dead_letter: id.to_owned(), request_id: request_id.to_owned() };
    said(world.client().replay_dead_letter(ask(world.tenant, "goal.admin", request)).await)
}

async fn a_dead_letter_is_listed_and_replayed(database: TestDatabase) {
    let world = World::start(database).await;
    let broken = Arc::new(Broken { mended: AtomicBool::new(false), took: Notify::new() });
    arki_events::consume(&world.store, &*world.bus, broken.clone()).await.unwrap();
    for _ in 0..2 {
        let event = Envelope {
            id: EventId::generate().to_string(),
            tenant: world.tenant,
            subject: UnitChanged::SUBJECT.to_owned(),
            aggregate: "units/unt_00000000000000000000000000".to_owned(),
            time: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            traceparent: None,
            payload: bytes::Bytes::new(),
            replay: false,
        };
        world.bus.publish(event).await.unwrap();
    }
    let list = |page_token: String| {
        let request = pb::ListDeadLettersRequest { page_size: 1, page_token };
        let (mut client, request) = (world.client(), ask(world.tenant, "goal.admin", request));
        async move { said(client.list_dead_letters(request).await).unwrap() }
    };
    let first = list(String::new()).await;
    let second = list(first.next_page_token.clone()).await;
    assert_eq!((first.dead_letters.len(), second.dead_letters.len()), (1, 1));
    assert_eq!(second.next_page_token, "");
    let letter = first.dead_letters[0].clone();
    assert_ne!(letter.id, second.dead_letters[0].id);
    assert_eq!((letter.consumer.as_str(), letter.subject.as_str()), ("goal.test", UnitChanged::SUBJECT));
    assert_eq!((letter.last_error.as_str(), letter.replay_time), ("the consumer is broken", None));

    broken.mended.store(true, Ordering::SeqCst);
    assert_eq!(replay(&world, &letter.id, "again").await.unwrap().dead_letter.unwrap().id, letter.id);
    tokio::time::timeout(PATIENCE, broken.took.notified()).await.expect("the replay reaches its consumer");
    replay(&world, &letter.id, "again").await.unwrap();
    let other = replay(&world, &second.dead_letters[0].id, "again").await;
    assert_eq!(told(other), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
}

async fn an_unknown_dead_letter_is_refused(database: TestDatabase) {
    let world = World::start(database).await;
    for id in ["12", "dlt_00000000000000000000000000"] {
        let answer = replay(&world, id, "").await;
        assert_eq!(answer.as_ref().unwrap_err().metadata["dead_letter"], id);
        assert_eq!(told(answer), (Code::NotFound, "DEAD_LETTER_NOT_FOUND".to_owned()));
    }
}
