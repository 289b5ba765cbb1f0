use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arki_database::Store;
use arki_database::page::PageRequest;
use arki_events::{Bus, Consumer, Envelope, InProcess, Sink, consume, dead_letters};
use futures::future::join_all;

use crate::doubles::{Fate, RowHandler};
use crate::fixture::{Place, Running, drained, effects, envelope, on_both, tell, tenant};

on_both!(
    an_event_that_comes_again_has_one_effect,
    an_event_that_comes_many_times_at_once_has_one_effect,
    a_failure_that_passes_leaves_one_effect_and_no_dead_letter,
    a_failure_that_stays_becomes_a_dead_letter_after_five_tries,
    an_event_is_not_blamed_for_a_store_that_was_away,
    poison_becomes_a_dead_letter_at_once_and_the_queue_moves_on,
    a_handler_that_panics_takes_only_its_event_with_it,
    a_bad_event_in_a_group_spoils_none_of_the_others,
    replays_reach_those_who_ask_for_them,
    every_consumer_of_a_process_hears_an_event_once,
    who_comes_up_last_hears_what_was_told_before,
);

fn sink(store: &Store, handler: &Arc<RowHandler>) -> Consumer {
    Consumer::new(store.clone(), handler.clone())
}

async fn parked(store: &Store) -> Vec<dead_letters::DeadLetter> {
    dead_letters::list(store, tenant(), &PageRequest::default()).await.unwrap().items
}

async fn an_event_that_comes_again_has_one_effect(store: &Store) {
    let handler = RowHandler::new("test.rows");
    let (sink, event) = (sink(store, &handler), envelope("1"));
    sink.deliver(event.clone()).await.unwrap();
    sink.deliver(event).await.unwrap();
    assert_eq!(effects(store, "test.rows").await, ["1"]);
    // Another consumer of the same store has its own inbox.
    let other = RowHandler::new("test.others");
    Consumer::new(store.clone(), other).deliver(envelope("1")).await.unwrap();
    assert_eq!(effects(store, "test.others").await, ["1"]);
}

async fn an_event_that_comes_many_times_at_once_has_one_effect(store: &Store) {
    let handler = RowHandler::new("test.rows");
    // Two sinks, as two replicas have: within one, deliveries follow each other anyway.
    let sinks = [sink(store, &handler), sink(store, &handler)];
    let event = envelope("1");
    let delivered = join_all((0..16).map(|i| sinks[i % 2].deliver(event.clone()))).await;
    assert!(delivered.iter().all(Result::is_ok), "{delivered:?}");
    assert_eq!(effects(store, "test.rows").await, ["1"]);
}

async fn a_failure_that_passes_leaves_one_effect_and_no_dead_letter(store: &Store) {
    let handler = RowHandler::new("test.rows");
    handler.doom("1", Fate::Transient(2));
    sink(store, &handler).deliver(envelope("1")).await.unwrap();
    assert_eq!(handler.calls.load(Ordering::SeqCst), 3);
    assert_eq!(effects(store, "test.rows").await, ["1"]);
    assert_eq!(parked(store).await, []);
}

async fn a_failure_that_stays_becomes_a_dead_letter_after_five_tries(store: &Store) {
    let handler = RowHandler::new("test.rows");
    handler.doom("1", Fate::Transient(u32::MAX));
    sink(store, &handler).deliver(envelope("1")).await.unwrap();
    assert_eq!(handler.calls.load(Ordering::SeqCst), 5);
    assert_eq!(parked(store).await[0].attempts, 5);
    assert!(effects(store, "test.rows").await.is_empty());
}

async fn an_event_is_not_blamed_for_a_store_that_was_away(store: &Store) {
    let handler = RowHandler::new("test.rows");
    // Away for all of the tries, and back for whatever comes after them.
    handler.doom("1", Fate::Away(5));
    let (sink, event) = (sink(store, &handler), envelope("1"));
    assert!(sink.deliver(event.clone()).await.is_err(), "the event must come again");
    assert_eq!(parked(store).await, []);
    sink.deliver(event).await.unwrap();
    assert_eq!(effects(store, "test.rows").await, ["1"]);
}

async fn poison_becomes_a_dead_letter_at_once_and_the_queue_moves_on(store: &Store) {
    let handler = RowHandler::new("test.rows");
    handler.doom("bad", Fate::Poison);
    let sink = sink(store, &handler);
    let bad = envelope("bad");
    sink.deliver(bad.clone()).await.unwrap();
    sink.deliver(envelope("good")).await.unwrap();
    assert_eq!(handler.calls.load(Ordering::SeqCst), 2);
    assert_eq!(effects(store, "test.rows").await, ["good"]);
    let letters = parked(store).await;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.event_id.as_str(), letter.consumer.as_str()), (bad.id.as_str(), "test.rows"));
    assert_eq!((letter.subject.as_str(), letter.attempts), (bad.subject.as_str(), 1));
    assert_eq!(letter.last_error, "the test calls it poison");
    assert_eq!(letter.replay_time, None);

    // Bytes that are no message are poison too.
    let garbage = Envelope { payload: vec![0xff; 7].into(), ..envelope("x") };
    sink.deliver(garbage).await.unwrap();
    assert_eq!(parked(store).await.len(), 2);
}

async fn a_handler_that_panics_takes_only_its_event_with_it(store: &Store) {
    let handler = RowHandler::new("test.rows");
    handler.doom("bad", Fate::Panic);
    let sink = sink(store, &handler);
    sink.deliver(envelope("bad")).await.unwrap();
    sink.deliver(envelope("good")).await.unwrap();
    assert_eq!(effects(store, "test.rows").await, ["good"]);
    assert_eq!(parked(store).await.len(), 1);
}

async fn a_bad_event_in_a_group_spoils_none_of_the_others(store: &Store) {
    let handler = RowHandler::new("test.rows");
    handler.doom("07", Fate::Poison);
    let sink = sink(store, &handler);
    let goals: Vec<String> = (0..40).map(|goal| format!("{goal:02}")).collect();
    let delivered = join_all(goals.iter().map(|goal| sink.deliver(envelope(goal)))).await;
    assert!(delivered.iter().all(Result::is_ok), "{delivered:?}");
    let expected: Vec<String> = goals.into_iter().filter(|goal| goal != "07").collect();
    assert_eq!(effects(store, "test.rows").await, expected);
    assert_eq!(parked(store).await.len(), 1);
}

async fn replays_reach_those_who_ask_for_them(store: &Store) {
    let (once, again) = (RowHandler::new("test.once"), RowHandler::replaying("test.again"));
    let (once, again) = (sink(store, &once), sink(store, &again));
    let event = envelope("1");
    let replay = Envelope { replay: true, ..event.clone() };
    for event in [event, replay] {
        once.deliver(event.clone()).await.unwrap();
        again.deliver(event).await.unwrap();
    }
    assert_eq!(effects(store, "test.once").await, ["1"]);
    assert_eq!(effects(store, "test.again").await, ["1", "1"]);
    // A replay of what was never handled is news to everybody.
    once.deliver(Envelope { replay: true, ..envelope("2") }).await.unwrap();
    assert_eq!(effects(store, "test.once").await, ["1", "2"]);
}

async fn every_consumer_of_a_process_hears_an_event_once(store: &Store) {
    let bus = Arc::new(InProcess::new());
    for consumer in ["test.one", "test.two"] {
        consume(store, &*bus, RowHandler::new(consumer)).await.unwrap();
    }
    let twice = consume(store, &*bus, RowHandler::new("test.one")).await;
    assert!(twice.is_err(), "two consumers of one name share an inbox and each sees half");
    let mut running = Running::default();
    running.relay(store, bus.clone());
    for goal in 0..30 {
        tell(store, &format!("goals/{goal}"), &format!("{goal:02}")).await;
    }
    drained(store).await;
    let expected: Vec<String> = (0..30).map(|goal| format!("{goal:02}")).collect();
    assert_eq!(effects(store, "test.one").await, expected);
    assert_eq!(effects(store, "test.two").await, expected);
    let unheard = Envelope { subject: "arki.nobody.cares.happened".to_owned(), ..envelope("x") };
    bus.publish(unheard).await.unwrap();
    running.stop().await;
}

/// After a crash the first service has events that wait, and must not tell them before the last has come up.
async fn who_comes_up_last_hears_what_was_told_before(store: &Store) {
    for goal in 0..30 {
        tell(store, &format!("goals/{goal}"), &format!("{goal:02}")).await;
    }
    let bus = Arc::new(InProcess::closed());
    consume(store, &*bus, RowHandler::new("test.first")).await.unwrap();
    let mut running = Running::default();
    running.relay(store, bus.clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(effects(store, "test.first").await, Vec::<String>::new());
    consume(store, &*bus, RowHandler::new("test.last")).await.unwrap();
    bus.open();
    drained(store).await;
    let expected: Vec<String> = (0..30).map(|goal| format!("{goal:02}")).collect();
    assert_eq!(effects(store, "test.first").await, expected);
    assert_eq!(effects(store, "test.last").await, expected);
    running.stop().await;
}

#[tokio::test]
async fn an_event_comes_again_when_the_consumers_store_is_away() {
    let place = Place::sqlite();
    let store = place.open().await;
    let handler = RowHandler::new("test.rows");
    let event = envelope("1");
    store.close().await.unwrap();
    let refused = sink(&store, &handler).deliver(event.clone()).await;
    assert!(refused.is_err(), "an event was taken without a store to keep its effect");
    let store = place.open().await;
    sink(&store, &handler).deliver(event).await.unwrap();
    assert_eq!(effects(&store, "test.rows").await, ["1"]);
    assert_eq!(parked(&store).await, []);
    place.remove(&store).await;
}
