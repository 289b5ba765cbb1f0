use arki_database::{Config, Error, Store};
use sea_orm::ConnectionTrait;

use crate::fixture::{Place, insert, notes, number};

#[tokio::test]
async fn a_commit_waits_for_the_disk_and_keys_are_enforced() {
    let place = Place::sqlite();
    let store = place.migrated().await;
    let settings = store
        .write("Settings", |tx| {
            Box::pin(async move {
                let synchronous = number(tx, "PRAGMA synchronous").await;
                let foreign_keys = number(tx, "PRAGMA foreign_keys").await;
                Ok::<_, Error>((synchronous, foreign_keys))
            })
        })
        .await
        .unwrap();
    assert_eq!(settings, (2, 1));
    assert_eq!(
        number(store.reader(), "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'").await,
        1
    );
    place.remove(&store).await;
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let place = Place::sqlite();
    let store = place.migrated().await;
    assert!(insert(store.reader(), "not_1", "one", None).await.is_err());
    assert_eq!(notes(&store).await, 0);
    place.remove(&store).await;
}

#[tokio::test]
async fn a_closed_store_is_whole_in_its_one_file() {
    let place = Place::sqlite();
    let store = place.migrated().await;
    let written: Result<(), Error> = store
        .write("Insert", |tx| Box::pin(async move { Ok(insert(tx, "not_1", "one", None).await?) }))
        .await;
    written.unwrap();
    store.close().await.unwrap();
    let file = place.config.url.trim_start_matches("sqlite://").to_owned();
    let log = std::fs::metadata(format!("{file}-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "the log still holds {log} bytes");
    let copy = Place::sqlite();
    std::fs::copy(&file, copy.config.url.trim_start_matches("sqlite://")).unwrap();
    let copied = copy.open().await;
    assert_eq!(notes(&copied).await, 1);
    copy.remove(&copied).await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_at_the_start() {
    let config = Config { url: "sqlite:///nowhere-at-all/test.db".to_owned(), ..Config::default() };
    let error = Store::connect(&config).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable), "{error:?}");
}

#[tokio::test]
async fn writers_and_readers_do_not_wait_for_each_other() {
    let place = Place::sqlite();
    let store = place.migrated().await;
    let reading = store.clone();
    let seen = store
        .write("Insert", move |tx| {
            let reading = reading.clone();
            Box::pin(async move {
                insert(tx, "not_1", "one", None).await?;
                // A reader sees the last committed state while the writer is at work.
                Ok::<_, Error>(notes(&reading).await)
            })
        })
        .await
        .unwrap();
    assert_eq!(seen, 0);
    assert_eq!(notes(&store).await, 1);
    let _ = store.reader().execute_unprepared("SELECT 1").await.unwrap();
    place.remove(&store).await;
}
