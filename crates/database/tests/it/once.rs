use arki_database::{Error, Once, Store, request};
use arki_ids::TenantId;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fixture::{insert, notes, number, on_both};

on_both!(
    the_same_request_again_is_answered_with_the_first_result,
    the_same_id_with_another_request_is_refused,
    concurrent_requests_with_one_id_have_one_effect,
    a_request_that_failed_may_be_tried_again,
    an_empty_request_id_is_a_plain_write,
    ids_of_other_tenants_and_methods_are_other_ids,
    answers_are_swept_after_a_day,
);

/// A result with what JSON can get wrong: a time with nanoseconds and a nested option.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Note {
    id: String,
    time: DateTime<Utc>,
    parent: Option<String>,
}

fn noon() -> DateTime<Utc> {
    "2026-03-29T12:00:00.123456789Z".parse().unwrap()
}

fn once(request_id: &str, body: u8) -> Once {
    Once {
        tenant: TenantId::from_uuid(Uuid::from_u128(1)),
        method: "arki.note.v1.NoteService/CreateNote",
        request_id: request_id.to_owned(),
        fingerprint: [body; 32],
        now: noon(),
    }
}

/// Inserts a note with a new id; a replay shows by the id.
async fn create(store: &Store, once: Once) -> Result<Note, Error> {
    store
        .write_once("CreateNote", once, |tx| {
            Box::pin(async move {
                let id = Uuid::new_v4().to_string();
                insert(tx, &id, &id, None).await?;
                Ok(Note { id, time: noon(), parent: None })
            })
        })
        .await
}

async fn the_same_request_again_is_answered_with_the_first_result(store: &Store) {
    let first = create(store, once("req-1", 1)).await.unwrap();
    let again = create(store, once("req-1", 1)).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(notes(store).await, 1);
    let other = create(store, once("req-2", 1)).await.unwrap();
    assert_ne!(first.id, other.id);
}

async fn the_same_id_with_another_request_is_refused(store: &Store) {
    create(store, once("req-1", 1)).await.unwrap();
    let refused = create(store, once("req-1", 2)).await;
    assert!(matches!(refused, Err(Error::RequestIdReused)), "{refused:?}");
    assert_eq!(notes(store).await, 1);
}

async fn concurrent_requests_with_one_id_have_one_effect(store: &Store) {
    let answers = join_all((0..16).map(|_| {
        let store = store.clone();
        async move { create(&store, once("req-1", 1)).await.unwrap() }
    }))
    .await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(notes(store).await, 1);
}

async fn a_request_that_failed_may_be_tried_again(store: &Store) {
    let failed: Result<Note, Error> = store
        .write_once("CreateNote", once("req-1", 1), |tx| {
            Box::pin(async move {
                insert(tx, "not_1", "lost", None).await?;
                Err(Error::Overloaded)
            })
        })
        .await;
    assert!(matches!(failed, Err(Error::Overloaded)), "{failed:?}");
    create(store, once("req-1", 1)).await.unwrap();
    assert_eq!(notes(store).await, 1);
}

async fn an_empty_request_id_is_a_plain_write(store: &Store) {
    let first = create(store, once("", 1)).await.unwrap();
    let second = create(store, once("", 1)).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(number(store.reader(), "SELECT count(*) FROM request_id").await, 0);
}

async fn ids_of_other_tenants_and_methods_are_other_ids(store: &Store) {
    create(store, once("req-1", 1)).await.unwrap();
    let tenant = TenantId::from_uuid(Uuid::from_u128(2));
    create(store, Once { tenant, ..once("req-1", 9) }).await.unwrap();
    create(store, Once { method: "arki.note.v1.NoteService/DeleteNote", ..once("req-1", 9) }).await.unwrap();
    assert_eq!(notes(store).await, 3);
}

async fn answers_are_swept_after_a_day(store: &Store) {
    create(store, once("old", 1)).await.unwrap();
    create(store, Once { now: noon() + TimeDelta::hours(2), ..once("new", 1) }).await.unwrap();
    let swept =
        store.write("Sweep", |tx| Box::pin(request::sweep(tx, noon() + TimeDelta::hours(25)))).await.unwrap();
    assert_eq!(swept, 1);
    assert_eq!(number(store.reader(), "SELECT count(*) FROM request_id WHERE request_id = 'new'").await, 1);
}
