use arki_database::{Error, Store, request};
use futures::future::join_all;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

use crate::fixture::{Migrator, Notes, Place, notes, number, on_both};

on_both!(
    are_current_once_applied_and_can_be_applied_again,
    the_newest_goes_down_and_up_again,
    one_that_fails_leaves_nothing_behind,
    a_newer_schema_is_good_enough_for_older_code,
);

async fn are_current_once_applied_and_can_be_applied_again(store: &Store) {
    assert!(store.migrations_current::<Migrator>().await.unwrap());
    store.migrate::<Migrator>().await.unwrap();
    assert_eq!(number(store.reader(), "SELECT count(*) FROM seaql_migrations").await, 2);
}

async fn the_newest_goes_down_and_up_again(store: &Store) {
    store.migrate_down::<Migrator>(1).await.unwrap();
    assert!(!store.migrations_current::<Migrator>().await.unwrap());
    assert!(store.reader().execute_unprepared("SELECT 1 FROM note").await.is_err());
    store.migrate::<Migrator>().await.unwrap();
    assert_eq!(notes(store).await, 0);
}

struct Broken;

impl MigrationName for Broken {
    fn name(&self) -> &'static str {
        "test_broken"
    }
}

#[async_trait::async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]
impl MigrationTrait for Broken {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("CREATE TABLE half (id TEXT)").await?;
        manager.get_connection().execute_unprepared("CREATE TABLE note (id TEXT)").await?;
        Ok(())
    }
}

struct WithBroken;

impl MigratorTrait for WithBroken {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(request::Migration), Box::new(Notes), Box::new(Broken)]
    }
}

async fn one_that_fails_leaves_nothing_behind(store: &Store) {
    assert!(matches!(store.migrate::<WithBroken>().await, Err(Error::Other(_))));
    assert!(store.reader().execute_unprepared("SELECT 1 FROM half").await.is_err());
    assert!(!store.migrations_current::<WithBroken>().await.unwrap());
    assert!(store.migrations_current::<Migrator>().await.unwrap());
}

struct Older;

impl MigratorTrait for Older {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(request::Migration)]
    }
}

async fn a_newer_schema_is_good_enough_for_older_code(store: &Store) {
    assert!(store.migrations_current::<Older>().await.unwrap());
    store.migrate::<Older>().await.unwrap();
    assert_eq!(notes(store).await, 0);
}

async fn migrate_at_once(place: &Place) {
    let stores = join_all((0..4).map(|_| place.open())).await;
    assert!(!stores[0].migrations_current::<Migrator>().await.unwrap());
    for migrated in join_all(stores.iter().map(Store::migrate::<Migrator>)).await {
        migrated.unwrap();
    }
    assert_eq!(number(stores[3].reader(), "SELECT count(*) FROM seaql_migrations").await, 2);
    for store in &stores[1..] {
        store.close().await.unwrap();
    }
    place.remove(&stores[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_apply_each_once_on_sqlite() {
    migrate_at_once(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_apply_each_once_on_postgresql() {
    let Some(place) = Place::postgres() else { return };
    migrate_at_once(&place).await;
}
