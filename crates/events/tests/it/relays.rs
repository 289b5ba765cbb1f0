use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arki_database::{Backend, Error, Store};
use arki_events::{Draft, Payload, append, append_all, outbox};
use arki_proto::event::v1::GoalChanged;

use crate::doubles::{RecordingBus, goal};
use crate::fixture::{Running, changed, drained, envelope, eventually, execute, noon, on_both, tell, tenant};

on_both!(
    publishes_what_was_committed_and_nothing_else,
    keeps_the_order_of_each_aggregate_and_loses_nothing,
    an_event_that_is_refused_holds_up_its_own_aggregate_only,
    events_wait_while_the_bus_is_away_and_go_out_after,
    takes_over_the_claims_of_a_relay_that_died,
    leaves_the_claims_of_a_relay_that_lives,
    sends_history_again_as_replays,
    carries_the_event_as_it_was_appended,
);

async fn publishes_what_was_committed_and_nothing_else(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    let mut running = Running::default();
    running.relay(store, bus.clone());
    let refused: Result<(), Error> = store
        .write("RollBack", |tx| {
            Box::pin(async move {
                append(tx, tenant(), "goals/gol_1", noon(), &changed("never")).await?;
                Err(Error::Overloaded)
            })
        })
        .await;
    assert!(refused.is_err());
    tell(store, "goals/gol_1", "told").await;
    drained(store).await;
    assert_eq!(bus.goals(), ["told"]);
    running.stop().await;
}

async fn carries_the_event_as_it_was_appended(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    let mut running = Running::default();
    tell(store, "goals/gol_1", "gol_1").await;
    running.relay(store, bus.clone());
    drained(store).await;
    let taken = bus.taken();
    assert!(taken[0].id.starts_with("evt_"), "{taken:?}");
    let expected = arki_events::Envelope { id: taken[0].id.clone(), ..envelope("gol_1") };
    assert_eq!(taken, [expected]);
    assert_eq!(taken[0].subject, GoalChanged::SUBJECT);
    running.stop().await;
}

const AGGREGATES: usize = 7;
const EVENTS: usize = 1_100;

async fn keeps_the_order_of_each_aggregate_and_loses_nothing(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    for event in (0..EVENTS).step_by(97) {
        bus.refuse(&format!("{event:04}"), 2);
    }
    let mut running = Running::default();
    // Several replicas share a PostgreSQL schema; a SQLite file has one process.
    let relays = if store.backend() == Backend::Postgres { 3 } else { 1 };
    for _ in 0..relays {
        running.relay(store, bus.clone());
    }
    for first in (0..EVENTS).step_by(50) {
        let told: Result<(), Error> = store
            .write("Tell", move |tx| {
                Box::pin(async move {
                    let drafts: Vec<Draft> = (first..first + 50)
                        .map(|event| {
                            let aggregate = format!("goals/{}", event % AGGREGATES);
                            Draft::new(tenant(), &aggregate, noon(), &changed(&format!("{event:04}")))
                        })
                        .collect();
                    append_all(tx, &drafts).await
                })
            })
            .await;
        told.unwrap();
    }
    drained(store).await;
    running.stop().await;

    let mut seen = HashSet::new();
    let mut by_aggregate = BTreeMap::<String, Vec<String>>::new();
    for event in bus.taken() {
        // At least once: only the first time says something about the order.
        if seen.insert(event.id.clone()) {
            by_aggregate.entry(event.aggregate.clone()).or_default().push(goal(&event));
        }
    }
    assert_eq!(seen.len(), EVENTS);
    assert_eq!(by_aggregate.len(), AGGREGATES);
    for (aggregate, goals) in by_aggregate {
        assert!(goals.is_sorted(), "{aggregate} out of order: {goals:?}");
    }
}

async fn an_event_that_is_refused_holds_up_its_own_aggregate_only(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    bus.refuse("bad", u32::MAX);
    tell(store, "goals/gol_1", "bad").await;
    tell(store, "goals/gol_1", "behind the bad one").await;
    tell(store, "goals/gol_2", "elsewhere").await;
    let mut running = Running::default();
    running.relay(store, bus.clone());
    eventually("the other aggregate is published", || async { bus.goals() == ["elsewhere"] }).await;
    tell(store, "goals/gol_3", "later").await;
    eventually("a later one is published", || async { bus.goals() == ["elsewhere", "later"] }).await;
    bus.refuse("bad", 0);
    drained(store).await;
    assert_eq!(bus.goals(), ["elsewhere", "later", "bad", "behind the bad one"]);
    running.stop().await;
}

async fn events_wait_while_the_bus_is_away_and_go_out_after(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    bus.away.store(true, Ordering::SeqCst);
    let mut running = Running::default();
    running.relay(store, bus.clone());
    for event in 0..20 {
        tell(store, &format!("goals/{}", event % 3), &format!("{event:02}")).await;
    }
    assert_eq!(outbox::waiting(store).await.unwrap(), 20);
    bus.away.store(false, Ordering::SeqCst);
    drained(store).await;
    assert_eq!(bus.taken().len(), 20);
    running.stop().await;
}

async fn takes_over_the_claims_of_a_relay_that_died(store: &Store) {
    tell(store, "goals/gol_1", "claimed").await;
    execute(store, "UPDATE outbox SET claim_mark = 'dead', claim_time = '2020-01-01T00:00:00+00:00'").await;
    let bus = Arc::new(RecordingBus::default());
    let mut running = Running::default();
    running.relay(store, bus.clone());
    drained(store).await;
    assert_eq!(bus.goals(), ["claimed"]);
    running.stop().await;
}

async fn leaves_the_claims_of_a_relay_that_lives(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    let mut running = Running::default();
    running.relay(store, bus.clone());
    // Once the relay is past its start, when on SQLite it takes over everything.
    tell(store, "goals/gol_0", "first").await;
    drained(store).await;

    let claimed: Result<(), Error> = store
        .write("Tell", |tx| {
            Box::pin(async move {
                append(tx, tenant(), "goals/gol_1", noon(), &changed("claimed")).await?;
                let now = if tx_is_postgres(tx) { "now()" } else { "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')" };
                let sql = format!(
                    "UPDATE outbox SET claim_mark = 'alive', claim_time = {now} WHERE aggregate = 'goals/gol_1'"
                );
                sea_orm::ConnectionTrait::execute_unprepared(tx, &sql).await?;
                append(tx, tenant(), "goals/gol_1", noon(), &changed("behind it")).await
            })
        })
        .await;
    claimed.unwrap();
    tell(store, "goals/gol_2", "elsewhere").await;
    eventually("the other aggregate is published", || async { bus.goals() == ["first", "elsewhere"] }).await;
    eventually("only the claimed one and its follower wait", || async {
        outbox::waiting(store).await.unwrap() == 2
    })
    .await;
    running.stop().await;
    assert_eq!(bus.goals(), ["first", "elsewhere"]);
}

fn tx_is_postgres(tx: &arki_database::Tx) -> bool {
    sea_orm::ConnectionTrait::get_database_backend(tx) == sea_orm::DbBackend::Postgres
}

async fn sends_history_again_as_replays(store: &Store) {
    let bus = Arc::new(RecordingBus::default());
    let mut running = Running::default();
    running.relay(store, bus.clone());
    tell(store, "goals/gol_1", "1").await;
    tell(store, "goals/gol_1", "2").await;
    drained(store).await;
    let rows = store.write("Republish", |tx| Box::pin(outbox::republish(tx, noon()))).await.unwrap();
    assert_eq!(rows, 2);
    drained(store).await;
    let told: Vec<_> = bus.taken().iter().map(|event| (goal(event), event.replay)).collect();
    let expected = [("1", false), ("2", false), ("1", true), ("2", true)];
    assert_eq!(told, expected.map(|(goal, replay)| (goal.to_owned(), replay)));
    let later = noon() + chrono::TimeDelta::microseconds(1);
    let none = store.write("Republish", move |tx| Box::pin(outbox::republish(tx, later))).await.unwrap();
    assert_eq!(none, 0);
    running.stop().await;
}
