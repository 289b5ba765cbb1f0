use std::sync::Arc;

use arki_database::Store;
use arki_database::page::PageRequest;
use arki_events::{Consumer, InProcess, Sink, consume, dead_letters};
use arki_ids::{DeadLetterId, TenantId};

use crate::doubles::{Fate, RowHandler};
use crate::fixture::{Running, drained, effects, envelope, eventually, execute, on_both, tell, tenant};

on_both!(
    a_replay_that_succeeds_has_its_effect_once_and_is_noted,
    a_replay_that_fails_adds_to_the_same_dead_letter,
    are_listed_in_pages_newest_first,
    are_invisible_to_another_tenant,
    are_not_replayed_once_others_have_forgotten_the_event,
);

async fn only(store: &Store) -> dead_letters::DeadLetter {
    let mut items = dead_letters::list(store, tenant(), &PageRequest::default()).await.unwrap().items;
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

async fn a_replay_that_succeeds_has_its_effect_once_and_is_noted(store: &Store) {
    let bus = Arc::new(InProcess::new());
    let (failing, fine) = (RowHandler::new("test.failing"), RowHandler::new("test.fine"));
    failing.doom("1", Fate::Poison);
    consume(store, &*bus, failing.clone()).await.unwrap();
    consume(store, &*bus, fine).await.unwrap();
    let mut running = Running::default();
    running.relay(store, bus.clone());
    tell(store, "goals/gol_1", "1").await;
    drained(store).await;
    let letter = only(store).await;
    assert_eq!(letter.consumer, "test.failing");

    failing.heal();
    assert!(dead_letters::replay(store, tenant(), letter.id).await.unwrap());
    eventually("the replay is noted", || async { only(store).await.replay_time.is_some() }).await;
    // Asked for once more, it is passed over.
    assert!(dead_letters::replay(store, tenant(), letter.id).await.unwrap());
    tell(store, "goals/gol_2", "2").await;
    drained(store).await;
    assert_eq!(effects(store, "test.failing").await, ["1", "2"]);
    assert_eq!(effects(store, "test.fine").await, ["1", "2"]);
    running.stop().await;
}

async fn a_replay_that_fails_adds_to_the_same_dead_letter(store: &Store) {
    let bus = Arc::new(InProcess::new());
    let handler = RowHandler::new("test.failing");
    handler.doom("1", Fate::Poison);
    consume(store, &*bus, handler.clone()).await.unwrap();
    let mut running = Running::default();
    running.relay(store, bus.clone());
    tell(store, "goals/gol_1", "1").await;
    drained(store).await;
    let first = only(store).await;
    dead_letters::replay(store, tenant(), first.id).await.unwrap();
    eventually("the second try is counted", || async { only(store).await.attempts == 2 }).await;
    let second = only(store).await;
    assert_eq!((second.id, second.replay_time), (first.id, None));
    running.stop().await;
}

async fn are_listed_in_pages_newest_first(store: &Store) {
    let handler = RowHandler::new("test.failing");
    let sink = Consumer::new(store.clone(), handler.clone());
    for goal in 0..5 {
        handler.doom(&goal.to_string(), Fate::Poison);
        sink.deliver(envelope(&goal.to_string())).await.unwrap();
    }
    let mut request = PageRequest { size: 2, after: None };
    let mut seen = Vec::new();
    loop {
        let page = dead_letters::list(store, tenant(), &request).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.into_iter().map(|letter| letter.aggregate));
        match page.next {
            Some(next) => request.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["goals/4", "goals/3", "goals/2", "goals/1", "goals/0"]);
}

async fn are_invisible_to_another_tenant(store: &Store) {
    let handler = RowHandler::new("test.failing");
    handler.doom("1", Fate::Poison);
    Consumer::new(store.clone(), handler).deliver(envelope("1")).await.unwrap();
    let id = only(store).await.id;
    let stranger = TenantId::generate();
    assert_eq!(dead_letters::list(store, stranger, &PageRequest::default()).await.unwrap().items, []);
    assert_eq!(dead_letters::find(store, stranger, id).await.unwrap(), None);
    assert!(!dead_letters::replay(store, stranger, id).await.unwrap());
    assert!(dead_letters::find(store, tenant(), id).await.unwrap().is_some());
    assert!(!dead_letters::replay(store, tenant(), DeadLetterId::generate()).await.unwrap());
}

async fn are_not_replayed_once_others_have_forgotten_the_event(store: &Store) {
    let handler = RowHandler::new("test.failing");
    handler.doom("1", Fate::Poison);
    Consumer::new(store.clone(), handler).deliver(envelope("1")).await.unwrap();
    let id = only(store).await.id;
    execute(store, "UPDATE dead_letter SET create_time = '2020-01-01T00:00:00+00:00'").await;
    assert!(!dead_letters::replay(store, tenant(), id).await.unwrap());
}
