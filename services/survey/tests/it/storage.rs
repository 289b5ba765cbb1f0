//! The tables.

use arki_survey::storage::migration::Migrator;
use arki_test_support::on_each_database;
use sea_orm_migration::MigratorTrait;

use crate::house::House;

on_each_database!(the_newest_migration_goes_down_and_up_again, the_secret_is_made_once_whoever_asks_first,);

async fn the_newest_migration_goes_down_and_up_again(house: House) {
    assert!(house.store.migrations_current::<Migrator>().await.unwrap());
    house.store.migrate_down::<Migrator>(1).await.unwrap();
    assert!(!house.store.migrations_current::<Migrator>().await.unwrap());
    house.store.migrate::<Migrator>().await.unwrap();
    assert!(house.store.migrations_current::<Migrator>().await.unwrap());
    assert_eq!(Migrator::migrations().len(), 6);
}

async fn the_secret_is_made_once_whoever_asks_first(house: House) {
    let all = (0..8).map(|_| arki_survey::storage::secrets::read_or_make(&house.store));
    let keys: std::collections::HashSet<_> =
        futures::future::join_all(all).await.into_iter().map(|secret| secret.unwrap().page_key()).collect();
    assert_eq!(keys.len(), 1);
}
