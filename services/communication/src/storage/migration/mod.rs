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
