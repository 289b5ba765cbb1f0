//! The schema of this service, oldest change first.

mod m20261122_000001_create;

use sea_orm_migration::prelude::*;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(arki_database::request::Migration),
            Box::new(arki_events::outbox::Migration),
            Box::new(arki_events::inbox::Migration),
            Box::new(m20261122_000001_create::Migration),
        ]
    }
}

#[cfg(test)]
mod tests {
    use arki_database::{Config, Store};
    use arki_ids::RequestId;

    use super::Migrator;

    async fn down_and_up(config: Config) {
        let store = Store::connect(&config).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        store.migrate_down::<Migrator>(1).await.unwrap();
        assert!(!store.migrations_current::<Migrator>().await.unwrap());
        store.migrate::<Migrator>().await.unwrap();
        assert!(store.migrations_current::<Migrator>().await.unwrap());
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn the_newest_migration_goes_down_and_up_again_on_sqlite() {
        let file = std::env::temp_dir().join(format!("arki-communication-{}.db", RequestId::random()));
        down_and_up(Config { url: format!("sqlite://{}", file.display()), ..Config::default() }).await;
        std::fs::remove_file(file).unwrap();
    }

    #[tokio::test]
    async fn the_newest_migration_goes_down_and_up_again_on_postgresql() {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else { return };
        let schema = Some(format!("communication_{}", RequestId::random()));
        down_and_up(Config { url, schema, ..Config::default() }).await;
    }
}
