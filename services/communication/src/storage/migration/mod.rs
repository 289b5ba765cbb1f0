//! The schema of this service, oldest change first.

mod m20261122_000001_create;
mod m20261128_000002_contact;
mod m20261128_000003_retention;

use sea_orm_migration::prelude::*;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(arki_database::request::Migration),
            Box::new(arki_events::outbox::Migration),
            Box::new(arki_events::inbox::Migration),
            Box::new(m20261122_000001_create::Migration),
            Box::new(m20261128_000002_contact::Migration),
            Box::new(m20261128_000003_retention::Migration),
        ]
    }
}

#[cfg(test)]
mod tests {
    use arki_database::Store;
    use arki_test_support::{TestDatabase, on_each_database};

    use super::Migrator;

    on_each_database!(the_newest_migration_goes_down_and_up_again);

    async fn the_newest_migration_goes_down_and_up_again(database: TestDatabase) {
        let store = Store::connect(&database.config).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        store.migrate_down::<Migrator>(1).await.unwrap();
        assert!(!store.migrations_current::<Migrator>().await.unwrap());
        store.migrate::<Migrator>().await.unwrap();
        assert!(store.migrations_current::<Migrator>().await.unwrap());
        store.close().await.unwrap();
    }
}
