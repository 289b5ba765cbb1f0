//! How the tables came to be, oldest first.

mod m20261122_000001_create;
mod m20261128_000002_contact;
mod m20261128_000003_retention;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

/// Brings the schema of the survey service up to date.
pub struct Migrator;

#[async_trait::async_trait]
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
