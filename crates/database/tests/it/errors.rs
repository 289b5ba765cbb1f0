use std::time::Duration;

use arki_database::{Config, Error, Store};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};

use crate::fixture::{Place, insert, on_both};

on_both!(
    a_taken_key_is_a_conflict_that_names_the_constraint,
    a_missing_row_that_is_referred_to_is_a_foreign_key,
    a_wrong_statement_is_none_of_the_kinds_a_caller_acts_on,
);

async fn try_insert(
    store: &Store,
    id: &'static str,
    title: &'static str,
    shelf: Option<&'static str>,
) -> Error {
    let result: Result<(), Error> = store
        .write("Insert", move |tx| Box::pin(async move { Ok(insert(tx, id, title, shelf).await?) }))
        .await;
    result.expect_err("the row was taken")
}

async fn a_taken_key_is_a_conflict_that_names_the_constraint(store: &Store) {
    let first: Result<(), Error> = store
        .write("Insert", |tx| Box::pin(async move { Ok(insert(tx, "not_1", "one", None).await?) }))
        .await;
    first.unwrap();
    for (id, title, expected) in [("not_1", "two", "note_pkey"), ("not_2", "one", "note_tenant_id_title_key")]
    {
        match try_insert(store, id, title, None).await {
            Error::Conflict { constraint } => assert_eq!(constraint, expected),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_missing_row_that_is_referred_to_is_a_foreign_key(store: &Store) {
    let error = try_insert(store, "not_1", "one", Some("nowhere")).await;
    assert!(matches!(error, Error::ForeignKey), "{error:?}");
}

async fn a_wrong_statement_is_none_of_the_kinds_a_caller_acts_on(store: &Store) {
    let error = Error::from(store.reader().execute_unprepared("SELECT * FROM nowhere").await.unwrap_err());
    assert!(matches!(error, Error::Other(_)), "{error:?}");
    assert!(!error.is_transient());
}

/// A connection of the test's own, which does not wait for locks.
async fn impatient(place: &Place) -> DatabaseConnection {
    let mut options = ConnectOptions::new(&place.config.url);
    options.map_sqlx_sqlite_opts(|options| options.busy_timeout(Duration::ZERO));
    Database::connect(options).await.unwrap()
}

#[tokio::test]
async fn a_locked_sqlite_file_is_unavailable_and_a_stale_snapshot_is_a_serialization_failure() {
    let place = Place::sqlite();
    let store = place.migrated().await;
    let (one, two) = (impatient(&place).await, impatient(&place).await);

    one.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let busy = Error::from(two.execute_unprepared("BEGIN IMMEDIATE").await.unwrap_err());
    assert!(matches!(busy, Error::Unavailable), "{busy:?}");
    one.execute_unprepared("ROLLBACK").await.unwrap();

    one.execute_unprepared("BEGIN").await.unwrap();
    one.execute_unprepared("SELECT count(*) FROM note").await.unwrap();
    insert(&two, "not_1", "one", None).await.unwrap();
    let stale = Error::from(insert(&one, "not_2", "two", None).await.unwrap_err());
    assert!(matches!(stale, Error::Serialization), "{stale:?}");

    one.close().await.unwrap();
    two.close().await.unwrap();
    place.remove(&store).await;
}

#[tokio::test]
async fn a_lock_that_is_not_given_on_postgresql_is_unavailable() {
    let Some(mut place) = Place::postgres() else { return };
    place.config.lock_timeout_milliseconds = 100;
    let store = place.migrated().await;
    let holder = store.reader().begin().await.unwrap();
    holder.execute_unprepared("LOCK TABLE note").await.unwrap();
    let error = try_insert(&store, "not_1", "one", None).await;
    assert!(matches!(error, Error::Unavailable), "{error:?}");
    holder.rollback().await.unwrap();
    place.remove(&store).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // Port 9 is "discard", which nothing answers on.
    let url = "postgres://arki@127.0.0.1:9/arki".to_owned();
    let config = Config { url, acquire_timeout_milliseconds: 100, ..Config::default() };
    let answered = tokio::time::timeout(Duration::from_secs(30), Store::connect(&config)).await;
    let error = answered.expect("the bound of the wait does not hold").unwrap_err();
    assert!(matches!(error, Error::Unavailable), "{error:?}");
}
